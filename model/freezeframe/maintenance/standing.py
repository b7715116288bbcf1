"""How a maintenance stands: whether it goes on, and how it ended.

Owns that judgement alone. Pure: it must not know adapters, clocks or the journal.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from freezeframe.lifecycles import VmStatus
from freezeframe.protocol.components import VM, Alarm, Host

from .course import Course
from .deciding import Decision
from .rulebook import Rulebook


class Standing(StrEnum):
    """How a maintenance stands."""

    GOING_ON = "going on"
    COMPLETED = "completed"
    """Every host runs the new software."""
    HALTED = "halted"
    """Something failed, and an operator is to look; nothing is left paused."""
    STUCK = "stuck"
    """The rules allow nothing more, though nothing failed; nothing is left paused."""
    ENDED = "ended"
    """It was asked to end, and did when nothing was paused; it can be gone on with."""


def standing_of(
    rulebook: Rulebook, course: Course, decision: Decision, *, is_ending: bool, is_asking: bool
) -> Standing:
    """How a maintenance that came as far as `course` stands, where `decision` was made.

    `is_ending` tells that it was asked to end, `is_asking` that answers of hosts are awaited.
    """
    state = course.state
    hosts = rulebook.components(state, Host).values()
    vms = rulebook.components(state, VM).values()
    is_alarmed = rulebook.component(state, Alarm).is_raised
    is_idle = not decision.steps and not is_asking and decision.look_again_ms is None
    if is_alarmed and is_idle and _waits_for_agents(vms):
        return Standing.HALTED
    is_impacting = any(host.is_under_maintenance and not host.is_open for host in hosts) or any(
        vm.is_held_by_maintenance or vm.status in {VmStatus.RESUMING, VmStatus.RESUMED}
        for vm in vms
    )
    if is_ending and not decision.steps and not is_impacting:
        return Standing.ENDED
    if is_impacting or decision.steps or any(host.is_under_maintenance for host in hosts):
        return Standing.GOING_ON
    if all(host.has_new_software for host in hosts):
        return Standing.COMPLETED
    if is_alarmed or course.blind:
        return Standing.HALTED
    return Standing.STUCK if decision.look_again_ms is None else Standing.GOING_ON


def _waits_for_agents(vms: Collection[VM]) -> bool:
    """Whether all that is left to do is to set clocks that nobody can set."""
    is_held = any(vm.is_held_by_maintenance or vm.status is VmStatus.RESUMING for vm in vms)
    return not is_held and any(not vm.agent_answers for vm in vms)
