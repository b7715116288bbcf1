"""Who is stopped by others after a pause for maintenance is still owed the right time."""

from __future__ import annotations

import pytest

from freezeframe.checking.check import check
from freezeframe.fleet import CustomerActions, Faults, Fleet
from freezeframe.lifecycles import VmStatus
from freezeframe.protocol.components import VM
from freezeframe.protocol.policies import OneUpdateDomain
from freezeframe.protocol.system import State, System
from freezeframe.reporting import Verdict
from tests.fleets import NO_NOTICE, STEADY, one_vm

PAUSED = ("schedule a", "quiesce a", "pause a v", "pause_completed v", "begin_update a", "wait")
RESUMING = (*PAUSED, "update_completed a", "resume a v")
BACK = ("return_to_service a", "release a v")


def fleet(trigger: str) -> Fleet:
    """One VM, which its customer or an I/O error may stop once."""
    if trigger == "suspend v":
        return one_vm(timing=STEADY, limits=NO_NOTICE, customer=CustomerActions(suspend=1))
    return one_vm(timing=STEADY, limits=NO_NOTICE, faults=Faults(io_error=1))


def after(system: System, *steps: str) -> State:
    named = {str(each): each for each in system.instances}
    state = system.initial
    for step in steps:
        found = system.apply(state, None if step == "wait" else named[step])
        assert found is not None, step
        state = found
    return state


def vm_in(system: System, state: State) -> VM:
    (slot,) = (number for number, each in enumerate(system.slots) if each.kind is VM)
    return VM(state[slot])


@pytest.mark.parametrize(
    ("before", "trigger"),
    [
        ((*RESUMING, "resume_completed v"), "suspend v"),
        ((*RESUMING, "resume_completed v"), "stop_at_io_error v"),
        (RESUMING, "stop_at_io_error v"),
    ],
    ids=["suspended once resumed", "I/O error once resumed", "I/O error while resuming"],
)
def test_a_clock_is_owed_to_whom_others_held_before_it_was_set(
    before: tuple[str, ...], trigger: str
) -> None:
    system = System(fleet(trigger), OneUpdateDomain())
    held = vm_in(system, after(system, *before, trigger))
    assert (held.status, held.clock_right) == (VmStatus.PAUSED, False)
    released = after(system, *before, trigger, *BACK)
    assert vm_in(system, released).status is VmStatus.RESUMED
    assert system.apply(released, None) is None, "time waits for its clock to be set"
    vm = vm_in(system, after(system, *before, trigger, *BACK, "set_clock v"))
    assert (vm.status, vm.clock_right, vm.was_held_meanwhile) == (VmStatus.RUNNING, True, False)


def test_no_clock_is_owed_to_whom_others_held_before_it_was_paused() -> None:
    system = System(fleet("stop_at_io_error v"), OneUpdateDomain())
    state = after(system, "schedule a", "quiesce a", "pause a v", "stop_at_io_error v")
    assert vm_in(system, state).clock_right
    system = System(fleet("suspend v"), OneUpdateDomain())
    assert vm_in(system, after(system, "suspend v", "release a v")).status is VmStatus.RUNNING


@pytest.mark.parametrize("trigger", ["suspend v", "stop_at_io_error v"])
def test_every_promise_holds_whoever_is_held_meanwhile(trigger: str) -> None:
    assert check(fleet(trigger), OneUpdateDomain()).verdict is Verdict.HOLDS
