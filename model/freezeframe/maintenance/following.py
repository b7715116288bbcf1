"""Follows a maintenance through what was recorded of it: which steps of the model explain it.

Owns the way from records to steps, and what is told where there is none. Pure: it knows no clock,
no adapter and no strategy, so it serves whoever maintains and whoever judges alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from freezeframe.lifecycles import VmStatus
from freezeframe.observation import (
    ControllerStarted,
    HostTold,
    MemoryFingerprinted,
    Operation,
    Outcome,
    Record,
    SightChanged,
    StepTaken,
    Told,
)
from freezeframe.protocol import Actor, Instance, State
from freezeframe.protocol.components import VM, Controller
from freezeframe.protocol.language import Duration

from .course import (
    WATCHDOG,
    Course,
    Deviation,
    Divergence,
    Followed,
    MemoryCheck,
    Taken,
    Tolerance,
)
from .explaining import Goal, goal_of, out_of_turn
from .passing import excuses, let_pass, undeclared
from .reconciling import reconciled
from .rulebook import Rulebook

STANDARD_TOLERANCE = Tolerance()


def begin(rulebook: Rulebook) -> Course:
    """The course of a maintenance of which nothing was recorded yet."""
    return Course(rulebook.initial)


def follow(
    rulebook: Rulebook,
    course: Course,
    record: Record,
    tolerance: Tolerance = STANDARD_TOLERANCE,
) -> Followed:
    """The course after `record`, the steps of the model that lead there, and every divergence.

    Time passes until `record.monotonic_ms`; a record that comes late is taken to be of now. A fact
    that the course shows already, or that no rule is about, takes no step. Where no step leads to
    what was seen, that is a divergence, and the course goes on from what was seen.
    """
    before = _time_passed(rulebook, course, record, tolerance)
    told = _explained(rulebook, before.course, record)
    kept = _kept(rulebook, told.course, record)
    after = let_pass(rulebook, kept, kept.at_ms or 0, tolerance)
    return Followed(
        after.course,
        before.steps + told.steps + after.steps,
        before.divergences + told.divergences + after.divergences,
    )


def follow_all(
    rulebook: Rulebook,
    records: Iterable[Record],
    course: Course | None = None,
    tolerance: Tolerance = STANDARD_TOLERANCE,
) -> Followed:
    """The course after all of `records`, in their order, from `course` or from the beginning."""
    course = course or begin(rulebook)
    steps: list[Taken] = []
    divergences: list[Divergence] = []
    for record in records:
        followed = follow(rulebook, course, record, tolerance)
        course = followed.course
        steps += followed.steps
        divergences += followed.divergences
    return Followed(course, tuple(steps), tuple(divergences))


def _time_passed(
    rulebook: Rulebook, course: Course, record: Record, tolerance: Tolerance
) -> Followed:
    followed = let_pass(rulebook, course, record.monotonic_ms, tolerance)
    if course.at_ms is None or not _tells_of_a_crash(record, followed):
        return followed
    # Nothing was done, or nothing was heard of, that time should have waited for: it crashed.
    crash, restart = (
        next(each for each in rulebook.about(_controller(rulebook), {actor}) if not each.subjects)
        for actor in (Actor.FAULT, Actor.HYPERVISOR)
    )
    down = _taken(rulebook, course, crash, record)
    passed = let_pass(rulebook, down.course, record.monotonic_ms, tolerance)
    up = _taken(rulebook, passed.course, restart, record)
    return Followed(
        up.course,
        down.steps + passed.steps + up.steps,
        down.divergences + passed.divergences + up.divergences,
    )


def _tells_of_a_crash(record: Record, passed: Followed) -> bool:
    """Whether the time that passed until `record` is best explained by a controller's death."""
    is_missed = bool(passed.divergences) or any(
        each.instance.rule.actor is Actor.FAULT for each in passed.steps
    )
    if isinstance(record.fact, ControllerStarted):
        return is_missed or bool(passed.course.overdue)
    return is_missed and record.source.startswith(WATCHDOG)


def _controller(rulebook: Rulebook) -> int:
    slot = rulebook.slot(Controller)
    assert slot is not None, "every fleet has a controller"  # noqa: S101 (the topology adds it)
    return slot


def _explained(rulebook: Rulebook, course: Course, record: Record) -> Followed:
    if isinstance(record.fact, StepTaken):
        instance = rulebook.named(record.fact.step)
        if instance is None:
            found = "a step that is none of this fleet's"
            return _diverged(course, record, Deviation.UNEXPLAINED, record.fact.step, found)
        return _taken(rulebook, course, instance, record)
    goal = goal_of(rulebook, course, record)
    if goal is not None:
        return _reached(rulebook, course, goal, record)
    errand = out_of_turn(rulebook, course, record)
    if errand is None:
        return Followed(course)
    why = rulebook.blocking(course.state, errand)
    return _diverged(course, record, Deviation.FORBIDDEN, str(errand), why)


def _taken(rulebook: Rulebook, course: Course, instance: Instance, record: Record) -> Followed:
    """A step that was taken for certain, be it enabled or not."""
    for premise in _premises(rulebook, course):
        state = rulebook.take(premise.course.state, instance)
        if state is not None:
            return _stepped(rulebook, premise, instance, state, record)
    is_early = rulebook.holds(course.state, instance)
    why = rulebook.blocking(course.state, instance)
    forced = rulebook.force(course.state, instance) or course.state
    course = replace(course, state=forced)
    deviation = Deviation.EARLY if is_early else Deviation.FORBIDDEN
    return _diverged(course, record, deviation, str(instance), why)


def _reached(rulebook: Rulebook, course: Course, goal: Goal, record: Record) -> Followed:
    """The likeliest step that leads to `goal`, or that there is none; where the goal needs none,
    only one that the fleet file declares.
    """
    candidates = list(_candidates(rulebook, goal))
    beyond: Followed | None = None
    for premise in (*_premises(rulebook, course), *_unseen(rulebook, course, goal, record)):
        for instance in candidates:
            state = rulebook.take(premise.course.state, instance)
            if state is not None and goal.is_reached(rulebook, state):
                found = _stepped(rulebook, premise, instance, state, record)
                if not found.divergences:
                    return found
                beyond = beyond or found
    if goal.needs_no_step:
        return Followed(course)
    if beyond is not None:
        return beyond
    for instance in candidates:
        is_ours = instance.rule.actor is Actor.CONTROLLER
        if is_ours or rulebook.holds(course.state, instance):
            state = rulebook.force(course.state, instance)
            if state is not None and goal.is_reached(rulebook, state):
                return _taken(rulebook, course, instance, record)
    course = replace(course, state=reconciled(rulebook, course.state, goal, record))
    return _diverged(course, record, Deviation.UNEXPLAINED, "", goal.found)


def _premises(rulebook: Rulebook, course: Course) -> Iterator[Followed]:
    """The course as it is, and as it is if what is overdue will never come."""
    yield Followed(course)
    for step in course.overdue:
        instance = rulebook.named(step)
        if instance is not None and instance.rule.actor is Actor.HYPERVISOR:
            yield from excuses(rulebook, course, instance)


def _unseen(rulebook: Rulebook, course: Course, goal: Goal, record: Record) -> Iterator[Followed]:
    """The course after something that was promised and that nobody saw before what came of it.

    A watchdog finds a host on which an update was decided and not begun as if it was rolled back.
    """
    actors = {Actor.HYPERVISOR}
    if record.source.startswith(WATCHDOG):
        actors.add(Actor.CONTROLLER)
    for instance in rulebook.about(goal.slot, actors):
        state = rulebook.take(course.state, instance)
        if state is not None and instance.parts[0].slots[0] == goal.slot:
            taken = Taken(course.at_ms or 0, instance)
            yield Followed(replace(course, state=state), (taken,))


def _candidates(rulebook: Rulebook, goal: Goal) -> Iterator[Instance]:
    slot = rulebook.system.slots[goal.slot]
    for actor in goal.actors:
        for instance in rulebook.about(goal.slot, {actor}):
            is_of_host = slot.label not in instance.subjects
            if slot.kind is not VM or is_of_host is goal.is_of_host:
                yield instance


def _stepped(
    rulebook: Rulebook, premise: Followed, instance: Instance, state: State, record: Record
) -> Followed:
    course = replace(premise.course, state=state)
    told = (*premise.divergences, *undeclared(rulebook, course, instance))
    return Followed(
        course,
        (*premise.steps, Taken(course.at_ms or 0, instance)),
        tuple(replace(each, record=record) for each in told),
    )


def _diverged(
    course: Course, record: Record, deviation: Deviation, step: str, found: str
) -> Followed:
    expected = "a step that the rules allow now"
    divergence = Divergence(deviation, course.at_ms or 0, record, step, expected, found)
    return Followed(course, (), (divergence,))


def _kept(rulebook: Rulebook, course: Course, record: Record) -> Course:
    """The course with what no rule reads: who was asked, who is in sight, how memory was."""
    fact = record.fact
    asked, blind, grace_ms = course.asked, course.blind, course.grace_ms
    if isinstance(fact, ControllerStarted):
        longest_ms = max(map(rulebook.system.settings.longest, _ASKED_AGAIN))
        grace_ms = (course.at_ms or 0) + longest_ms
        asked = frozenset()
    elif isinstance(fact, Told | HostTold):
        key = (fact.operation, record.vm or record.host or "")
        asked = asked | {key} if fact.outcome is Outcome.REQUESTED else asked - {key}
    elif isinstance(fact, SightChanged) and record.host is not None:
        blind = blind - {record.host} if fact.is_in_sight else blind | {record.host}
    checks = {
        name: check
        for name, check in _checked(course, record).items()
        if _is_paused(rulebook, course, name)
    }
    kept = replace(course, asked=asked, blind=blind, grace_ms=grace_ms)
    return replace(kept, checks=MappingProxyType(checks))


_ASKED_AGAIN: Final = (
    Duration.PAUSE,
    Duration.RESUME,
    Duration.CLOCK_SYNC,
    Duration.UPDATE,
    Duration.ROLLBACK,
)
_UNREADABLE: Final = frozenset(
    (Operation.FINGERPRINT, outcome)
    for outcome in (Outcome.REFUSED, Outcome.FAILED, Outcome.UNKNOWN)
)


def _is_paused(rulebook: Rulebook, course: Course, vm: str) -> bool:
    slot = rulebook.slot(VM, vm)
    return slot is not None and VM(course.state[slot]).status is VmStatus.PAUSED


def _checked(course: Course, record: Record) -> dict[str, MemoryCheck]:
    """How far the comparison of memory is after `record`, of VMs that may not be paused."""
    fact, checks = record.fact, dict(course.checks)
    vm = record.vm or ""
    known = checks.get(vm)
    if isinstance(fact, MemoryFingerprinted):
        checks[vm] = (
            MemoryCheck(fact.digest, fact.coverage)
            if known is None
            else replace(known, is_over=True)
        )
    elif isinstance(fact, Told) and (fact.operation, fact.outcome) in _UNREADABLE:
        checks[vm] = MemoryCheck(None, is_over=True)
    return checks
