"""Tests of what is not legal: it is refused for the right reason, and nothing changes."""

from __future__ import annotations

import pytest

from freezeframe.adapters import Capability, Refusal
from freezeframe.conformance.means import HoldsVms, StopsVms
from freezeframe.conformance.needs import needs
from freezeframe.conformance.rig import Rig
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation

from .base import SuiteBase
from .observing import UNKNOWN

BOTH = pytest.mark.parametrize("operation", [Operation.PAUSE, Operation.RESUME])


def refused_and_unchanged(
    rig: Rig, operation: Operation, vm: str, reason: Refusal, *, on: Rig | None = None
) -> None:
    """Ask, through `on` if it is given; see that it is refused so and no VM changed."""
    before = rig.vms()
    refusal = (on or rig).refusal(operation, vm)
    assert refusal.reason is reason
    assert rig.vms() == before


class RefusingTests(SuiteBase):
    """Illegal calls."""

    @needs(Capability.PAUSE)
    def test_pausing_a_paused_vm_is_refused(self, rig: Rig) -> None:
        """A VM that is paused already stays so, and the caller is told."""
        rig.pause(rig.vm)
        refused_and_unchanged(rig, Operation.PAUSE, rig.vm, Refusal.ILLEGAL_STATE)

    @needs(Capability.PAUSE)
    def test_resuming_a_running_vm_is_refused(self, rig: Rig) -> None:
        """A VM that runs goes on, and the caller is told."""
        refused_and_unchanged(rig, Operation.RESUME, rig.vm, Refusal.ILLEGAL_STATE)

    @needs(Capability.PAUSE)
    def test_resuming_twice_is_refused(self, rig: Rig) -> None:
        """The second resume of a VM is refused like any resume of a running one."""
        rig.pause(rig.vm)
        rig.resume(rig.vm)
        refused_and_unchanged(rig, Operation.RESUME, rig.vm, Refusal.ILLEGAL_STATE)

    @needs(Capability.PAUSE)
    @BOTH
    def test_unknown_vm_is_refused(self, rig: Rig, operation: Operation) -> None:
        """A name that the host does not know can be neither paused nor resumed."""
        refused_and_unchanged(rig, operation, UNKNOWN, Refusal.UNKNOWN_VM)

    @needs(Capability.PAUSE)
    def test_refusal_tells_the_state_that_was_found(self, rig: Rig) -> None:
        """A refusal for the VM's state tells that state."""
        rig.pause(rig.vm)
        found = rig.refusal(Operation.PAUSE, rig.vm).found
        assert found is not None
        assert found.status is VmStatus.PAUSED

    @needs(Capability.PAUSE)
    def test_refusal_names_what_was_asked(self, rig: Rig) -> None:
        """A refusal tells host, VM and operation."""
        refusal = rig.refusal(Operation.RESUME, rig.vm)
        asked = (rig.adapter.host, rig.vm, Operation.RESUME)
        assert (refusal.host, refusal.vm, refusal.operation) == asked

    @needs(Capability.PAUSE, reopening=True)
    def test_pausing_an_unmarked_vm_is_refused(self, rig: Rig) -> None:
        """A VM outside the named list is left alone, though it could be paused."""
        other = rig.another(marked=rig.bench.vms[1:])
        try:
            refused_and_unchanged(rig, Operation.PAUSE, rig.vm, Refusal.NOT_MARKED, on=other)
        finally:
            other.close()

    @needs(Capability.PAUSE, reopening=True)
    def test_resuming_an_unmarked_vm_is_refused(self, rig: Rig) -> None:
        """A VM outside the named list is not resumed, though we paused it."""
        rig.pause(rig.vm)
        other = rig.another(marked=rig.bench.vms[1:])
        try:
            refused_and_unchanged(rig, Operation.RESUME, rig.vm, Refusal.NOT_MARKED, on=other)
        finally:
            other.close()

    @needs(Capability.PAUSE, means=[StopsVms])
    @BOTH
    def test_shut_off_vm_is_refused(self, rig: Rig, operation: Operation) -> None:
        """A VM that is shut off can be neither paused nor resumed."""
        rig.means.stop(rig.vm)
        refused_and_unchanged(rig, operation, rig.vm, Refusal.ILLEGAL_STATE)

    @needs(Capability.PAUSE, means=[HoldsVms])
    def test_pausing_what_the_customer_paused_is_refused(self, rig: Rig) -> None:
        """A VM that its customer paused does not become ours."""
        rig.means.hold(rig.vm)
        refused_and_unchanged(rig, Operation.PAUSE, rig.vm, Refusal.ILLEGAL_STATE)
        assert not rig.state(rig.vm).is_held

    @needs(Capability.PAUSE, means=[HoldsVms])
    def test_resuming_what_the_customer_paused_is_refused(self, rig: Rig) -> None:
        """A VM that its customer paused is never resumed by us."""
        rig.means.hold(rig.vm)
        refused_and_unchanged(rig, Operation.RESUME, rig.vm, Refusal.NOT_OURS)
