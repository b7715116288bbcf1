"""Tests of the conformance suite: it passes on what is right, and says what is wrong."""
