"""An adapter whose VMs go by the names of a fleet file, where their hosts know them by others.

Owns the translation, both ways, and how a host of a fleet is opened. Two hosts may each have a VM
of one name, and a fleet names each VM once, so its file says of such a VM which domain it is. It
must not know what is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Generic, Protocol, TypeVar, runtime_checkable

from freezeframe.adapters.errors import Refused
from freezeframe.adapters.protocol import (
    Adapter,
    Call,
    Clock,
    FingerprintsMemory,
    Observes,
    Pauses,
    ReadsClock,
    SetsClock,
    Stops,
    Subscription,
    TellsChanges,
)
from freezeframe.adapters.registry import open_adapter
from freezeframe.adapters.values import (
    Capability,
    Change,
    ClockReading,
    Fingerprint,
    Sampling,
    Sight,
    Support,
    VmState,
)
from freezeframe.fleet import Fleet, FreezeframeError, Host

T = TypeVar("T")


@runtime_checkable
class Hypervisor(
    Adapter,
    Observes,
    TellsChanges,
    Pauses,
    SetsClock,
    ReadsClock,
    FingerprintsMemory,
    Stops,
    Protocol,
):
    """What maintenance asks of an adapter; its capabilities tell what it lacks."""


def open_hypervisor(fleet: Fleet, host: Host) -> Hypervisor:
    """Open a host of `fleet`, by its URI; its VMs go by their names in the fleet.

    Raises:
        FreezeframeError: It cannot be opened, or its adapter cannot do what maintenance asks.

    """
    adapter = open_adapter(host.uri or "")
    if not isinstance(adapter, Hypervisor):
        adapter.close()
        text = f"{host.name}: expected an adapter that can pause VMs, found {host.uri}"
        raise FreezeframeError(f"{text}, which cannot")
    domains = {
        vm.name: vm.domain
        for vm in fleet.vms
        if vm.domain is not None and host.name in {vm.host, *vm.may_move_to}
    }
    return NamedAdapter(adapter, domains) if domains else adapter


class NamedAdapter:
    """Passes calls on to an adapter under the names of its host; fills `Hypervisor`.

    `domains` gives the host's own name of a VM by its name here, for those whose names differ.
    """

    def __init__(self, adapter: Hypervisor, domains: Mapping[str, str]) -> None:
        """Translate for `adapter`, which is closed with this.

        A domain that only happens to be called as another VM of the fleet goes by `domain NAME`,
        lest what is seen of it counts for that VM.
        """
        self._adapter = adapter
        strangers = set(domains) - set(domains.values())
        self._domains = {**domains, **{f"domain {name}": name for name in strangers}}
        self._names = {domain: name for name, domain in self._domains.items()}

    @property
    def host(self) -> str:
        """See `Adapter`."""
        return self._adapter.host

    @property
    def uri(self) -> str:
        """See `Adapter`."""
        return self._adapter.uri

    @property
    def clock(self) -> Clock:
        """See `Adapter`."""
        return self._adapter.clock

    def capabilities(self, vm: str | None = None) -> Mapping[Capability, Support]:
        """See `Adapter`."""
        return self._adapter.capabilities(None if vm is None else self._domain(vm))

    def close(self) -> None:
        """See `Adapter`."""
        self._adapter.close()

    def vms(self, *, deadline_ms: int) -> tuple[VmState, ...]:
        """See `Observes`."""
        return tuple(map(self._named, self._adapter.vms(deadline_ms=deadline_ms)))

    def state(self, vm: str, *, deadline_ms: int) -> VmState:
        """See `Observes`."""
        return self._translated(
            lambda: self._named(self._adapter.state(self._domain(vm), deadline_ms=deadline_ms))
        )

    def subscribe(self, *, deadline_ms: int) -> Subscription:
        """See `TellsChanges`."""
        return _NamedSubscription(self._adapter.subscribe(deadline_ms=deadline_ms), self._name)

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Pauses`."""
        return self._called(self._adapter.pause(self._domain(vm), deadline_ms=deadline_ms))

    def resume(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Pauses`."""
        return self._called(self._adapter.resume(self._domain(vm), deadline_ms=deadline_ms))

    def read_clock(self, vm: str, *, deadline_ms: int) -> Call[ClockReading]:
        """See `ReadsClock`."""
        return self._called(self._adapter.read_clock(self._domain(vm), deadline_ms=deadline_ms))

    def set_clock(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `SetsClock`."""
        return self._called(self._adapter.set_clock(self._domain(vm), deadline_ms=deadline_ms))

    def fingerprint(
        self, vm: str, *, deadline_ms: int, sampling: Sampling | None = None
    ) -> Call[Fingerprint]:
        """See `FingerprintsMemory`."""
        return self._called(
            self._adapter.fingerprint(self._domain(vm), deadline_ms=deadline_ms, sampling=sampling)
        )

    def shut_down(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Stops`."""
        return self._called(self._adapter.shut_down(self._domain(vm), deadline_ms=deadline_ms))

    def boot(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Stops`."""
        return self._called(self._adapter.boot(self._domain(vm), deadline_ms=deadline_ms))

    def _domain(self, vm: str) -> str:
        return self._domains.get(vm, vm)

    def _name(self, domain: str) -> str:
        return self._names.get(domain, domain)

    def _named(self, state: VmState) -> VmState:
        identity = replace(state.identity, name=self._name(state.name))
        return replace(state, identity=identity)

    def _called(self, call: Call[T]) -> Call[T]:
        return _NamedCall(call, self._translated)

    def _translated(self, ask: Callable[[], T]) -> T:
        """What `ask` returns or raises, a VM that is found with an error by its name here."""
        try:
            return ask()
        except Refused as error:
            if error.found is not None:
                error.found = self._named(error.found)
            raise


class _NamedCall(Generic[T]):
    def __init__(self, call: Call[T], translated: Callable[[Callable[[], T]], T]) -> None:
        self._call, self._translated = call, translated
        self._refused: Refused | None = None

    @property
    def is_done(self) -> bool:
        return self._call.is_done

    def result(self) -> T:
        if self._refused is not None:  # what it found has its name here already
            raise self._refused
        try:
            return self._translated(self._call.result)
        except Refused as error:
            self._refused = error
            raise


class _NamedSubscription:
    def __init__(self, subscription: Subscription, name: Callable[[str], str]) -> None:
        self._subscription, self._name = subscription, name

    def take(self, *, deadline_ms: int) -> Change | Sight | None:
        change = self._subscription.take(deadline_ms=deadline_ms)
        if isinstance(change, Change):
            return replace(change, vm=self._name(change.vm))
        return change

    def close(self) -> None:
        self._subscription.close()
