"""When the watchdog acts on a host, and how; pure, so that a simulation uses it as it is.

Owns the decision. It must not know processes, adapters or clocks. Times are milliseconds on one
clock.

A lease says that the controller may pause a VM from a moment on. Whoever lives, a VM that is paused
under a lease runs again within the limit of pauses: the controller has its own deadlines, which
leave time for a crash and a restart (`tolerance.controller_crash` in the fleet file), and the
watchdog acts when half of that time has passed. So it never comes before a controller that lives,
gives a restarted one the chance to take over, and keeps the other half for itself. It does what the
rules would have the controller do: an update that is under way, or that failed, is rolled back
first; then the VMs are resumed. From the moment at which it may act no update begins any more
beneath a VM, so that a controller that hung harms nothing when it goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from freezeframe.fleet import Fleet, FreezeframeError, UpdateKind
from freezeframe.protocol import Deadline

SLACK_MS_MIN: Final = 1_000
"""Least time between the deadlines of the controller and the last moment, to be shared."""


class WatchdogError(FreezeframeError):
    """There can be no watchdog, so nothing may be paused; the text says why."""


class Beneath(StrEnum):
    """How the hosting environment beneath paused VMs stands."""

    SETTLED = "settled"
    """Nothing is under way, and nothing is left to be rolled back."""
    UPDATING = "updating"
    BROKEN = "broken"
    """An update failed, and was not rolled back yet."""
    ROLLING_BACK = "rolling back"


class Move(StrEnum):
    """What the watchdog does next to a host."""

    ROLL_BACK = "roll back"
    RESUME = "resume"


@dataclass(frozen=True)
class Lease:
    """The controller may pause `vm` on `host` from `since_ms` on."""

    host: str
    vm: str
    since_ms: int


@dataclass(frozen=True)
class Bounds:
    """After so long a pause, counted from its lease, the watchdog begins to do each."""

    roll_back_ms: int
    resume_ms: int


def bounds_of(fleet: Fleet, deadlines_ms: Mapping[Deadline, int]) -> Bounds:
    """When the watchdog acts, where the controller's own deadlines are `deadlines_ms`; of no
    account where no update pauses VMs.

    Raises:
        WatchdogError: They leave the watchdog no time, after the controller's and before the limit.

    """
    kinds = {fleet.kind_of_update(host) for host in fleet.hosts}
    if UpdateKind.VM_PRESERVING not in kinds:
        return Bounds(fleet.limits.pause_ms, fleet.limits.pause_ms)
    last_resume_ms = fleet.limits.pause_ms - fleet.timing.resume.max_ms * (
        1 + fleet.tolerance.resume_failure
    )
    last_roll_back_ms = last_resume_ms - fleet.timing.rollback.max_ms
    slack_ms = min(
        last_resume_ms - deadlines_ms[Deadline.ABANDON],
        last_roll_back_ms - deadlines_ms[Deadline.ABORT],
    )
    if slack_ms < SLACK_MS_MIN or last_roll_back_ms < SLACK_MS_MIN:
        raise WatchdogError(
            f"fleet {fleet.name}: expected deadlines that leave the watchdog at least "
            f"{SLACK_MS_MIN / 1000:g} s when the controller is dead, found "
            f"{min(slack_ms, last_roll_back_ms) / 1000:g} s; set controller_crash = 1 under "
            "[tolerance], which leaves as much as the longest restart under [timing]"
        )
    return Bounds(last_roll_back_ms - slack_ms // 2, last_resume_ms - slack_ms // 2)


def next_move(
    paused: Collection[Lease],
    beneath: Beneath,
    now_ms: int,
    bounds: Bounds,
    *,
    is_acting: bool = False,
) -> Move | None:
    """What to do now to a host with `paused`, the leases of those of its VMs that are paused by us.

    `is_acting` tells that the watchdog has begun to act on this host, which it then sees through.
    """
    if not paused or beneath is Beneath.ROLLING_BACK:
        return None
    needs_rollback = beneath in {Beneath.UPDATING, Beneath.BROKEN}
    bound_ms = bounds.roll_back_ms if needs_rollback else bounds.resume_ms
    if not is_acting and now_ms < min(lease.since_ms for lease in paused) + bound_ms:
        return None
    return Move.ROLL_BACK if needs_rollback else Move.RESUME


def waits_until_ms(leases: Collection[Lease], bounds: Bounds) -> int | None:
    """Until when no move can be due; None where there is no lease."""
    return min((lease.since_ms + bounds.roll_back_ms for lease in leases), default=None)
