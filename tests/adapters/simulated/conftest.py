"""The simulated host that most tests need."""

from __future__ import annotations

import pytest

from freezeframe.adapters.simulated import SimulatedAdapter, open_uri


@pytest.fixture(name="adapter")
def two_vms() -> SimulatedAdapter:
    return open_uri("simulated:host-a?vms=3&unmarked=1&seed=7")
