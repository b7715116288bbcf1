"""Tests of what maintains hosts."""
