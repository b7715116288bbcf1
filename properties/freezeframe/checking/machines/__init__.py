"""Hypothesis at the wheel: machines made from the rules, and the tests that come of them."""
