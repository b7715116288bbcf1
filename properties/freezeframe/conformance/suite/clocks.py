"""Tests of clocks: behind by the pause, and right after each time they are set."""

from __future__ import annotations

import pytest

from freezeframe.adapters import Capability, Refusal
from freezeframe.conformance.means import Witness
from freezeframe.conformance.needs import needs
from freezeframe.conformance.rig import Rig
from freezeframe.fleet import Limits
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation

from .base import SuiteBase

TOLERANCE_MS = Limits().clock_tolerance_ms

PAUSE_MS = TOLERANCE_MS + 700
"""Long enough that a clock that was not set is seen to be wrong."""

ROUNDING_MS = 50
"""What the ways of measuring may differ by, besides the uncertainty that a reading tells."""

WITNESS_MS = 500
"""How old a witness's word may be, where its clock is compared."""

AFTER_PAUSES = pytest.mark.parametrize("pauses", [1, 2, 3], ids=["first", "second", "third"])


def paused_for_a_while(rig: Rig) -> tuple[int, int]:
    """Pause and resume; tells between which lengths the pause was."""
    asked_ms = rig.now_ms()
    rig.pause(rig.vm)
    paused_ms = rig.now_ms()
    rig.wait_ms(PAUSE_MS)
    resuming_ms = rig.now_ms()
    rig.resume(rig.vm)
    return resuming_ms - paused_ms, rig.now_ms() - asked_ms


class ClockTests(SuiteBase):
    """Clocks of guests, as the adapter reads them and as the witness tells them."""

    @needs(Capability.READ_CLOCK)
    def test_clock_of_a_running_vm_is_read(self, rig: Rig) -> None:
        """A reading tells how uncertain it is, and reading changes nothing."""
        before = rig.state(rig.vm)
        assert rig.read_clock(rig.vm).uncertainty_ms >= 0
        assert rig.state(rig.vm) == before

    @needs(Capability.READ_CLOCK, Capability.PAUSE)
    def test_clock_is_behind_by_the_pause(self, rig: Rig) -> None:
        """A guest that really stood still has a clock that is behind by as much."""
        rig.notes.judges.add("adapter")
        before = rig.read_clock(rig.vm)
        least_ms, most_ms = paused_for_a_while(rig)
        after = rig.read_clock(rig.vm)
        slack_ms = before.uncertainty_ms + after.uncertainty_ms + ROUNDING_MS
        behind_ms = before.offset_ms - after.offset_ms
        assert least_ms - slack_ms <= behind_ms <= most_ms + slack_ms

    @needs(Capability.SET_CLOCK, Capability.READ_CLOCK, Capability.PAUSE)
    @AFTER_PAUSES
    def test_clock_is_right_after_it_was_set(self, rig: Rig, pauses: int) -> None:
        """After every resume, not only the first, setting the clock brings it within a second."""
        for _ in range(pauses):
            paused_for_a_while(rig)
            rig.set_clock(rig.vm)
        reading = rig.read_clock(rig.vm)
        assert abs(reading.offset_ms) + reading.uncertainty_ms <= TOLERANCE_MS

    @needs(Capability.SET_CLOCK, Capability.PAUSE, means=[Witness])
    @AFTER_PAUSES
    def test_witness_finds_the_clock_right(self, rig: Rig, pauses: int) -> None:
        """The guest itself has the right time after every resume that was followed by a setting."""
        rig.notes.judges.add("witness")
        for _ in range(pauses):
            paused_for_a_while(rig)
            rig.set_clock(rig.vm)
        rig.wait_ms(rig.means.period_ms)
        offset_ms = rig.means.ask(rig.vm).clock_offset_ms
        if offset_ms is None:
            pytest.skip("the witness cannot tell the guest's time")
        assert abs(offset_ms) <= TOLERANCE_MS

    @needs(Capability.READ_CLOCK, Capability.PAUSE, means=[Witness])
    def test_witness_agrees_with_the_reading(self, rig: Rig) -> None:
        """A clock that is behind is read as the guest itself tells it."""
        rig.notes.judges.add("witness")
        paused_for_a_while(rig)
        rig.wait_ms(rig.means.period_ms)
        reading = rig.read_clock(rig.vm)
        offset_ms = rig.means.ask(rig.vm).clock_offset_ms
        if offset_ms is None:
            pytest.skip("the witness cannot tell the guest's time")
        assert abs(reading.offset_ms - offset_ms) <= reading.uncertainty_ms + WITNESS_MS

    @needs(Capability.SET_CLOCK, Capability.READ_CLOCK)
    def test_clock_that_is_right_stays_right_when_set(self, rig: Rig) -> None:
        """Setting a clock twice does no harm."""
        rig.set_clock(rig.vm)
        rig.set_clock(rig.vm)
        reading = rig.read_clock(rig.vm)
        assert abs(reading.offset_ms) + reading.uncertainty_ms <= TOLERANCE_MS

    @needs(Capability.SET_CLOCK, Capability.READ_CLOCK, vms=2)
    def test_setting_a_clock_leaves_other_clocks_alone(self, rig: Rig) -> None:
        """Only the clock that was meant is set."""
        other = rig.bench.vms[1]
        before = rig.read_clock(other)
        rig.set_clock(rig.vm)
        after = rig.read_clock(other)
        slack_ms = before.uncertainty_ms + after.uncertainty_ms + ROUNDING_MS
        assert abs(after.offset_ms - before.offset_ms) <= slack_ms

    @needs(Capability.SET_CLOCK, Capability.PAUSE)
    def test_setting_the_clock_of_a_paused_vm_is_refused(self, rig: Rig) -> None:
        """Before the resume the clock cannot be set; the VM stays paused."""
        rig.pause(rig.vm)
        assert rig.refusal(Operation.SET_CLOCK, rig.vm).reason is Refusal.ILLEGAL_STATE
        assert rig.state(rig.vm).status is VmStatus.PAUSED

    @needs(Capability.READ_CLOCK, Capability.PAUSE)
    def test_reading_the_clock_of_a_paused_vm_is_refused(self, rig: Rig) -> None:
        """A guest that stands still cannot be asked for its time; the VM stays paused."""
        rig.pause(rig.vm)
        assert rig.refusal(Operation.READ_CLOCK, rig.vm).reason is Refusal.ILLEGAL_STATE
        assert rig.state(rig.vm).status is VmStatus.PAUSED
