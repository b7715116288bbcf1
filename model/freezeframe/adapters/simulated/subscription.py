"""What one subscriber is told of a simulated host, with the faults of the telling.

Owns delivery: its delay, and the events that are lost or repeated. It must not know why VMs change.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from freezeframe.adapters.simulated.host import SimulatedHost
from freezeframe.adapters.simulated.machine import Machine
from freezeframe.adapters.values import Change, Origin, Sight, VmState
from freezeframe.lifecycles import VmStatus

DELIVERY_MS_MAX: Final = 5
"""How long an event is on its way at most."""

ECHO_MS_MAX: Final = 2_000
"""How late an event can be repeated."""


class SimulatedSubscription:
    """Fills `Subscription`; events are told as they come, so lost and repeated ones show."""

    def __init__(self, host: SimulatedHost) -> None:
        """Begin with every VM's state."""
        self._host = host
        self._sequence = 0
        self._waiting: deque[Change | Sight] = deque()
        self._told: dict[str, VmState] = {}
        self._last_due_ms = 0
        self._outages = 0
        host.listeners.append(self._hear)
        host.on_outage.append(self._lose_sight)
        host.on_return.append(self._see_again)
        self._find()

    def take(self, *, deadline_ms: int) -> Change | Sight | None:
        """See `Subscription`."""
        self._host.time.run_until(lambda: bool(self._waiting), within_ms=deadline_ms)
        return self._waiting.popleft() if self._waiting else None

    def close(self) -> None:
        """See `Subscription`."""
        if self._hear in self._host.listeners:
            self._host.listeners.remove(self._hear)
            self._host.on_outage.remove(self._lose_sight)
            self._host.on_return.remove(self._see_again)
        self._outages += 1
        self._waiting.clear()

    def _hear(self, machine: Machine, is_ours: bool) -> None:  # noqa: FBT001 (the form of a listener)
        host, state = self._host, machine.state
        if not host.is_in_sight or (is_ours and host.fate.has("event_lost", machine.name)):
            return
        now_ms = host.time.monotonic_ms()
        label = f"delivery for {machine.name}"
        due_ms = now_ms + host.fate.number(0, DELIVERY_MS_MAX, label)
        self._last_due_ms = max(self._last_due_ms, due_ms)  # events of one host keep their order
        self._deliver(state, self._last_due_ms - now_ms)
        if is_ours and host.fate.has("event_repeated", machine.name):
            delay_ms = host.fate.number(1, ECHO_MS_MAX, f"echo of {machine.name}")
            self._deliver(state, self._last_due_ms - now_ms + delay_ms)

    def _deliver(self, state: VmState, delay_ms: int) -> None:
        outages = self._outages

        def arrive() -> None:
            if self._outages == outages:  # what was on its way got lost with the connection
                self._tell(state, Origin.TOLD)

        self._host.time.plan(delay_ms, arrive)

    def _tell(self, state: VmState, origin: Origin) -> None:
        self._told[state.name] = state
        self._sequence += 1
        self._waiting.append(
            Change(
                self._sequence,
                self._host.time.monotonic_ms(),
                state.name,
                state.status,
                state.reason,
                origin,
                state.is_held,
            )
        )

    def _lose_sight(self, why: str) -> None:
        self._outages += 1
        self._sight(is_in_sight=False, why=why)

    def _see_again(self) -> None:
        self._sight(is_in_sight=True, why="")
        self._find()

    def _sight(self, *, is_in_sight: bool, why: str) -> None:
        self._sequence += 1
        now_ms = self._host.time.monotonic_ms()
        self._waiting.append(Sight(self._sequence, now_ms, is_in_sight, why))

    def _find(self) -> None:
        for machine in self._host.machines.values():
            state = machine.state
            known = self._told.get(state.name)
            if known is None and state.status is VmStatus.ABSENT:
                continue
            if known is None or (known.status, known.reason) != (state.status, state.reason):
                self._tell(state, Origin.FOUND)
