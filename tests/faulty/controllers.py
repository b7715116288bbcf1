"""Wrong controllers: each goes through a maintenance in one harmful way.

They know what the protocol offers to users' own policies, and use nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from freezeframe.fleet import Fleet
from freezeframe.lifecycles import HostStatus, SetStatus, VmStatus
from freezeframe.protocol import controller
from freezeframe.protocol.components import (
    VM,
    Alarm,
    AvailabilitySet,
    Host,
)
from freezeframe.protocol.language import (
    Actor,
    Deadline,
    Duration,
    Rule,
    promptly,
    reached,
    require,
    rule,
    takes,
)
from freezeframe.protocol.policies import OneUpdateDomain
from freezeframe.protocol.settings import resume_reserve_ms, standard_deadlines_ms
from freezeframe.protocol.topology import Lanes

from .changed import Changed, changed

# Which host may begin


def _enter_anyway(host: Host, availability_set: AvailabilitySet, lanes: Lanes) -> None:  # noqa: ARG001 (names the head's host)
    availability_set.enter(min(lanes))


class AllAtOnce(OneUpdateDomain):
    """Begins every host it can."""

    def begins(self) -> tuple[Callable[..., None], ...]:
        return (_enter_anyway,)


def _schedule_for_one_set(
    host: Host, alarm: Alarm, availability_set: AvailabilitySet, lanes: Lanes
) -> None:
    host.pull("schedule")
    require(not host.has_new_software, "the host runs the old software")
    require(host.attempts_left > 0, "the host has an attempt left")
    require(not alarm.is_raised, "no failure waits for an operator")
    is_free = availability_set.status is not SetStatus.MAINTAINING
    require(is_free or availability_set.lane in lanes, "no other domain is under maintenance")
    availability_set.enter(min(lanes))


def _leave_if_entered(host: Host, availability_set: AvailabilitySet, lanes: Lanes) -> None:  # noqa: ARG001 (names the head's host)
    if availability_set.status is SetStatus.MAINTAINING and availability_set.lane in lanes:
        availability_set.leave()


class LocksOneSetOnly(Changed):
    """Each set goes domain by domain, and ignores the other sets of the hosts that it takes."""

    changes = {  # noqa: RUF012 (never written)
        "schedule": {"head": _schedule_for_one_set, "each": (controller.announce,)},
        "withdraw": {"each": (_leave_if_entered, controller.withdraw_event)},
        "return_to_service": {
            "each": (controller.be_ready, _leave_if_entered, controller.withdraw_event)
        },
    }


def _claim(host: Host, availability_set: AvailabilitySet, lanes: Lanes) -> None:
    """Reserve a domain of a set for a host."""
    require(host.status is HostStatus.IN_SERVICE and not host.has_new_software, "the host is due")
    require(availability_set.status is SetStatus.STEADY, "nobody holds the set")
    availability_set.enter(min(lanes))


def _be_claimed(host: Host, availability_set: AvailabilitySet, lanes: Lanes) -> None:  # noqa: ARG001 (names the head's host)
    require(availability_set.lane in lanes, "the set is held for the host's domain")


class HoldsAndWaits(Changed):
    """Takes the sets of a host one after the other, and keeps what it has while it waits."""

    added = (rule(actor=Actor.CONTROLLER)(_claim),)

    def begins(self) -> tuple[Callable[..., None], ...]:
        return (_be_claimed,)


class NeverSettles(Changed):
    """Forgets that a set has recovered."""

    dropped = ("settle",)


# When a domain is done


class DoneBeforeItsVmsRun(Changed):
    """Counts a domain as done when the software is new, not when its VMs run."""

    changes = {  # noqa: RUF012 (never written)
        "update_completed": {"each": (controller.suffer, controller.leave_set)},
        "rollback_completed": {"each": (controller.suffer, controller.leave_set)},
        "abandon": {"each": (controller.leave_set,)},
        "return_to_service": {"each": (controller.be_ready, controller.withdraw_event)},
        "settle": {"each": ()},
    }


def _need_nothing(host: Host, vm: VM) -> None:  # noqa: ARG001 (names the head's host)
    require(not vm.is_held_by_maintenance, "maintenance holds no VM of the host")


class NeverSetsClocks(Changed):
    """Resumes VMs and leaves their clocks behind."""

    dropped = ("set_clock",)
    changes = {  # noqa: RUF012 (never written)
        "return_to_service": {
            "each": (_need_nothing, controller.leave_set, controller.withdraw_event)
        },
    }


def _set_clock_during_maintenance(host: Host, vm: VM) -> None:
    require(not host.is_open, "the host is under maintenance")
    require(vm.seen is VmStatus.RESUMED, "the VM was seen resumed")
    takes(vm.in_phase, Duration.CLOCK_SYNC)
    vm.set_clock()
    vm.observe()


class ForgetsWhomOthersHeld(Changed):
    """Sets no clock of a VM that somebody else lets go on after its host is back in service."""

    changes = {"set_clock": {"head": _set_clock_during_maintenance}}  # noqa: RUF012 (never written)


def _need_a_clock_once(host: Host, vm: VM) -> None:
    require(not vm.is_held_by_maintenance, "maintenance holds no VM of the host")
    is_first = host.attempts_left > 0
    is_behind = vm.seen in {VmStatus.RESUMING, VmStatus.RESUMED}
    require(not (is_first and is_behind), "every VM had its clock set after the first resume")


class SetsClocksOnTheFirstResumeOnly(Changed):
    """Waits for the clocks in the first attempt, and not in the second."""

    changes = {  # noqa: RUF012 (never written)
        "return_to_service": {
            "each": (_need_a_clock_once, controller.leave_set, controller.withdraw_event)
        },
    }


# Deadlines


class NoDeadline(Changed):
    """Lets an update take its time, however long the VMs are paused."""

    dropped = ("abandon", "abort", "give_up")


class ForgetsTheRollback(OneUpdateDomain):
    """Aborts when there is just time to resume, but rolling back takes time as well."""

    def deadlines_ms(self, fleet: Fleet) -> Mapping[Deadline, int]:
        left_ms = fleet.limits.pause_ms - resume_reserve_ms(fleet)
        return {**standard_deadlines_ms(fleet), Deadline.ABORT: left_ms}


class ForgetsThatResumingTakesTime(OneUpdateDomain):
    """Aborts when there is just time to roll back."""

    def deadlines_ms(self, fleet: Fleet) -> Mapping[Deadline, int]:
        left_ms = fleet.limits.pause_ms - fleet.timing.rollback.max_ms
        return {**standard_deadlines_ms(fleet), Deadline.ABORT: left_ms}


class ForgetsThatResumesFail(OneUpdateDomain):
    """Leaves time for one resume only."""

    def deadlines_ms(self, fleet: Fleet) -> Mapping[Deadline, int]:
        spared_ms = fleet.timing.resume.max_ms * fleet.tolerance.resume_failure
        standard = standard_deadlines_ms(fleet)
        return {**standard, Deadline.ABORT: standard[Deadline.ABORT] + spared_ms}


class HalvesTheNotice(OneUpdateDomain):
    """Believes that guests need half the notice."""

    def deadlines_ms(self, fleet: Fleet) -> Mapping[Deadline, int]:
        return {**standard_deadlines_ms(fleet), Deadline.NOTICE: fleet.limits.notice_ms // 2}


# Events


class AnnouncesNothing(Changed):
    """Pauses VMs without a word to their guests."""

    changes = {"quiesce": {"each": ()}}  # noqa: RUF012 (never written)

    def rules(self) -> tuple[Rule, ...]:
        return changed(super().rules(), "schedule", each=self.begins())


class EndsEventsEarly(Changed):
    """Tells the guests that it is over when the update begins."""

    changes = {  # noqa: RUF012 (never written)
        "begin_update": {"each": (controller.stand_still, controller.withdraw_event)},
    }


class WithdrawsNothingFromTheGuests(Changed):
    """Goes on with what was scheduled, though something failed."""

    def rules(self) -> tuple[Rule, ...]:
        return changed(super().rules(), "quiesce", head=_quiesce_anyway)


def _quiesce_anyway(host: Host) -> None:
    host.pull("quiesce")


# Resuming


def _resume_while_rolling_back(host: Host, vm: VM) -> None:
    require(
        host.status in {HostStatus.ROLLING_BACK, HostStatus.RESTORING}, "the update is given up"
    )
    require(vm.seen is VmStatus.PAUSED, "the VM was seen paused")
    require(vm.is_held_by_maintenance, "maintenance paused the VM")
    vm.begin_resume()
    promptly()


class ResumesDuringTheRollback(Changed):
    """Resumes VMs before the old hosting environment is back."""

    changes = {"resume": {"head": _resume_while_rolling_back}}  # noqa: RUF012 (never written)


def _resume_unless_late(host: Host, vm: VM) -> None:
    require(host.status is HostStatus.RESTORING, "the host is being restored")
    require(vm.seen is VmStatus.PAUSED, "the VM was seen paused")
    require(vm.is_held_by_maintenance, "maintenance paused the VM")
    require(not reached(vm.paused_for, Deadline.ABANDON), "there is still time")
    vm.begin_resume()
    promptly()


class GivesUpResuming(Changed):
    """Stops trying to resume a VM when it is late."""

    changes = {"resume": {"head": _resume_unless_late}}  # noqa: RUF012 (never written)


def _resume_whatever_is_paused(host: Host, vm: VM) -> None:
    require(host.status is HostStatus.RESTORING, "the host is being restored")
    require(vm.seen is VmStatus.PAUSED, "the VM was seen paused")
    vm.begin_resume()
    promptly()


class ResumesWhatItDidNotPause(Changed):
    """Resumes every paused VM of its host."""

    changes = {"resume": {"head": _resume_whatever_is_paused}}  # noqa: RUF012 (never written)
