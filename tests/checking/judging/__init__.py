"""Tests of judging what was recorded."""
