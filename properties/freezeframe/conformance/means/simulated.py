"""The back door of a simulated host: the guests themselves, their customers, and every fault.

Owns how the abilities of `means` are had from `SimulatedHost`. None of it leads through methods of
the adapter under test; an adapter around a simulated host needs the attribute `simulated`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from freezeframe.adapters import Adapter
from freezeframe.adapters.simulated import SeededChoices, SimulatedAdapter, SimulatedHost, open_uri
from freezeframe.adapters.simulated.guest import PAGE_BYTES, WRITE_EVERY_MS
from freezeframe.observation import Operation

from . import WitnessReport

OUTAGE_MS: Final = 500

_FAULTS: Final = {Operation.PAUSE: "pause_failure", Operation.RESUME: "resume_failure"}


class SimulatedMeans:
    """Everything that can be had beside an adapter of `host`."""

    period_ms = WRITE_EVERY_MS
    page_bytes = PAGE_BYTES

    def __init__(self, host: SimulatedHost, uri: str) -> None:
        """Use the host itself."""
        self._host, self._uri = host, uri

    def ask(self, vm: str) -> WitnessReport:
        """See `Witness`."""
        guest = self._host.guest(vm)
        return WitnessReport(
            boot=str(guest.boots),
            heartbeats=guest.heartbeats,
            memory_is_intact=guest.finds_memory_intact,
            clock_offset_ms=guest.clock_offset_ms,
        )

    def hold(self, vm: str) -> None:
        """See `HoldsVms`."""
        self._host.hold(vm)

    def release(self, vm: str) -> None:
        """See `HoldsVms`."""
        self._host.release(vm)

    def stop(self, vm: str) -> None:
        """See `StopsVms`."""
        self._host.stop(vm)

    def start(self, vm: str) -> None:
        """See `StopsVms`."""
        self._host.start(vm)

    def delete(self, vm: str) -> None:
        """See `CreatesVms`."""
        self._host.delete(vm)

    def create(self, vm: str) -> None:
        """See `CreatesVms`."""
        self._host.create(vm)

    def crash(self, vm: str) -> None:
        """See `CrashesVms`."""
        self._host.crash(vm)

    def fail_next(self, operation: Operation, vm: str) -> None:
        """See `FailsCalls`."""
        self._host.fate.force(_FAULTS[operation], vm)

    def silence_agent(self, vm: str) -> None:
        """See `SilencesAgents`."""
        self._host.silence_agent(vm)

    def turn_bits(self, vm: str, page: int) -> None:
        """See `TurnsBits`."""
        self._host.guest(vm).memory[page * PAGE_BYTES] ^= 1

    def lose_connection(self) -> None:
        """See `LosesConnection`; the host is seen again after `OUTAGE_MS`."""
        self._host.drop_connections(OUTAGE_MS)

    def connections(self) -> int:
        """See `CountsConnections`."""
        return self._host.connections

    def connect(self, marked: Collection[str] | None) -> Adapter:
        """See `ConnectsAgain`."""
        return SimulatedAdapter(self._host, self._uri, marked=marked)

    def rewind(self) -> None:
        """See `Rewinds`."""
        self._host.fate.follow(SeededChoices(0))

    def make_host(self, marked: Collection[str] | None) -> Adapter:
        """See `MakesHosts`."""
        return open_uri(self._uri, marked=marked)


def simulated_means(adapter: Adapter) -> object:
    """What there is beside an adapter of a simulated host, which it has as `simulated`."""
    host = getattr(adapter, "simulated", None)
    return SimulatedMeans(host, adapter.uri) if isinstance(host, SimulatedHost) else object()
