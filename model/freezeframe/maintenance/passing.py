"""Lets time pass in a course, as far as the model allows, and tells where it does not.

Owns what happens by itself meanwhile: steps that show nothing to anybody are taken as soon as they
are enabled, and an update that does not end is taken to hang. It must not know records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from freezeframe.protocol import Actor, Instance
from freezeframe.protocol.components import VM, Controller

from .course import ERRANDS, Course, Deviation, Divergence, Followed, Overdue, Taken, Tolerance
from .errands import taking_ms
from .rulebook import Rulebook


def let_pass(rulebook: Rulebook, course: Course, to_ms: int, tolerance: Tolerance) -> Followed:
    """The course at `to_ms`; at once if it is there already, or has not begun."""
    course = replace(course, at_ms=to_ms if course.at_ms is None else course.at_ms)
    steps: list[Taken] = []
    divergences: list[Divergence] = []
    while True:
        now_ms = course.at_ms or 0
        quiet = _first_quiet(rulebook, course)
        if quiet is not None:
            course = quiet.course
            steps += quiet.steps
            continue
        due, alters_in = rulebook.outlook(course.state)
        course = replace(course, overdue=_overdue(rulebook, course, due))
        late = [each for each in due if _is_late(course, each, tolerance)]
        if late:
            told = _late(rulebook, course, late[0])
            course = told.course
            steps += told.steps
            divergences += told.divergences
            continue
        leap_ms = min(_leaps(course, to_ms, alters_in, tolerance))
        if leap_ms <= 0:
            return Followed(course, tuple(steps), tuple(divergences))
        state = rulebook.passed(course.state, leap_ms)
        course = replace(course, state=state, at_ms=now_ms + leap_ms)


def next_look_ms(course: Course, tolerance: Tolerance) -> int | None:
    """When something that is overdue will count as late unless it comes; None if nothing is."""
    times_ms = [
        each.since_ms + tolerance.reaction_ms + 1
        for each in course.overdue.values()
        if not each.is_told
    ]
    return min(times_ms, default=None)


def undeclared(rulebook: Rulebook, course: Course, instance: Instance) -> Iterable[Divergence]:
    """What is to be told of a step that was just taken and that the fleet file does not allow."""
    allowed = rulebook.undeclared(course.state, instance)
    if allowed is not None:
        at_ms = course.at_ms or 0
        found = "once more"
        yield Divergence(Deviation.UNDECLARED, at_ms, None, str(instance), allowed, found)


def _first_quiet(rulebook: Rulebook, course: Course) -> Followed | None:
    for instance in rulebook.quiet:
        after = rulebook.take(course.state, instance)
        if after is not None:
            return Followed(replace(course, state=after), (Taken(course.at_ms or 0, instance),))
    return None


def _overdue(rulebook: Rulebook, course: Course, due: list[Instance]) -> dict[str, Overdue]:
    """Since when each of `due` is, as far as anybody could tell of it."""
    now_ms = course.at_ms or 0
    found = {}
    for instance in due:
        is_asked = instance.rule.actor is Actor.HYPERVISOR or instance.rule.name in ERRANDS
        takes_ms = taking_ms(rulebook.fleet, ERRANDS.get(instance.rule.name))
        known = course.overdue.get(str(instance), Overdue(now_ms + takes_ms))
        if is_asked:
            known = replace(known, since_ms=max(known.since_ms, course.grace_ms + takes_ms))
        is_in_sight = _is_in_sight(rulebook, course, instance)
        found[str(instance)] = known if is_in_sight else Overdue(now_ms)
    return found


def _is_in_sight(rulebook: Rulebook, course: Course, instance: Instance) -> bool:
    """Whether anybody could take `instance`, or tell that the hypervisor takes it."""
    if not rulebook.component(course.state, Controller).is_up:
        return False
    places = set(instance.subjects)
    for name in instance.subjects:
        slot = rulebook.slot(VM, name)
        if slot is not None:
            places.add(rulebook.system.topology.places(name)[VM(course.state[slot]).place])
    return not places & course.blind


def _is_late(course: Course, instance: Instance, tolerance: Tolerance) -> bool:
    overdue = course.overdue[str(instance)]
    late_ms = (course.at_ms or 0) - overdue.since_ms
    return not overdue.is_told and late_ms > tolerance.reaction_ms


def _leaps(
    course: Course, to_ms: int, alters_in: int | None, tolerance: Tolerance
) -> Iterable[int]:
    """How far time can go before something is to be looked at again."""
    now_ms = course.at_ms or 0
    yield to_ms - now_ms
    if alters_in is not None:
        yield alters_in
    late_ms = next_look_ms(course, tolerance)
    if late_ms is not None:
        yield late_ms - now_ms


def _late(rulebook: Rulebook, course: Course, instance: Instance) -> Followed:
    """Something promised does not come: a fault that explains it, or else a divergence."""
    found = excuses(rulebook, course, instance)
    likeliest = min(found, key=lambda each: len(each.divergences), default=None)
    if likeliest is not None:
        return likeliest
    overdue = course.overdue[str(instance)]
    told = {**course.overdue, str(instance): replace(overdue, is_told=True)}
    late_ms = (course.at_ms or 0) - overdue.since_ms
    divergence = Divergence(
        Deviation.LATE,
        course.at_ms or 0,
        None,
        str(instance),
        f"it by {overdue.since_ms} ms",
        f"that it had not happened {late_ms} ms later",
    )
    return Followed(replace(course, overdue=told), (), (divergence,))


def excuses(rulebook: Rulebook, course: Course, instance: Instance) -> Iterator[Followed]:
    """Ways in which a fault that nobody sees, before `instance` was overdue, explains that it does
    not come; none after which it would be overdue again, for that explains nothing.
    """
    slot = instance.parts[0].slots[0]
    kind = rulebook.system.slots[slot].kind
    before = kind(course.state[slot])
    overdue_ms = (course.at_ms or 0) - course.overdue[str(instance)].since_ms
    for fault in rulebook.about(slot, {Actor.FAULT}):
        after = rulebook.take(course.state, fault)
        if after is None or after[slot] == course.state[slot]:
            continue
        is_unseen = getattr(kind(after[slot]), "status", None) == getattr(before, "status", None)
        if not is_unseen or rulebook.take(after, instance) is not None:
            continue
        counted = rulebook.system.tick(slot, after[slot], overdue_ms)
        excused = replace(course, state=(*after[:slot], counted, *after[slot + 1 :]))
        if instance in rulebook.outlook(excused.state)[0]:
            continue
        taken = (Taken(course.at_ms or 0, fault),)
        yield Followed(excused, taken, tuple(undeclared(rulebook, excused, fault)))
