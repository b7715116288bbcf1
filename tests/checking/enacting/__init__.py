"""Tests of letting recorded runs happen."""
