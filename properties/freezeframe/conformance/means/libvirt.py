"""What there is beside an adapter of a libvirt host: the same libvirt, asked without the adapter.

Owns how the abilities of `means` are had from libvirt alone. Guests cannot be heard this way; who
has guests with a witness in them adds it. VMs are shut off only where there are no real guests.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from freezeframe.adapters import Adapter, Unreachable
from freezeframe.adapters.libvirt import LibvirtAdapter
from freezeframe.adapters.libvirt.binding import Domain, Handle, connect, disconnect, load


class LibvirtMeans:
    """Any host of libvirt."""

    def __init__(self, adapter: LibvirtAdapter) -> None:
        """Use the connection of `adapter`, not its methods."""
        self._link = adapter.link

    def hold(self, vm: str) -> None:
        """See `HoldsVms`."""
        self._domain(vm).suspend()

    def release(self, vm: str) -> None:
        """See `HoldsVms`."""
        self._domain(vm).resume()

    def _domain(self, vm: str) -> Domain:
        return self._link.handle("test", vm).lookupByName(vm)


class DaemonMeans(LibvirtMeans):
    """A host with real guests, which go on while nobody is connected.

    Customers act also while the adapter has no connection.
    """

    def hold(self, vm: str) -> None:
        """See `HoldsVms`."""
        with self._connection(vm) as handle:
            handle.lookupByName(vm).suspend()

    def release(self, vm: str) -> None:
        """See `HoldsVms`."""
        with self._connection(vm) as handle:
            handle.lookupByName(vm).resume()

    def lose_connection(self) -> None:
        """See `LosesConnection`."""
        self._link.drop("the conformance suite broke it")

    @contextmanager
    def _connection(self, vm: str) -> Iterator[Handle]:
        """The adapter's, or one of its own where that is lost."""
        try:
            held = self._link.handle("test", vm)
        except Unreachable:
            own = connect(load(), self._link.uri)
            try:
                yield own
            finally:
                disconnect(own)
        else:
            yield held


class DriverOfTestsMeans(LibvirtMeans):
    """A host of libvirt's test driver, which has no real guests."""

    def stop(self, vm: str) -> None:
        """See `StopsVms`."""
        self._domain(vm).destroy()

    def start(self, vm: str) -> None:
        """See `StopsVms`."""
        self._domain(vm).create()


class FileOfTestsMeans(DriverOfTestsMeans):
    """A host of the test driver that was read from a file."""

    why_apart = "each connection to a file of libvirt's test driver has a host of its own"


def libvirt_means(adapter: Adapter) -> object:
    """What there is beside an adapter of a libvirt host."""
    if not isinstance(adapter, LibvirtAdapter):
        return object()
    if adapter.link.driver != "TEST":
        return DaemonMeans(adapter)
    is_shared = adapter.uri.endswith("test:///default")
    return DriverOfTestsMeans(adapter) if is_shared else FileOfTestsMeans(adapter)
