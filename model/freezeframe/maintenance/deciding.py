"""What the controller does next: the steps of its own that it picks, and when it looks again.

Owns the strategy. It picks among the enabled instances of the rules, so whatever it picks is inside
what a check explored. Pure; it must not know adapters or clocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from freezeframe.lifecycles import HostStatus, VmStatus
from freezeframe.protocol import Deadline, Instance, State
from freezeframe.protocol.components import VM, Host

from .course import ERRANDS, Course
from .rulebook import Rulebook

CHECK_MS: Final = 1_000
"""How long a look at the memory of a paused VM may take; part of its pause."""

_LOOKING: Final = frozenset({"poll", "believe", "discard"})
"""Steps that are taken by seeing, not by deciding."""

_FIRST: Final = (
    "abort",
    "abandon",
    "give_up",
    "resume",
    "begin_update",
    "return_to_service",
    "withdraw",
    "pause",
    "quiesce",
)
"""Deadlines first, then what ends a pause; what begins something new comes last."""


@dataclass(frozen=True)
class Decision:
    """Steps to be taken now, in this order, and the state after them.

    `look_again_ms` is the time, on the records' clock, at which there may be more to decide though
    nothing was seen; None if only news can bring more.
    """

    steps: tuple[Instance, ...]
    state: State
    look_again_ms: int | None


_BEGINNING: Final = frozenset({"schedule", "quiesce"})
"""Steps that begin a host, or its impact."""

_NO_WAITS: Final[Mapping[str, int]] = MappingProxyType({})


def decide(
    rulebook: Rulebook,
    course: Course,
    preference: Sequence[str] = (),
    *,
    begins_nothing: bool = False,
    waits: Mapping[str, int] = _NO_WAITS,
) -> Decision:
    """Pick what the controller does now, as much of it as there is.

    `preference` names hosts in the order in which they are begun where the rules leave the choice;
    others follow in the order of the fleet file. With `begins_nothing` only what is begun goes on.
    `waits` gives times on the records' clock before which a host is not quiesced.
    """
    state, now_ms = course.state, course.at_ms or 0
    waiting = {host: at_ms for host, at_ms in waits.items() if at_ms > now_ms}
    steps: list[Instance] = []
    while True:
        options = [
            each
            for each in rulebook.decidable(state)
            if each not in steps
            and not (begins_nothing and each.rule.name in _BEGINNING)
            and not (each.rule.name == "quiesce" and waiting.keys() & set(each.subjects))
            and _is_wanted(rulebook, course, state, each)
        ]
        if not options:
            break
        best = min(options, key=lambda each: _rank(rulebook, state, each, preference))
        after = rulebook.take(state, best)
        assert after is not None, "only enabled steps are picked"  # noqa: S101
        steps.append(best)
        state = after
    _, alters_in = rulebook.outlook(state)
    times_ms = [*waiting.values(), *([] if alters_in is None else [now_ms + alters_in])]
    return Decision(tuple(steps), state, min(times_ms, default=None))


def unchecked(rulebook: Rulebook, course: Course) -> Iterator[str]:
    """The paused VMs whose memory is to be looked at before anything else, and can be in time."""
    deadlines = rulebook.system.settings.deadlines
    for (name,), vm in rulebook.components(course.state, VM).items():
        if vm.status is not VmStatus.PAUSED or not vm.is_paused_by_maintenance:
            continue
        place = rulebook.system.topology.places(name)[vm.place]
        host = rulebook.component(course.state, Host, place)
        check = course.checks.get(name)
        limit = None
        if host.status is HostStatus.QUIESCING and check is None:
            limit = deadlines[Deadline.ABORT]
        elif host.status is HostStatus.RESTORING and check is not None and not check.is_over:
            limit = deadlines[Deadline.ABANDON]
        if limit is not None and vm.paused_for + CHECK_MS < limit and place not in course.blind:
            yield name


def _is_wanted(rulebook: Rulebook, course: Course, state: State, instance: Instance) -> bool:
    """Whether the strategy picks an enabled step at all, or leaves it for now."""
    rule = instance.rule.name
    if rule in ERRANDS or rule in _LOOKING or instance in rulebook.quiet:
        return False
    if rule in {"schedule", "quiesce", "pause"} and course.blind:
        return False  # whatever happens out of sight may be a failure
    if rule in {"begin_update", "resume"}:
        places = rulebook.system.topology.places
        waiting = set(unchecked(rulebook, course))
        here = {
            name
            for name in waiting
            if places(name)[_vm(rulebook, state, name).place] in instance.subjects
        }
        return not (here & set(instance.subjects) if rule == "resume" else here)
    return True


def _vm(rulebook: Rulebook, state: State, name: str) -> VM:
    return rulebook.component(state, VM, name)


def _rank(
    rulebook: Rulebook, state: State, instance: Instance, preference: Sequence[str]
) -> tuple[int, int, int]:
    """What is picked first; of VMs the one that is paused longest."""
    rule = instance.rule.name
    urgency = _FIRST.index(rule) if rule in _FIRST else len(_FIRST)
    paused = [
        vm.paused_for
        for (name,), vm in rulebook.components(state, VM).items()
        if name in instance.subjects
    ]
    hosts = [preference.index(each) for each in instance.subjects if each in preference]
    return urgency, -max(paused, default=0), min(hosts, default=len(preference))
