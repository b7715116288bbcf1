"""What the rules get right although it is easy to get wrong; each was wrong once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from freezeframe.checking.check import check
from freezeframe.fleet import CustomerActions, Faults, Fleet, Tolerance, Update, UpdateKind
from freezeframe.protocol.policies import OneUpdateDomain
from freezeframe.reporting import Verdict
from tests.fleets import V, W, one_vm

DISRUPTIVE = Update(UpdateKind.DISRUPTIVE)


def verdicts(fleet: Fleet, *without: str) -> dict[str, Verdict]:
    """The verdict on each promise; there is always some state to speak of."""
    results = check(fleet, OneUpdateDomain(), without=without).properties
    return {each.name: each.verdict for each in results}


def broken(fleet: Fleet, *without: str) -> set[str]:
    return {name for name, found in verdicts(fleet, *without).items() if found is not Verdict.HOLDS}


def test_a_vm_that_was_shut_down_is_not_owed_a_start_by_a_host_that_lost_power() -> None:
    assert broken(one_vm(update=DISRUPTIVE, faults=Faults(power_loss=1))) == set()


@pytest.mark.parametrize(
    "paused_by", [{"faults": Faults(io_error=1)}, {"customer": CustomerActions(suspend=1)}]
)
def test_a_vm_that_others_paused_is_shut_down_where_its_memory_would_be_lost(
    paused_by: dict[str, object],
) -> None:
    assert broken(one_vm(update=DISRUPTIVE, **paused_by)) == set()


def test_an_update_is_not_begun_when_it_is_too_late_to_roll_it_back() -> None:
    """One VM is paused while pausing the other fails again and again."""
    fleet = one_vm(vms=(V, W), faults=Faults(pause_failure=4))
    assert broken(fleet) == set()
    guard = "begin_update/there-is-time-to-roll-back-and-resume"
    assert "pause_within_limit" in broken(fleet, guard)


def test_no_pause_is_aborted_where_none_is_at_stake() -> None:
    """Though what is tolerated would take all of the time of a pause, if there were one."""
    fleet = one_vm(update=DISRUPTIVE, tolerance=Tolerance(resume_failure=5))
    assert broken(fleet) == set()
    assert broken(replace(fleet, vms=())) == set()


def test_where_what_is_tolerated_takes_all_the_time_no_vm_is_paused_for_long() -> None:
    """Nor is anything updated, and that is said."""
    fleet = one_vm(tolerance=Tolerance(resume_failure=4, event_lost=1))
    assert {"maintenance_completes", "an_update_succeeds"} <= broken(fleet)
    assert "pause_within_limit" not in broken(fleet)


@pytest.mark.parametrize("fault", vars(Faults()))
def test_any_single_fault_that_is_tolerated_breaks_nothing(fault: str) -> None:
    tolerated = {fault: 1} if fault in vars(Tolerance()) else {}
    fleet = one_vm(
        vms=(V, replace(W, preservable=False)),
        faults=Faults(**{fault: 1}),
        tolerance=Tolerance(**tolerated),
        update=Update(attempts=2),
    )
    assert broken(fleet) == set()
