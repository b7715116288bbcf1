"""A fleet's durations in units of time, and the deadlines that follow from them.

Time is counted in units of the greatest common divisor of all durations, which is exact for bounds
that include their ends. Source: Henzinger, Manna, Pnueli, "What good are digital clocks?", 1992.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd

from freezeframe.fleet import Fleet

from .language import Deadline, Duration


@dataclass(frozen=True)
class Settings:
    """Durations as (least, longest), deadlines and limits, all in units of `tick_ms`."""

    tick_ms: int
    spans: Mapping[Duration, tuple[int, int]]
    deadlines: Mapping[Deadline, int]
    pause_limit: int
    notice_limit: int

    @property
    def longest_notice(self) -> int:
        """Where the clock of an announcement stops: at what it is compared with."""
        return max(self.notice_limit, self.deadlines[Deadline.NOTICE])

    @property
    def longest_pause(self) -> int:
        """Where the clock of a pause stops: past the limit and all else it is compared with."""
        compared = (self.pause_limit, self.longest(Duration.PAUSE), *self._pause_deadlines())
        return 1 + max(compared)

    def _pause_deadlines(self) -> tuple[int, int]:
        return self.deadlines[Deadline.ABANDON], self.deadlines[Deadline.ABORT]

    def longest(self, duration: Duration) -> int:
        """The longest time of `duration`."""
        return self.spans[duration][1]

    def seconds(self, ticks: int) -> float:
        """`ticks` as seconds."""
        return ticks * self.tick_ms / 1000


def settings_of(
    fleet: Fleet, deadlines_ms: Mapping[Deadline, int], tick_ms: int | None = None
) -> Settings:
    """Count the durations of `fleet` and the given deadlines in units of `tick_ms`, which must
    divide them; None stands for their greatest common divisor.
    """
    tick_ms = tick_ms or gcd(*fleet.durations_ms, *deadlines_ms.values()) or 1000
    spans = {each: getattr(fleet.timing, each.value) for each in Duration}
    return Settings(
        tick_ms=tick_ms,
        spans={
            each: (span.min_ms // tick_ms, span.max_ms // tick_ms) for each, span in spans.items()
        },
        deadlines={each: ms // tick_ms for each, ms in deadlines_ms.items()},
        pause_limit=fleet.limits.pause_ms // tick_ms,
        notice_limit=fleet.limits.notice_ms // tick_ms,
    )


def resume_reserve_ms(fleet: Fleet) -> int:
    """The time that must be left of the pause limit when VMs are to be resumed.

    One resume for each failure that is tolerated and one that succeeds, a restart of the controller
    for each crash, and a look of its own for each event that may be lost.
    """
    tolerance, timing = fleet.tolerance, fleet.timing
    return (
        timing.resume.max_ms * (1 + tolerance.resume_failure)
        + timing.restart.max_ms * tolerance.controller_crash
        + timing.poll.max_ms * tolerance.event_lost
    )


def standard_deadlines_ms(fleet: Fleet) -> dict[Deadline, int]:
    """The deadlines that keep the pause limit within the tolerance; never below 0."""
    reserve_ms = resume_reserve_ms(fleet)
    return {
        Deadline.ABANDON: max(0, fleet.limits.pause_ms - reserve_ms),
        Deadline.ABORT: max(0, fleet.limits.pause_ms - fleet.timing.rollback.max_ms - reserve_ms),
        Deadline.NOTICE: fleet.limits.notice_ms,
    }
