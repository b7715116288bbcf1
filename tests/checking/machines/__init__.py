"""Tests of `freezeframe.checking.machines`."""
