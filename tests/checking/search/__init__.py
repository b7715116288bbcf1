"""Tests of `freezeframe.checking.search`."""
