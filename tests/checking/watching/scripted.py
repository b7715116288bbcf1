"""An adapter that tells what a test has written down, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from queue import Empty, SimpleQueue

from freezeframe.adapters import Capability, Change, Sight, Support, Unreachable
from freezeframe.adapters.machine_clock import MachineClock


class ScriptedHost:
    """One host; `told` is what its subscribers are told, in order."""

    def __init__(
        self, host: str, told: Sequence[Change | Sight] = (), *, is_away: bool = False
    ) -> None:
        """Be there, unless it `is_away`."""
        self.host, self.uri, self.is_away = host, f"scripted:{host}", is_away
        self.clock = MachineClock()
        self.is_closed = False
        self._queue: SimpleQueue[Change | Sight] = SimpleQueue()
        for each in told:
            self._queue.put(each)

    def capabilities(self, vm: str | None = None) -> Mapping[Capability, Support]:
        return {each: Support(is_offered=vm is None) for each in Capability}

    def subscribe(self, *, deadline_ms: int) -> ScriptedHost:
        if self.is_away:
            raise Unreachable(f"gone for {deadline_ms}", host=self.host, operation="subscribe")
        return self

    def take(self, *, deadline_ms: int) -> Change | Sight | None:
        try:
            return self._queue.get(timeout=deadline_ms / 1000)
        except Empty:
            return None

    def close(self) -> None:
        self.is_closed = True
