"""What the suite may use beside the adapter, so that an adapter is not judged by its own word.

Owns the extension points, one small protocol for each ability; what an adapter's means lack is
skipped with the reason. It must not know any hypervisor; the means for one are beside this file or
in packages of others, as entry points of the group `freezeframe.means`: the name is a URI scheme,
the object a function of an open adapter that returns an object with any of these abilities.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Final, Protocol, runtime_checkable

from freezeframe.adapters import Adapter
from freezeframe.observation import Operation

GROUP: Final = "freezeframe.means"


@dataclass(frozen=True)
class WitnessReport:
    """What a guest tells of itself, by the latest that was heard of it.

    `boot` is another after each start of the guest. `heartbeats` counts from that start, and only
    while its virtual CPUs run. `memory_is_intact` says whether it has found its memory as it left
    it ever since. `clock_offset_ms` is how far its wall clock was ahead of the host's, None if it
    cannot tell.
    """

    boot: str
    heartbeats: int
    memory_is_intact: bool
    clock_offset_ms: int | None


@runtime_checkable
class Witness(Protocol):
    """Hears guests on a way that does not lead through the adapter."""

    @property
    def period_ms(self) -> int:
        """A running guest is heard of anew within so many milliseconds of the adapter's clock."""

    def ask(self, vm: str) -> WitnessReport:
        """The latest that was heard of a guest; at once."""


@runtime_checkable
class HoldsVms(Protocol):
    """Pauses VMs as a customer does: without the mark of a pause for maintenance."""

    def hold(self, vm: str) -> None:
        """Pause a running VM."""

    def release(self, vm: str) -> None:
        """Let a paused VM go on."""


@runtime_checkable
class StopsVms(Protocol):
    """Shuts VMs off as a customer does. Their memory is lost: only for VMs made to be tested."""

    def stop(self, vm: str) -> None:
        """Shut a running or paused VM off."""

    def start(self, vm: str) -> None:
        """Start a VM that is off or has crashed, and return when its guest is heard of."""


@runtime_checkable
class CreatesVms(Protocol):
    """Removes VMs and creates them again. Only for VMs made to be tested."""

    def delete(self, vm: str) -> None:
        """Remove a VM that is off or has crashed."""

    def create(self, vm: str) -> None:
        """Create a VM that was removed; it runs at once, and is never shown as shut off."""


@runtime_checkable
class CrashesVms(Protocol):
    """Lets VMs crash. Only for VMs made to be tested."""

    def crash(self, vm: str) -> None:
        """Let a running or paused VM crash."""


@runtime_checkable
class FailsCalls(Protocol):
    """Has the hypervisor fail."""

    def fail_next(self, operation: Operation, vm: str) -> None:
        """Have the next pause or resume of a VM fail without effect."""


@runtime_checkable
class SilencesAgents(Protocol):
    """Has guest agents not answer."""

    def silence_agent(self, vm: str) -> None:
        """Have the agent of a running guest not answer its next call."""


@runtime_checkable
class TurnsBits(Protocol):
    """Writes into memory as no guest does. Only for VMs made to be tested."""

    @property
    def page_bytes(self) -> int:
        """The size of a page."""

    def turn_bits(self, vm: str, page: int) -> None:
        """Turn some bits of a page of a paused VM; a second time turns them back."""


@runtime_checkable
class LosesConnection(Protocol):
    """Breaks the adapter's connection to its host, which it may open again."""

    def lose_connection(self) -> None:
        """Break it now."""


@runtime_checkable
class CountsConnections(Protocol):
    """Sees from the host's side how many connections there are."""

    def connections(self) -> int:
        """How many are open."""


@runtime_checkable
class ConnectsAgain(Protocol):
    """Connects to the same host where the URI would open another one."""

    def connect(self, marked: Collection[str] | None) -> Adapter:
        """Open a new connection, as a process that starts anew would."""


@runtime_checkable
class OpensApart(Protocol):
    """Tells that each opening leads to a host of its own, so nothing can be found again."""

    @property
    def why_apart(self) -> str:
        """The reason, as skipped tests give it."""


@runtime_checkable
class Rewinds(Protocol):
    """Has chance take the same course again, so that what Hypothesis finds can be repeated."""

    def rewind(self) -> None:
        """From here on all that is left to chance is as after any other such call."""


@runtime_checkable
class MakesHosts(Protocol):
    """Makes hosts of their own that may be updated."""

    def make_host(self, marked: Collection[str] | None) -> Adapter:
        """Make one, with VMs that run, and open it."""


class MeansFactory(Protocol):
    """What an entry point of `GROUP` names."""

    def __call__(self, adapter: Adapter) -> object:
        """What there is beside `adapter`: an object with any of the abilities above."""


def means_for(adapter: Adapter) -> object:
    """The means that are registered for the scheme of an adapter's URI; none are without ability.

    As with adapters, `qemu` serves `qemu+unix:///…` too, unless that is registered itself.
    """
    scheme = adapter.uri.partition(":")[0]
    registered = {each.name: each for each in entry_points(group=GROUP)}
    found = registered.get(scheme) or registered.get(scheme.partition("+")[0])
    if found is None:
        return object()
    factory: MeansFactory = found.load()
    return factory(adapter)
