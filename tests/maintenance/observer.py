"""An observer of a simulated fleet who does not ask the runner: hypervisors tell it what is asked
of them, VMs when they change, guests what they find, and the metadata service what it shows.

Owns the true history of a simulation. Only the phases of hosts and the alarm are what the
controller shows, for nobody else knows them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from freezeframe.adapters import Recorder
from freezeframe.adapters.simulated import SimulatedAdapter, SimulatedHost, Simulation
from freezeframe.adapters.simulated.machine import Machine
from freezeframe.lifecycles import HostStatus, VmStatus
from freezeframe.observation import (
    AlarmSeen,
    ClockMeasured,
    Ended,
    EventSeen,
    Fact,
    HostSeen,
    MemoryChecked,
    Operation,
    Outcome,
    Reason,
    Record,
    Told,
    VmSeen,
)

_CALLS = frozenset({"pause", "resume", "set_clock", "fingerprint", "shut_down", "boot"})
"""What is heard; a clock that an adapter read is not, for the guests are asked themselves."""


class Observer:
    """Writes down what really happens, in order."""

    def __init__(
        self, simulation: Simulation, adapter: type[SimulatedAdapter] = SimulatedAdapter
    ) -> None:
        """Listen to every host; connections are of the class `adapter`."""
        self._simulation, self._adapter = simulation, adapter
        self._sequence = 0
        self.records: list[Record] = []
        self._boots: dict[str, int] = {}
        """How often each VM was seen to boot; a guest that did so otherwise has lost its memory."""
        self.pause_asked_ms: dict[str, int] = {}
        """When each VM was last asked to pause."""
        for host in simulation.hosts.values():
            for machine in host.machines.values():
                self._listener(host)(machine, False)  # noqa: FBT003 (a listener)
            host.listeners.append(self._listener(host))

    def tell(self, fact: Fact, host: str | None = None, vm: str | None = None) -> None:
        """Write down a fact of now."""
        self._sequence += 1
        time = self._simulation.time
        now_ms, wall_ms = time.monotonic_ms(), time.wall_ms()
        if fact == Told(Operation.PAUSE, Outcome.REQUESTED) and vm is not None:
            self.pause_asked_ms[vm] = now_ms
        self.records.append(Record("observer", self._sequence, now_ms, wall_ms, fact, host, vm))

    def connect(self, host: str) -> Any:
        """A connection to a host, whose requests and answers are written down."""
        return Observed(self.open(host), self)

    def open(self, host: str) -> SimulatedAdapter:
        """A connection of which nothing is heard."""
        return self._adapter(self._simulation.hosts[host], f"simulated:{host}")

    def shows(self, records: Sequence[Record]) -> None:
        """What the controller shows others."""
        for record in records:
            if isinstance(record.fact, HostSeen | AlarmSeen):
                is_back = (
                    isinstance(record.fact, HostSeen) and record.fact.phase is HostStatus.IN_SERVICE
                )
                if is_back and record.host is not None:
                    self.ask_guests(record.host)
                self.tell(record.fact, record.host)

    def show(self, host: str, vms: Sequence[str], event: EventSeen) -> None:
        """See `Notices`."""
        del vms
        self.tell(event, host)

    def ask_guests(self, host: str) -> None:
        """Have every running guest of a host look at its clock and its memory."""
        for name, machine in self._simulation.hosts[host].machines.items():
            if machine.status is VmStatus.RUNNING:
                guest = self._simulation.hosts[host].guest(name)
                self.tell(ClockMeasured(guest.clock_offset_ms, 0), host, name)
                is_intact = guest.finds_memory_intact and guest.boots == self._boots[name]
                self.tell(MemoryChecked(is_intact), host, name)

    def end(self) -> None:
        """Ask every guest for the last time."""
        for host in self._simulation.hosts:
            self.ask_guests(host)
        self.tell(Ended())

    def _listener(self, host: SimulatedHost) -> Callable[[Machine, bool], None]:
        def hear(machine: Machine, is_ours: bool) -> None:  # noqa: ARG001, FBT001 (a listener)
            state = machine.state
            if state.status is VmStatus.RUNNING and state.reason is Reason.BOOTED:
                self._boots[machine.name] = machine.guest.boots
            seen = VmSeen(state.status, state.reason, is_held=state.is_held)
            self.tell(seen, host.name, machine.name)
            if state.status is VmStatus.RUNNING:
                guest = host.guest(machine.name)
                is_intact = guest.finds_memory_intact and guest.boots == self._boots[machine.name]
                self.tell(MemoryChecked(is_intact), host.name, machine.name)

        return hear


class Observed:
    """An adapter whose calls the observer hears."""

    def __init__(self, adapter: SimulatedAdapter, observer: Observer) -> None:
        """Stand between a controller and `adapter`."""
        self._adapter = adapter
        self._recorder = Recorder(
            adapter, lambda record: observer.tell(record.fact, record.host, record.vm), source="x"
        )

    def __getattr__(self, name: str) -> Any:
        """Hear calls; leave everything else to the adapter."""
        return getattr(self._recorder if name in _CALLS else self._adapter, name)
