"""Tests of what is told: order, completeness, no duplicates, reasons and dates."""

from __future__ import annotations

from freezeframe.adapters import Capability, Change, Origin
from freezeframe.conformance.means import HoldsVms
from freezeframe.conformance.needs import needs
from freezeframe.conformance.rig import Rig
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation, Reason

from .base import SuiteBase
from .hearing import Ear

LATE_MS = 1_000
"""A change is told, and dated, so soon after it happened."""

TIMES = 3

PAUSED_AND_BACK = [VmStatus.PAUSED, VmStatus.RUNNING]


class ChangesTests(SuiteBase):
    """A subscriber is told everything once."""

    @needs(Capability.CHANGES)
    def test_subscription_begins_with_every_vm(self, rig: Rig) -> None:
        """First each VM is told once, as it was found."""
        found = Ear(rig).found
        changes = [each for each in found if isinstance(each, Change)]
        told = sorted((each.vm, each.status) for each in changes)
        assert told == sorted((name, state.status) for name, state in rig.vms().items())
        assert {each.origin for each in changes} == {Origin.FOUND}

    @needs(Capability.CHANGES, Capability.PAUSE)
    def test_pause_and_resume_are_told_in_order(self, rig: Rig) -> None:
        """What happened is told in the order in which it happened."""
        ear = Ear(rig)
        for _ in range(2):
            rig.pause(rig.vm)
            rig.resume(rig.vm)
        ear.listen(4)
        statuses = ear.statuses(rig.vm)
        assert [statuses[0], statuses[-1]] == PAUSED_AND_BACK
        dates_ms = [change.monotonic_ms for change in ear.told(rig.vm)]
        assert dates_ms == sorted(dates_ms)

    @needs(Capability.CHANGES, Capability.PAUSE)
    def test_no_change_is_lost(self, rig: Rig) -> None:
        """Every pause and every resume is told."""
        ear = Ear(rig)
        for _ in range(TIMES):
            rig.pause(rig.vm)
            rig.resume(rig.vm)
        ear.listen(2 * TIMES)
        for status in PAUSED_AND_BACK:
            assert ear.statuses(rig.vm).count(status) >= TIMES

    @needs(Capability.CHANGES, Capability.PAUSE)
    def test_no_change_is_told_twice(self, rig: Rig) -> None:
        """A pause is told once, and so is a resume."""
        ear = Ear(rig)
        rig.pause(rig.vm)
        rig.resume(rig.vm)
        ear.listen(2)
        for status in PAUSED_AND_BACK:
            assert ear.statuses(rig.vm).count(status) <= 1

    @needs(Capability.CHANGES, Capability.PAUSE)
    def test_changes_are_numbered_without_gaps(self, rig: Rig) -> None:
        """The numbers of what is told count from 1."""
        ear = Ear(rig)
        rig.pause(rig.vm)
        rig.resume(rig.vm)
        ear.listen(2)
        assert [each.sequence for each in ear.heard] == list(range(1, len(ear.heard) + 1))

    @needs(Capability.CHANGES, Capability.PAUSE)
    def test_reasons_are_told(self, rig: Rig) -> None:
        """A pause is told with the reason USER, a resume as unpaused."""
        ear = Ear(rig)
        rig.pause(rig.vm)
        rig.resume(rig.vm)
        ear.listen(2)
        reasons = {change.status: change.reason for change in ear.told(rig.vm)}
        assert reasons == {VmStatus.PAUSED: Reason.USER, VmStatus.RUNNING: Reason.UNPAUSED}

    @needs(Capability.CHANGES, Capability.PAUSE)
    def test_our_mark_is_told(self, rig: Rig) -> None:
        """A pause of ours is told as held by us, and a resume is not."""
        ear = Ear(rig)
        rig.pause(rig.vm)
        rig.resume(rig.vm)
        ear.listen(2)
        marks = {change.status: change.is_held for change in ear.told(rig.vm)}
        assert marks == {VmStatus.PAUSED: True, VmStatus.RUNNING: False}

    @needs(Capability.CHANGES, Capability.PAUSE, means=[HoldsVms])
    def test_what_the_customer_does_is_told(self, rig: Rig) -> None:
        """A pause by somebody else is told too, and not as ours."""
        ear = Ear(rig)
        rig.means.hold(rig.vm)
        rig.means.release(rig.vm)
        ear.listen(2)
        assert ear.statuses(rig.vm) == PAUSED_AND_BACK
        assert not any(change.is_held for change in ear.told(rig.vm))

    @needs(Capability.CHANGES, Capability.PAUSE, vms=2)
    def test_changes_of_many_vms_are_complete(self, rig: Rig) -> None:
        """Of VMs that are paused and resumed at once each is told in order, and once."""
        ear = Ear(rig)
        for operation in (Operation.PAUSE, Operation.RESUME):
            for call in [rig.begin(operation, vm) for vm in rig.bench.vms]:
                rig.finish(call)
        ear.listen(2 * len(rig.bench.vms))
        told = {vm: ear.statuses(vm) for vm in rig.bench.vms}
        assert told == dict.fromkeys(rig.bench.vms, PAUSED_AND_BACK)

    @needs(Capability.CHANGES, Capability.PAUSE)
    def test_refused_call_tells_nothing(self, rig: Rig) -> None:
        """What changed nothing is not told as a change."""
        ear = Ear(rig)
        rig.refusal(Operation.RESUME, rig.vm)
        ear.listen(0)
        assert not ear.told(rig.vm)

    @needs(Capability.CHANGES, Capability.PAUSE)
    def test_changes_are_dated_when_they_happened(self, rig: Rig) -> None:
        """A change bears the time at which it happened, by the adapter's clock."""
        ear = Ear(rig)
        before_ms = rig.now_ms()
        rig.pause(rig.vm)
        after_ms = rig.now_ms()
        ear.listen(1)
        (change,) = ear.told(rig.vm)
        assert before_ms <= change.monotonic_ms <= after_ms + LATE_MS

    @needs(Capability.CHANGES, Capability.PAUSE)
    def test_two_subscribers_are_told_the_same(self, rig: Rig) -> None:
        """Each subscriber is told everything, whoever else is told."""
        ears = Ear(rig), Ear(rig)
        rig.pause(rig.vm)
        rig.resume(rig.vm)
        for ear in ears:
            ear.listen(2)
        assert [ear.statuses(rig.vm) for ear in ears] == [PAUSED_AND_BACK, PAUSED_AND_BACK]

    @needs(Capability.CHANGES, Capability.PAUSE)
    def test_closed_subscription_tells_nothing(self, rig: Rig) -> None:
        """After a subscription was closed nothing comes of it."""
        ear = Ear(rig)
        rig.pause(rig.vm)
        ear.close()
        rig.resume(rig.vm)
        assert ear.take_now() is None
