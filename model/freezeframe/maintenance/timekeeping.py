"""Lets real time pass until something is the case.

Owns the waiting. It must not know for what.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from freezeframe.adapters.protocol import Clock

LOOK_EVERY_MS: Final = 10
"""How often it is asked whether the wait is over."""


class PolledTime:
    """Fills `Timekeeper` over any clock by asking again and again."""

    def __init__(self, clock: Clock) -> None:
        """Keep the time of `clock`."""
        self._clock = clock

    def monotonic_ms(self) -> int:
        """See `Clock`."""
        return self._clock.monotonic_ms()

    def wall_ms(self) -> int:
        """See `Clock`."""
        return self._clock.wall_ms()

    def wait_ms(self, duration_ms: int) -> None:
        """See `Clock`."""
        self._clock.wait_ms(duration_ms)

    def run_until(self, is_reached: Callable[[], bool], *, within_ms: int) -> None:
        """See `Timekeeper`."""
        ends_at_ms = self._clock.monotonic_ms() + within_ms
        while not is_reached():
            left_ms = ends_at_ms - self._clock.monotonic_ms()
            if left_ms <= 0:
                return
            self._clock.wait_ms(min(LOOK_EVERY_MS, left_ms))
