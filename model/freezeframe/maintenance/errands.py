"""What hypervisors, guests and hosts are to be asked for while a maintenance stands where it does.

Owns the reading of a course as open requests, whoever made them first: a controller that starts
again asks anew for what was not answered. Pure; it must not know adapters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from freezeframe.fleet import Fleet
from freezeframe.lifecycles import HostStatus, VmStatus
from freezeframe.observation import Operation
from freezeframe.protocol import State
from freezeframe.protocol.components import VM, Host

from .course import ERRANDS, Course
from .deciding import CHECK_MS, unchecked
from .rulebook import Rulebook

_VM_STATUSES: Final = {VmStatus.PAUSING: Operation.PAUSE, VmStatus.RESUMING: Operation.RESUME}
_HOST_STATUSES: Final = {
    HostStatus.UPDATING: Operation.UPDATE,
    HostStatus.ROLLING_BACK: Operation.ROLL_BACK,
}

SLACK_MS: Final = 1_000
"""How much longer than promised an answer is awaited before its outcome counts as unknown."""

CLOCK_SLACK_MS: Final = 500
"""The same for a clock: its agent is asked once more before it counts as dead, which it does when
the reaction of a controller (`course.Tolerance`) is over.
"""


@dataclass(frozen=True)
class Errand:
    """An operation that is wanted of a host, or of a VM that is on it."""

    operation: Operation
    host: str
    vm: str | None = None


def wanted(rulebook: Rulebook, course: Course, state: State | None = None) -> Iterator[Errand]:
    """Everything that is to be under way now, on hosts that are in sight; with `state`, what will
    be once the course is in that state.
    """
    ahead = course if state is None else replace(course, state=state)
    for errand in _wanted(rulebook, ahead):
        if errand.host not in course.blind:
            yield errand


def _wanted(rulebook: Rulebook, course: Course) -> Iterator[Errand]:
    state = course.state
    places = {
        name: rulebook.system.topology.places(name)[vm.place]
        for (name,), vm in rulebook.components(state, VM).items()
    }
    for (name,), vm in rulebook.components(state, VM).items():
        if vm.status in _VM_STATUSES and vm.is_held_by_maintenance:
            yield Errand(_VM_STATUSES[vm.status], places[name], name)
    for instance in rulebook.free(state):
        operation = ERRANDS.get(instance.rule.name)
        if operation is not None:
            name = next(each for each in instance.subjects if each in places)
            yield Errand(operation, places[name], name)
    for (name,), host in rulebook.components(state, Host).items():
        if host.status in _HOST_STATUSES:
            yield Errand(_HOST_STATUSES[host.status], name)
    for name in unchecked(rulebook, course):
        yield Errand(Operation.FINGERPRINT, places[name], name)


def taking_ms(fleet: Fleet, operation: Operation | None) -> int:
    """How long at most what is asked for may take of which the model has it that it takes no time;
    0 for everything else, whose time the model counts.
    """
    if operation is Operation.SHUT_DOWN:
        return fleet.limits.pause_ms
    return fleet.timing.resume.max_ms if operation is Operation.BOOT else 0


def deadline_ms(fleet: Fleet, errand: Errand) -> int:
    """How long an answer to `errand` is awaited; of a clock, until it was set and read."""
    timing = fleet.timing
    host = next(each for each in fleet.hosts if each.name == errand.host)
    return {
        Operation.PAUSE: timing.pause.max_ms + SLACK_MS,
        Operation.RESUME: timing.resume.max_ms + SLACK_MS,
        Operation.SET_CLOCK: timing.clock_sync.max_ms + CLOCK_SLACK_MS,
        Operation.SHUT_DOWN: taking_ms(fleet, Operation.SHUT_DOWN),
        Operation.BOOT: taking_ms(fleet, Operation.BOOT) + SLACK_MS,
        Operation.FINGERPRINT: CHECK_MS,
        Operation.UPDATE: fleet.update_timeout_ms(host) + fleet.limits.pause_ms,
        Operation.ROLL_BACK: fleet.rollback_timeout_ms(host) + SLACK_MS,
    }[errand.operation]
