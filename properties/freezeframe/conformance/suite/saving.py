"""Tests of saving VMs to disk, of shutting them down, and of updating the host beneath them."""

from __future__ import annotations

from freezeframe.adapters import Capability, Refusal
from freezeframe.conformance.means import MakesHosts, StopsVms, Witness
from freezeframe.conformance.needs import needs
from freezeframe.conformance.rig import Rig
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation, Reason

from .base import SuiteBase
from .hearing import PERIODS, heartbeats_during

AT_ONCE_MS = 100
"""What takes no longer, by the adapter's clock, was there already."""


class SavingTests(SuiteBase):
    """A VM goes to disk and comes back; only one that was made to be tested."""

    @needs(Capability.SAVE, means=[StopsVms])
    def test_saved_vm_is_off_and_comes_back(self, rig: Rig) -> None:
        """A saved VM is shown off for that reason, and runs again once it was restored."""
        rig.do(Operation.SAVE, rig.vm)
        state = rig.state(rig.vm)
        assert (state.status, state.reason) == (VmStatus.STOPPED, Reason.SAVE)
        rig.do(Operation.RESTORE, rig.vm)
        assert rig.state(rig.vm).status is VmStatus.RUNNING

    @needs(Capability.SAVE, means=[StopsVms, Witness])
    def test_restored_guest_has_its_memory(self, rig: Rig) -> None:
        """The guest goes on where it was, and finds its memory intact."""
        assert heartbeats_during(rig, rig.vm, PERIODS) > 0, "not heard of since it was booted"
        before = rig.means.ask(rig.vm)
        rig.do(Operation.SAVE, rig.vm)
        rig.do(Operation.RESTORE, rig.vm)
        assert heartbeats_during(rig, rig.vm, PERIODS) > 0
        after = rig.means.ask(rig.vm)
        assert after.boot == before.boot, "the guest was started anew"
        assert after.memory_is_intact

    @needs(Capability.SAVE)
    def test_restoring_a_running_vm_is_refused(self, rig: Rig) -> None:
        """Only what was saved can be restored."""
        refusal = rig.refusal(Operation.RESTORE, rig.vm)
        assert refusal.reason is Refusal.ILLEGAL_STATE
        assert rig.state(rig.vm).status is VmStatus.RUNNING


class StoppingTests(SuiteBase):
    """A VM is shut down for an update that cannot preserve it, and booted again; as above."""

    @needs(Capability.STOP, means=[StopsVms])
    def test_shut_down_vm_is_off_and_ours(self, rig: Rig) -> None:
        """A VM that was shut down is shown off, as shut down by us, and runs again once booted."""
        rig.do(Operation.SHUT_DOWN, rig.vm)
        state = rig.state(rig.vm)
        assert (state.status, state.reason) == (VmStatus.STOPPED, Reason.SHUT_DOWN)
        assert state.is_held
        rig.do(Operation.BOOT, rig.vm)
        assert rig.state(rig.vm).status is VmStatus.RUNNING

    @needs(Capability.STOP, means=[StopsVms])
    def test_booting_what_the_customer_stopped_is_refused(self, rig: Rig) -> None:
        """A VM that its customer shut off stays off."""
        rig.means.stop(rig.vm)
        assert rig.refusal(Operation.BOOT, rig.vm).reason is Refusal.NOT_OURS
        assert rig.state(rig.vm).status is VmStatus.STOPPED

    @needs(Capability.STOP)
    def test_booting_a_running_vm_is_refused(self, rig: Rig) -> None:
        """Only what is off can be booted."""
        assert rig.refusal(Operation.BOOT, rig.vm).reason is Refusal.ILLEGAL_STATE
        assert rig.state(rig.vm).status is VmStatus.RUNNING


class UpdatingTests(SuiteBase):
    """A host that was made for it is updated."""

    @needs(Capability.UPDATE_HOST, Capability.PAUSE, means=[MakesHosts, Witness])
    def test_update_keeps_the_memory_of_paused_vms(self, rig: Rig) -> None:
        """Beneath paused VMs the new software comes up, and they go on with their memory."""
        other = rig.another(opener=rig.means.make_host)
        try:
            vms = [state.name for state in other.vms().values() if state.is_marked]
            for vm in vms:
                other.pause(vm)
            assert not other.adapter.has_new_software
            other.finish(other.call("update()", lambda: other.adapter.update(deadline_ms=60_000)))
            assert other.adapter.has_new_software
            for vm in vms:
                other.resume(vm)
                assert heartbeats_during(other, vm, PERIODS) > 0
                assert other.means.ask(vm).memory_is_intact
        finally:
            other.close()

    @needs(Capability.UPDATE_HOST, means=[MakesHosts])
    def test_rolling_back_to_what_is_up_is_done_at_once(self, rig: Rig) -> None:
        """Without an update the old software is up already."""
        other = rig.another(opener=rig.means.make_host)
        try:
            began_ms = other.now_ms()
            other.finish(
                other.call("roll_back()", lambda: other.adapter.roll_back(deadline_ms=60_000))
            )
            assert other.now_ms() - began_ms <= AT_ONCE_MS
            assert not other.adapter.has_new_software
        finally:
            other.close()
