"""The suite as `pytest --pyargs freezeframe.conformance` runs it, on the adapter of `--adapter`."""

from __future__ import annotations

from freezeframe.conformance import AdapterSuite


class TestAdapter(AdapterSuite):
    """The adapter that the options name."""
