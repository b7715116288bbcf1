"""Plays a scenario on a running service, at real speed or faster.

Owns waiting, and how far the play has come. It must not know what the scenario is about.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .contract import ScheduledEventsError
from .desk import Desk
from .scenarios import Scenario, Stage, Step

SPEED_MIN: Final = 0.001
SPEED_MAX: Final = 1_000_000.0
"""Between these, every time of a scenario can be shown, and waited for."""

_LOOK_SECONDS: Final = 0.02
"""How often it is looked whether the tenants have approved."""


@dataclass(frozen=True)
class Played:
    """A step that was taken, `at_ms` of the Unix epoch."""

    step: Step
    at_ms: int


class Player:
    """One play of a scenario."""

    def __init__(
        self,
        desk: Desk,
        scenario: Scenario,
        stage: Stage,
        *,
        speed: float = 1.0,
        watcher: Callable[[Played], None] = lambda _: None,
    ) -> None:
        """Play on `desk`; all durations, notices included, are divided by `speed`.

        `watcher` is told of every step just before its changes.

        Raises:
            ScheduledEventsError: `speed` is not between `SPEED_MIN` and `SPEED_MAX`, both included.

        """
        if not SPEED_MIN <= speed <= SPEED_MAX:
            raise ScheduledEventsError(
                f"--speed: expected a number from {SPEED_MIN:g} to {SPEED_MAX:,.0f}, "
                f"found {speed:g}"
            )
        self.scenario = scenario
        self.stage = stage
        self.speed = speed
        self._desk = desk
        self._watcher = watcher
        self._played: tuple[Played, ...] = ()

    @property
    def played(self) -> tuple[Played, ...]:
        """The steps that were taken so far."""
        return self._played

    def play(self, stop: threading.Event) -> None:
        """Take all steps, each when it is due; returns at the end, or soon after `stop` is set.

        What an earlier play left on the stage, which was cut short, is taken down first.
        """
        for left in self._desk.state.of(self.stage.host):
            self._desk.take_down(left.key)
        for step in self.scenario.steps:
            if not self._is_due(step, stop):
                return
            played = Played(step, self._desk.now_ms)
            self._watcher(played)
            for change in self.stage.changes(step, self.speed):
                self._desk.apply(change)
            self._played = (*self._played, played)

    def _is_due(self, step: Step, stop: threading.Event) -> bool:
        """Wait until a step is due; False if it is not to be taken any more."""
        if not step.is_awaited:
            return not stop.wait(step.after_ms / self.speed / 1000)
        while not self._desk.state.is_ready(self.stage.host, self._desk.now_ms):
            if stop.wait(_LOOK_SECONDS):
                return False
        return True
