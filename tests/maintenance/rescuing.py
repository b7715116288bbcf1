"""The watchdog of a simulated host: the real decision, on virtual time.

Owns what a watchdog sees and does there. It must not know controllers.
"""

from __future__ import annotations

from freezeframe.adapters.simulated import SimulatedHost
from freezeframe.adapters.simulated.host import Environment
from freezeframe.lifecycles import VmStatus
from freezeframe.maintenance.watchdog import Beneath, Bounds, Lease, Move, next_move

from .observer import Observer

WATCH_EVERY_MS = 50
_BENEATH = {
    Environment.UPDATING: Beneath.UPDATING,
    Environment.BROKEN: Beneath.BROKEN,
    Environment.ROLLING_BACK: Beneath.ROLLING_BACK,
}


class SimulatedWatchdog:
    """The watchdog of one host: the real decision, on virtual time, with a connection of its own.

    A lease begins when a pause is asked for, which a hypervisor shows at once here.
    """

    def __init__(self, observer: Observer, host: SimulatedHost, bounds: Bounds) -> None:
        """Watch `host` from now on."""
        self._observer, self._host, self._bounds = observer, host, bounds
        self._adapter = observer.connect(host.name)
        self._is_acting = False
        self.acted = 0
        host.time.plan(0, self._watch)

    def _watch(self) -> None:
        now_ms = self._host.time.monotonic_ms()
        paused = []
        for name, machine in self._host.machines.items():
            if machine.is_held and machine.status is VmStatus.PAUSED:
                since_ms = self._observer.pause_asked_ms[name]
                paused.append(Lease(self._host.name, name, since_ms))
        beneath = _BENEATH.get(self._host.environment, Beneath.SETTLED)
        move = next_move(paused, beneath, now_ms, self._bounds, is_acting=self._is_acting)
        self._is_acting = move is not None or (self._is_acting and bool(paused))
        if move is Move.ROLL_BACK:
            self._adapter.roll_back(deadline_ms=WATCH_EVERY_MS)
        for lease in paused if move is Move.RESUME else ():
            self.acted += 1
            self._adapter.resume(lease.vm, deadline_ms=60_000)
        self._host.time.plan(WATCH_EVERY_MS, self._watch)
