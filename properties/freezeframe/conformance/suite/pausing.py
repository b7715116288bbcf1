"""Tests of pause and resume: what is shown, what the guest does, and who else is touched."""

from __future__ import annotations

from freezeframe.adapters import Capability
from freezeframe.conformance.means import Witness
from freezeframe.conformance.needs import needs
from freezeframe.conformance.rig import Rig
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation, Reason

from .base import SuiteBase
from .hearing import PERIODS, heartbeats_during, others


class PausingTests(SuiteBase):
    """A running VM is paused and resumed."""

    @needs(Capability.PAUSE)
    def test_paused_vm_is_shown_paused(self, rig: Rig) -> None:
        """Once a pause has completed, the VM is shown paused."""
        rig.pause(rig.vm)
        assert rig.state(rig.vm).status is VmStatus.PAUSED

    @needs(Capability.PAUSE)
    def test_reason_of_a_pause_is_user(self, rig: Rig) -> None:
        """A pause for maintenance is shown with the reason USER, as somebody asked for it."""
        rig.pause(rig.vm)
        assert rig.state(rig.vm).reason is Reason.USER

    @needs(Capability.PAUSE)
    def test_pause_bears_our_mark(self, rig: Rig) -> None:
        """A VM that was paused for maintenance is shown as held by us, and not before."""
        assert not rig.state(rig.vm).is_held
        rig.pause(rig.vm)
        assert rig.state(rig.vm).is_held

    @needs(Capability.PAUSE)
    def test_resumed_vm_is_shown_running(self, rig: Rig) -> None:
        """Once a resume has completed, the VM is shown running, and as held by nobody."""
        rig.pause(rig.vm)
        rig.resume(rig.vm)
        state = rig.state(rig.vm)
        assert state.status is VmStatus.RUNNING
        assert not state.is_held

    @needs(Capability.PAUSE)
    def test_reason_of_a_resume_is_unpaused(self, rig: Rig) -> None:
        """A resumed VM is shown running because it was unpaused."""
        rig.pause(rig.vm)
        rig.resume(rig.vm)
        assert rig.state(rig.vm).reason is Reason.UNPAUSED

    @needs(Capability.PAUSE)
    def test_identity_lasts_over_a_pause(self, rig: Rig) -> None:
        """It is the same VM before, during and after a pause."""
        before = rig.state(rig.vm).identity
        rig.pause(rig.vm)
        assert rig.state(rig.vm).identity == before
        rig.resume(rig.vm)
        assert rig.state(rig.vm).identity == before

    @needs(Capability.PAUSE)
    def test_second_pause_is_like_the_first(self, rig: Rig) -> None:
        """A VM can be paused and resumed again and again."""
        for _ in range(3):
            rig.pause(rig.vm)
            assert rig.state(rig.vm).status is VmStatus.PAUSED
            rig.resume(rig.vm)
            assert rig.state(rig.vm).status is VmStatus.RUNNING

    @needs(Capability.PAUSE)
    def test_answer_stays_the_same(self, rig: Rig) -> None:
        """A call that is done says so, and answers the same however often it is asked."""
        call = rig.begin(Operation.PAUSE, rig.vm)
        rig.finish(call)
        assert call.is_done
        rig.finish(call)
        assert rig.state(rig.vm).status is VmStatus.PAUSED

    @needs(Capability.PAUSE, vms=2)
    def test_pause_leaves_other_vms_alone(self, rig: Rig) -> None:
        """Nothing else on the host is paused, marked or not."""
        before = others(rig)
        rig.pause(rig.vm)
        assert others(rig) == before

    @needs(Capability.PAUSE, vms=2)
    def test_resume_leaves_other_vms_alone(self, rig: Rig) -> None:
        """Another VM that is paused stays so while one is resumed."""
        rig.pause(rig.vm)
        rig.pause(rig.bench.vms[1])
        before = others(rig)
        rig.resume(rig.vm)
        assert others(rig) == before

    @needs(Capability.PAUSE, means=[Witness])
    def test_witness_sees_the_guest_stand_still(self, rig: Rig) -> None:
        """While a VM is paused its guest makes no heartbeat."""
        rig.pause(rig.vm)
        assert heartbeats_during(rig, rig.vm, PERIODS) == 0

    @needs(Capability.PAUSE, means=[Witness])
    def test_witness_sees_the_guest_go_on(self, rig: Rig) -> None:
        """After a resume the same guest makes heartbeats again, and goes on counting."""
        before = rig.means.ask(rig.vm)
        rig.pause(rig.vm)
        paused = rig.means.ask(rig.vm)
        rig.resume(rig.vm)
        assert heartbeats_during(rig, rig.vm, PERIODS) > 0
        after = rig.means.ask(rig.vm)
        assert after.boot == before.boot, "the guest was started anew"
        assert after.heartbeats > paused.heartbeats >= before.heartbeats

    @needs(Capability.PAUSE, means=[Witness], vms=2)
    def test_witness_sees_other_guests_go_on(self, rig: Rig) -> None:
        """While a VM is paused every other guest makes heartbeats."""
        rig.pause(rig.vm)
        still = [vm for vm in rig.bench.vms[1:] if heartbeats_during(rig, vm, PERIODS) == 0]
        assert not still, f"stood still though nobody paused them: {', '.join(still)}"
