"""Tests of deadlines: a call that is late says that its outcome is unknown, and says so in time."""

from __future__ import annotations

import pytest

from freezeframe.adapters import AdapterError, Call, Capability, TimedOut
from freezeframe.conformance.needs import needs
from freezeframe.conformance.rig import Rig
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation

from .base import SuiteBase

SETTLE_MS = 1_500
"""After so long nothing of a late call is still to come."""

SLACK_MS = 1_000
"""By how much an answer may miss its deadline, for the machine's sake."""

SHORT = pytest.mark.parametrize("deadline_ms", [0, 1, 5])


def is_late(rig: Rig, call: Call[None]) -> bool:
    """Whether a call said that its deadline had come; the test fails if it said anything else."""
    try:
        rig.finish(call)
    except TimedOut:
        return True
    except AdapterError as error:
        pytest.fail(f"expected it done, or TimedOut, found {error!r}")
    return False


class DeadlineTests(SuiteBase):
    """Calls that hardly can be done in time."""

    @needs(Capability.PAUSE)
    @SHORT
    def test_late_call_has_an_unknown_outcome(self, rig: Rig, deadline_ms: int) -> None:
        """A call is done by its deadline, or says that its outcome is unknown."""
        late = is_late(rig, rig.begin(Operation.PAUSE, rig.vm, deadline_ms))
        state = rig.state(rig.vm)
        if not late:
            assert state.status is VmStatus.PAUSED
        rig.wait_ms(SETTLE_MS)

    @needs(Capability.PAUSE)
    @SHORT
    def test_answer_comes_by_the_deadline(self, rig: Rig, deadline_ms: int) -> None:
        """Whoever waits for an answer waits no longer than the deadline."""
        began_ms = rig.now_ms()
        is_late(rig, rig.begin(Operation.PAUSE, rig.vm, deadline_ms))
        assert rig.now_ms() - began_ms <= deadline_ms + SLACK_MS
        rig.wait_ms(SETTLE_MS)

    @needs(Capability.PAUSE)
    def test_late_answer_stays_the_same(self, rig: Rig) -> None:
        """A call that was late stays so, whatever comes of it afterwards."""
        call = rig.begin(Operation.PAUSE, rig.vm, 0)
        late = is_late(rig, call)
        rig.wait_ms(SETTLE_MS)
        assert is_late(rig, call) == late

    @needs(Capability.PAUSE)
    def test_vm_can_be_handled_after_a_late_call(self, rig: Rig) -> None:
        """After a late pause the VM is paused and ours, or runs; either way it can be handled."""
        is_late(rig, rig.begin(Operation.PAUSE, rig.vm, 0))
        rig.wait_ms(SETTLE_MS)
        state = rig.state(rig.vm)
        if state.status is VmStatus.RUNNING:
            rig.pause(rig.vm)
            state = rig.state(rig.vm)
        assert state.status is VmStatus.PAUSED
        assert state.is_held
        rig.resume(rig.vm)
        assert rig.state(rig.vm).status is VmStatus.RUNNING
