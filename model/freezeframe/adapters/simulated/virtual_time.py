"""Time that passes only when somebody waits.

Owns the order in which what was planned happens: by time, and at one time in the order in which it
was planned, deadlines last. It must not know what is planned, and reads no clock of the machine.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from freezeframe.adapters.errors import AdapterError

T = TypeVar("T")
Action = Callable[[], None]

WALL_START_MS: Final = 1_500_000_000_000
"""Wall time, in milliseconds of the Unix epoch, at which every virtual time begins."""


class VirtualTime:
    """A discrete-event scheduler that is its own clock; fills `Clock`. Begins at 0.

    Whoever touches what happens in it holds `lock`, so that threads act one after the other.
    """

    def __init__(self) -> None:
        """Begin with nothing planned."""
        self.lock = threading.RLock()
        self._now_ms = 0
        self._planned: list[tuple[int, bool, int, Action]] = []
        self._order = 0

    def monotonic_ms(self) -> int:
        """See `Clock`."""
        return self._now_ms

    def wall_ms(self) -> int:
        """See `Clock`."""
        return WALL_START_MS + self._now_ms

    def wait_ms(self, duration_ms: int) -> None:
        """Let `duration_ms` pass with all that is planned in it, its last millisecond included."""
        self.run_until(lambda: False, within_ms=duration_ms)

    def plan(self, delay_ms: int, action: Action, *, is_deadline: bool = False) -> None:
        """Have `action` done in `delay_ms`; a deadline comes after all else of its time."""
        with self.lock:
            self._order += 1
            at_ms = self._now_ms + max(0, delay_ms)
            heapq.heappush(self._planned, (at_ms, is_deadline, self._order, action))

    def run_until(self, is_reached: Callable[[], bool], *, within_ms: int | None = None) -> None:
        """Let time pass until `is_reached`, until `within_ms` have passed, or nothing is planned.

        Where `within_ms` is given, time has passed by that much unless `is_reached`.
        """
        with self.lock:
            end_ms = None if within_ms is None else self._now_ms + within_ms
            while not is_reached():
                if not self._planned or (end_ms is not None and self._planned[0][0] > end_ms):
                    self._now_ms = self._now_ms if end_ms is None else end_ms
                    return
                self._now_ms, _, _, action = heapq.heappop(self._planned)
                action()


class SimulatedCall(Generic[T]):
    """Something asked of a simulated host; fills `Call`. Waiting for it lets virtual time pass."""

    def __init__(self, time: VirtualTime, deadline_ms: int, late: AdapterError) -> None:
        """Begin; at the deadline it ends with `late` unless it was settled."""
        self._time = time
        self._values: list[T] = []
        self._error: AdapterError | None = None
        time.plan(deadline_ms, lambda: self.fail(late), is_deadline=True)

    @property
    def is_done(self) -> bool:
        """See `Call`."""
        return bool(self._values) or self._error is not None

    def settle(self, value: T) -> None:
        """End it with `value`; too late if it has ended."""
        if not self.is_done:
            self._values.append(value)

    def fail(self, error: AdapterError) -> None:
        """End it with `error`; too late if it has ended."""
        if not self.is_done:
            self._error = error

    def result(self) -> T:
        """See `Call`."""
        self._time.run_until(lambda: self.is_done)
        if self._error is not None:
            raise self._error
        return self._values[0]
