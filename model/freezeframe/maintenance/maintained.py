"""A host as it is maintained: its hypervisor, its update commands, and the watchdog over both.

Owns how the three are put together: no VM is paused before the watchdog has granted a lease, and no
update begins beneath a VM that the watchdog may have resumed. It must not know when VMs are paused.
Whatever it does not add it leaves to the adapter beneath.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from freezeframe.adapters.errors import AdapterError, OutcomeUnknown, Refused, Unreachable
from freezeframe.adapters.naming import Hypervisor
from freezeframe.adapters.protocol import Call, Clock, Subscription
from freezeframe.adapters.values import (
    Capability,
    ClockReading,
    Fingerprint,
    Sampling,
    Support,
    VmState,
)
from freezeframe.fleet import Host
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation

from .commands import CommandCall, HostCommands
from .foreign import Never
from .sites import LOOK_MS
from .watchdog.leases import Bounds, Lease, WatchdogError


class Guards(Protocol):
    """Takes note that a VM may be paused."""

    def lease(self, lease: Lease) -> None:
        """When it returns, the VM may be paused; raises `WatchdogError` if it must not be."""

    def release(self, host: str, vm: str) -> None:
        """The VM runs again, or was not paused."""


class MaintainedHost:
    """One host; fills `Hypervisor`, `UpdatesHost` and `AttendsUpdate`."""

    def __init__(
        self,
        host: Host,
        adapter: Hypervisor,
        commands: HostCommands,
        watchdog: Guards,
        bounds: Bounds,
        *,
        is_impacting: bool = True,
    ) -> None:
        """Reach `host` through `adapter`; `bounds` are the watchdog's.

        `is_impacting` tells that the update of the host harms what runs above it.
        """
        self._host, self._adapter = host, adapter
        self._commands, self._watchdog, self._bounds = commands, watchdog, bounds
        self._leases: dict[str, Lease] = {}
        self._is_impacting = is_impacting

    @property
    def host(self) -> str:
        """The host's name in the fleet file."""
        return self._host.name

    @property
    def uri(self) -> str:
        """See `Adapter`."""
        return self._adapter.uri

    @property
    def clock(self) -> Clock:
        """See `Adapter`."""
        return self._adapter.clock

    def capabilities(self, vm: str | None = None) -> Mapping[Capability, Support]:
        """See `Adapter`; the host can be updated where the fleet file says by which command."""
        why = "" if self._host.update_command else "the fleet file names no update_command"
        support = Support(is_offered=not why, why=why)
        return {**self._adapter.capabilities(vm), Capability.UPDATE_HOST: support}

    def close(self) -> None:
        """See `Adapter`."""
        self._adapter.close()

    def vms(self, *, deadline_ms: int) -> tuple[VmState, ...]:
        """See `Observes`."""
        return self._adapter.vms(deadline_ms=deadline_ms)

    def state(self, vm: str, *, deadline_ms: int) -> VmState:
        """See `Observes`."""
        return self._adapter.state(vm, deadline_ms=deadline_ms)

    def subscribe(self, *, deadline_ms: int) -> Subscription:
        """See `TellsChanges`."""
        return self._adapter.subscribe(deadline_ms=deadline_ms)

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Pauses`; without a lease of the watchdog nothing is begun."""
        lease = Lease(self.host, vm, self.clock.monotonic_ms())
        try:
            self.hold(lease)
        except WatchdogError as error:
            why = Unreachable(str(error), host=self.host, operation=Operation.PAUSE, vm=vm)
            return Never(why)

        def failed(error: AdapterError) -> None:
            if not _may_be_paused(error):
                self._release(vm)

        return _Watched(self._adapter.pause(vm, deadline_ms=deadline_ms), on_error=failed)

    def hold(self, lease: Lease) -> None:
        """Have the watchdog know of a VM that is paused, or may be from now on.

        Raises:
            WatchdogError: It does not grant that.

        """
        self._watchdog.lease(lease)
        self._leases[lease.vm] = lease

    def resume(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Pauses`."""
        call = self._adapter.resume(vm, deadline_ms=deadline_ms)
        return _Watched(call, on_success=lambda: self._release(vm))

    def read_clock(self, vm: str, *, deadline_ms: int) -> Call[ClockReading]:
        """See `ReadsClock`."""
        return self._adapter.read_clock(vm, deadline_ms=deadline_ms)

    def set_clock(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `SetsClock`."""
        return self._adapter.set_clock(vm, deadline_ms=deadline_ms)

    def fingerprint(
        self, vm: str, *, deadline_ms: int, sampling: Sampling | None = None
    ) -> Call[Fingerprint]:
        """See `FingerprintsMemory`."""
        return self._adapter.fingerprint(vm, deadline_ms=deadline_ms, sampling=sampling)

    def shut_down(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Stops`."""
        return self._adapter.shut_down(vm, deadline_ms=deadline_ms)

    def boot(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Stops`."""
        return self._adapter.boot(vm, deadline_ms=deadline_ms)

    @property
    def has_new_software(self) -> bool:
        """See `UpdatesHost`."""
        return self._commands.has_new_software

    @property
    def under_way(self) -> Operation | None:
        """See `AttendsUpdate`."""
        return self._commands.under_way

    def update(self, *, deadline_ms: int) -> Call[None]:
        """See `UpdatesHost`; refused once the watchdog may have resumed a VM of the host."""
        try:
            states = self._adapter.vms(deadline_ms=LOOK_MS)
        except AdapterError as error:
            return Never(error)
        held = {
            each.name for each in states if each.is_held and each.status is not VmStatus.STOPPED
        }
        running = [state.name for state in states if state.status is VmStatus.RUNNING]
        if self._is_impacting and running:
            return self._unsafe(f"every VM to stand still, found {running[0]} running")
        unwatched = sorted(held - self._leases.keys())
        if unwatched:
            return self._unsafe(f"the watchdog to know of {unwatched[0]}, found it does not")
        since_ms = [lease.since_ms for vm, lease in self._leases.items() if vm in held]
        if not since_ms:
            return self._commands.update(deadline_ms=deadline_ms)
        before_ms = min(since_ms) + self._bounds.roll_back_ms
        return self._commands.update(deadline_ms=deadline_ms, begins_before_ms=before_ms)

    def roll_back(self, *, deadline_ms: int) -> CommandCall:
        """See `UpdatesHost`."""
        return self._commands.roll_back(deadline_ms=deadline_ms)

    def attend(self, *, deadline_ms: int) -> CommandCall | None:
        """See `AttendsUpdate`."""
        return self._commands.attend(deadline_ms=deadline_ms)

    def _unsafe(self, expected: str) -> Call[None]:
        error = Unreachable(f"expected {expected}", host=self.host, operation=Operation.UPDATE)
        return Never(error)

    def _release(self, vm: str) -> None:
        self._leases.pop(vm, None)
        self._watchdog.release(self.host, vm)


def _may_be_paused(error: AdapterError) -> bool:
    """Whether a VM may be paused by us though its pause was answered by `error`: nobody knows, or
    it was found so, as an earlier request came to be after all.
    """
    found = error.found if isinstance(error, Refused) else None
    is_found_so = found is not None and found.status is VmStatus.PAUSED and found.is_held
    return is_found_so or isinstance(error, OutcomeUnknown)


def _nothing(*_: object) -> None:
    """Do nothing."""


class _Watched:
    """A call of whose end somebody is told, each time that it is asked for."""

    def __init__(
        self,
        call: Call[None],
        *,
        on_success: Callable[[], None] = _nothing,
        on_error: Callable[[AdapterError], None] = _nothing,
    ) -> None:
        self._call, self._on_success, self._on_error = call, on_success, on_error

    @property
    def is_done(self) -> bool:
        return self._call.is_done

    def result(self) -> None:
        try:
            self._call.result()
        except AdapterError as error:
            self._on_error(error)
            raise
        self._on_success()
