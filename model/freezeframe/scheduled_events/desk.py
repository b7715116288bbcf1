"""The one place where the state of a running service is held and changed.

Owns the order of changes: from several threads, one at a time, and each is kept before anybody is
shown it. It must not know what is served, nor where the state is kept.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from freezeframe.lifecycles import EventStatus

from .applying import apply
from .changes import Cancel, Change, Complete
from .state import Key, State

Keeper = Callable[[State, State], None]
"""Told of the state before and after each change, before the change can be seen."""


def wall_clock_ms() -> int:
    """Now, in milliseconds of the Unix epoch."""
    return time.time_ns() // 1_000_000


class Desk:
    """A state, and changes to it."""

    def __init__(
        self,
        state: State,
        *,
        now_ms: Callable[[], int] = wall_clock_ms,
        keepers: tuple[Keeper, ...] = (),
    ) -> None:
        """Begin with `state`; each of `keepers` is told of every change, in their order."""
        self._state = state
        self._now_ms = now_ms
        self._keepers = keepers
        self._lock = threading.Lock()

    @property
    def state(self) -> State:
        """The state now; it is a value."""
        return self._state

    @property
    def now_ms(self) -> int:
        """The time at which a change would happen now."""
        return self._now_ms()

    def apply(self, change: Change) -> State:
        """Let `change` happen now, and return the state after it.

        Raises:
            ScheduledEventsError: The contract or the lifecycle forbids it; nothing is changed.

        """
        with self._lock:
            before = self._state
            after = apply(before, change, self._now_ms())
            if after is not before:
                for keeper in self._keepers:
                    keeper(before, after)
                self._state = after
            return after

    def take_down(self, key: Key) -> None:
        """End an event with which nobody goes on any more, if it is shown: as over if it has
        started, and as cancelled otherwise.
        """
        left = self._state.events.get(key)
        if left is not None and left.is_current:
            has_started = left.status is EventStatus.STARTED
            self.apply((Complete if has_started else Cancel)(*key))
