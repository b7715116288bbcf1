"""Tests of watching hosts while they live."""
