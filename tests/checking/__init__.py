"""Tests of everything that judges."""
