"""Tests of `freezeframe.checking.runs`."""
