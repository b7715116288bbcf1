"""What a record shows: which component changed, into what, and who can have done it.

Owns the reading of facts as goals. It must not know rules by name: the steps that explain a fact
are those that lead to what it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from freezeframe.lifecycles import EventStatus, HostStatus, VmStatus
from freezeframe.observation import (
    AlarmSeen,
    EventSeen,
    Fact,
    HostSeen,
    HostTold,
    Operation,
    Outcome,
    Reason,
    Record,
    Told,
    VmSeen,
)
from freezeframe.protocol import Actor, Instance, State
from freezeframe.protocol.components import VM, ZERO, Alarm, Host, ScheduledEvent

from .course import ERRANDS, Course
from .rulebook import Rulebook

_MISHAPS: Final = frozenset(
    {Reason.IO_ERROR, Reason.WATCHDOG, Reason.CRASHED, Reason.POWER_LOSS, Reason.SNAPSHOT}
)
"""Reasons that no customer gives a VM."""

_PEOPLE: Final = (Actor.CUSTOMER, Actor.OPERATOR, Actor.FAULT)
_UNASKED: Final = (Actor.HYPERVISOR, *_PEOPLE)
_IN_VAIN: Final = frozenset({Outcome.REFUSED, Outcome.FAILED})


@dataclass(frozen=True)
class Goal:
    """The component in `slot` has one of the values that `fields` gives for each of some fields,
    and one of `actors` did it; the first is the likeliest. `found` says what was seen, as a phrase.

    `is_of_host` tells that a step about the whole host explains it better than one about the VM.
    `needs_no_step` tells that what is still to come may just take its time, as an agent that does
    not answer; when that is over is told then.
    """

    slot: int
    fields: Mapping[str, frozenset[object]]
    actors: tuple[Actor, ...]
    found: str
    is_of_host: bool = False
    needs_no_step: bool = False

    def is_reached(self, rulebook: Rulebook, state: State) -> bool:
        """Whether `state` is so."""
        component = rulebook.system.slots[self.slot].kind(state[self.slot])
        return all(getattr(component, name) in values for name, values in self.fields.items())


def goal_of(rulebook: Rulebook, course: Course, record: Record) -> Goal | None:
    """What `record` shows that `course` does not; None where it shows nothing new."""
    read = _READERS.get(type(record.fact))
    goal = read(rulebook, course, record, record.fact) if read is not None else None
    return None if goal is None or goal.is_reached(rulebook, course.state) else goal


def out_of_turn(rulebook: Rulebook, course: Course, record: Record) -> Instance | None:
    """The step that `record` says was begun, of those that are taken when they end, if its guards
    do not hold.
    """
    fact, slot = record.fact, rulebook.slot(VM, record.vm or "")
    if not isinstance(fact, Told) or fact.outcome is not Outcome.REQUESTED or slot is None:
        return None
    steps = rulebook.about(slot, {Actor.CONTROLLER})
    begun = [each for each in steps if ERRANDS.get(each.rule.name) is fact.operation]
    if any(rulebook.holds(course.state, each) for each in begun):
        return None
    return next(iter(begun), None)


def _vm_seen(rulebook: Rulebook, course: Course, record: Record, seen: VmSeen) -> Goal | None:
    slot = rulebook.slot(VM, record.vm or "")
    if slot is None:
        return None
    vm = VM(course.state[slot])
    now = vm.status
    asked = {operation for operation, name in course.asked if name == record.vm}
    statuses = {seen.status}
    if seen.status is VmStatus.RUNNING:
        statuses = {VmStatus.RUNNING, VmStatus.RESUMED}
    is_ahead = (now is VmStatus.PAUSING and seen.status is VmStatus.RUNNING) or (
        now is VmStatus.RESUMING and seen.status is VmStatus.PAUSED
    )
    is_others = seen.status is VmStatus.PAUSED and not seen.is_held
    if is_ahead or (now is VmStatus.PAUSING and is_others and Operation.PAUSE in asked):
        return None  # what was asked has not come about yet, or its answer will tell
    actors: tuple[Actor, ...] = _UNASKED
    if seen.reason in _MISHAPS:
        actors = (Actor.HYPERVISOR, *reversed(_PEOPLE))
    if now is VmStatus.PAUSING and is_others:
        actors = _PEOPLE
    if _is_shut_down_or_booted_by_us(vm, seen):
        actors = (Actor.CONTROLLER, *actors)
    return Goal(
        slot,
        {"status": frozenset(statuses)},
        actors,
        f"it was seen {seen.status} ({seen.reason})",
        is_of_host=seen.reason is Reason.POWER_LOSS,
    )


def _is_shut_down_or_booted_by_us(vm: VM, seen: VmSeen) -> bool:
    """Whether maintenance did it, whoever asked: a controller that is gone may have."""
    if seen.status is VmStatus.STOPPED:
        return seen.is_held
    is_booted = vm.status is VmStatus.STOPPED and seen.status is VmStatus.RUNNING
    return is_booted and vm.is_held_by_maintenance


def _vm_told(rulebook: Rulebook, course: Course, record: Record, told: Told) -> Goal | None:
    slot = rulebook.slot(VM, record.vm or "")
    if slot is None:
        return None
    now = VM(course.state[slot]).status
    is_in_sight = record.host not in course.blind
    if now is VmStatus.RESUMED and is_in_sight and (told.operation, told.outcome) in _UNSET:
        fields = {"status": frozenset({now}), "in_phase": frozenset({ZERO})}
        found = f"{told.operation} was {told.outcome}"
        return Goal(slot, fields, (Actor.FAULT,), found, needs_no_step=True)
    for source, operation, outcomes, statuses, actor in _TOLD:
        if now is source and told.operation is operation and told.outcome in outcomes:
            found = f"{told.operation} was {told.outcome}"
            return Goal(slot, {"status": frozenset(statuses)}, (actor,), found)
    return None


_R, _C = frozenset({Outcome.REQUESTED}), frozenset({Outcome.COMPLETED})
_UNSET: Final = frozenset(
    (Operation.SET_CLOCK, outcome) for outcome in (Outcome.REFUSED, Outcome.FAILED, Outcome.UNKNOWN)
)
_TOLD: Final = (
    (VmStatus.RUNNING, Operation.PAUSE, _R, {VmStatus.PAUSING}, Actor.CONTROLLER),
    (VmStatus.PAUSING, Operation.PAUSE, _C, {VmStatus.PAUSED}, Actor.HYPERVISOR),
    (VmStatus.PAUSING, Operation.PAUSE, _IN_VAIN, {VmStatus.RUNNING}, Actor.FAULT),
    (VmStatus.PAUSED, Operation.RESUME, _R, {VmStatus.RESUMING}, Actor.CONTROLLER),
    (
        VmStatus.RESUMING,
        Operation.RESUME,
        _C,
        {VmStatus.RESUMED, VmStatus.RUNNING},
        Actor.HYPERVISOR,
    ),
    (VmStatus.RESUMING, Operation.RESUME, _IN_VAIN, {VmStatus.PAUSED}, Actor.FAULT),
    (VmStatus.RESUMED, Operation.SET_CLOCK, _C, {VmStatus.RUNNING}, Actor.CONTROLLER),
    (VmStatus.RUNNING, Operation.SHUT_DOWN, _C, {VmStatus.STOPPED}, Actor.CONTROLLER),
    (VmStatus.PAUSED, Operation.SHUT_DOWN, _C, {VmStatus.STOPPED}, Actor.CONTROLLER),
    (VmStatus.STOPPED, Operation.BOOT, _C, {VmStatus.RUNNING}, Actor.CONTROLLER),
)
"""For a VM in a status, an operation and how it went: what that shows, and who did it."""


def _host_seen(rulebook: Rulebook, _: Course, record: Record, seen: HostSeen) -> Goal | None:
    return _goal(
        rulebook.slot(Host, record.host or ""),
        {"status": seen.phase, "has_new_software": seen.has_new_software},
        (Actor.CONTROLLER, Actor.HYPERVISOR, Actor.OPERATOR, Actor.FAULT),
        f"the host was seen {seen.phase}",
    )


def _host_told(rulebook: Rulebook, course: Course, record: Record, told: HostTold) -> Goal | None:
    slot = rulebook.slot(Host, record.host or "")
    if slot is None:
        return None
    now = Host(course.state[slot]).status
    for source, operation, outcomes, status, actor in _HOST_TOLD:
        if now is source and told.operation is operation and told.outcome in outcomes:
            return _goal(slot, {"status": status}, (actor,), f"{told.operation} was {told.outcome}")
    return None


_HOST_TOLD: Final = (
    (HostStatus.QUIESCING, Operation.UPDATE, _R, HostStatus.UPDATING, Actor.CONTROLLER),
    (HostStatus.UPDATING, Operation.UPDATE, _C, HostStatus.RESTORING, Actor.HYPERVISOR),
    (HostStatus.UPDATING, Operation.UPDATE, _IN_VAIN, HostStatus.ROLLING_BACK, Actor.FAULT),
    (HostStatus.UPDATING, Operation.ROLL_BACK, _R, HostStatus.ROLLING_BACK, Actor.CONTROLLER),
    (HostStatus.ROLLING_BACK, Operation.ROLL_BACK, _C, HostStatus.RESTORING, Actor.HYPERVISOR),
)
"""The same for hosts."""


def _event_seen(rulebook: Rulebook, _: Course, record: Record, seen: EventSeen) -> Goal | None:
    is_approval = seen.status is EventStatus.APPROVED
    return _goal(
        rulebook.slot(ScheduledEvent, record.host or "", seen.tenant),
        {"status": seen.status},
        (Actor.GUEST,) if is_approval else (Actor.CONTROLLER, Actor.OPERATOR, Actor.FAULT),
        f"the event of {seen.tenant} was shown {seen.status}",
    )


def _alarm_seen(rulebook: Rulebook, _: Course, __: Record, seen: AlarmSeen) -> Goal | None:
    """Steps that sound the alarm are told before it; one that was not told must not be guessed, for
    an alarm over memory would be taken for a crash or a loss of power.
    """
    return _goal(
        rulebook.slot(Alarm),
        {"is_raised": seen.is_raised},
        () if seen.is_raised else (Actor.OPERATOR,),
        f"the alarm was {'raised' if seen.is_raised else 'cleared'}",
    )


def _goal(
    slot: int | None, fields: Mapping[str, object], actors: tuple[Actor, ...], found: str
) -> Goal | None:
    wanted = {name: frozenset({value}) for name, value in fields.items()}
    return None if slot is None else Goal(slot, wanted, actors, found)


_READERS: Final[Mapping[type[Fact], Callable[[Rulebook, Course, Record, Any], Goal | None]]] = {
    VmSeen: _vm_seen,
    Told: _vm_told,
    HostSeen: _host_seen,
    HostTold: _host_told,
    EventSeen: _event_seen,
    AlarmSeen: _alarm_seen,
}
