"""Policies and hypervisors that must be caught."""
