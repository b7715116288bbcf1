"""The adapter of a simulated host: a connection to it that can be lost.

Owns what the protocol asks of a connection. It must not know how the host works.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Final, TypeVar

from freezeframe.adapters.errors import (
    AdapterError,
    ConnectionLost,
    Refusal,
    Refused,
    TimedOut,
    Unreachable,
)
from freezeframe.adapters.protocol import Call
from freezeframe.adapters.simulated.host import Environment, SimulatedHost
from freezeframe.adapters.simulated.jobs import Jobs
from freezeframe.adapters.simulated.machine import Machine
from freezeframe.adapters.simulated.subscription import SimulatedSubscription
from freezeframe.adapters.simulated.virtual_time import SimulatedCall, VirtualTime
from freezeframe.adapters.values import (
    Capability,
    ClockReading,
    Fingerprint,
    Sampling,
    Support,
    VmState,
)
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation

T = TypeVar("T")

_UNDER_WAY: Final = {
    Environment.UPDATING: Operation.UPDATE,
    Environment.ROLLING_BACK: Operation.ROLL_BACK,
}


class SimulatedAdapter:
    """One connection to a simulated host; several may be open, and all have every capability.

    `marked` names the VMs that may be touched through it; None leaves it to the marks on them.
    """

    def __init__(
        self, host: SimulatedHost, uri: str, *, marked: Collection[str] | None = None
    ) -> None:
        """Connect to `host`."""
        self._host, self._uri = host, uri
        self._marked = None if marked is None else frozenset(marked)
        self._jobs = Jobs(host)
        self._open_calls: list[tuple[SimulatedCall[object], str, str | None]] = []
        self._subscriptions: list[SimulatedSubscription] = []
        self._is_closed = False
        host.connections += 1
        host.on_outage.append(self._lose)

    @property
    def host(self) -> str:
        """See `Adapter`."""
        return self._host.name

    @property
    def uri(self) -> str:
        """See `Adapter`."""
        return self._uri

    @property
    def clock(self) -> VirtualTime:
        """See `Adapter`; time passes only where somebody waits."""
        return self._host.time

    @property
    def simulated(self) -> SimulatedHost:
        """The back door to the host itself."""
        return self._host

    def capabilities(self, vm: str | None = None) -> Mapping[Capability, Support]:  # noqa: ARG002 (all are alike)
        """See `Adapter`."""
        return dict.fromkeys(Capability, Support(is_offered=True))

    def close(self) -> None:
        """See `Adapter`."""
        with self._host.time.lock:
            if self._is_closed:
                return
            self._is_closed = True
            self._host.connections -= 1
            self._host.on_outage.remove(self._lose)
            for subscription in self._subscriptions:
                subscription.close()

    def vms(self, *, deadline_ms: int) -> tuple[VmState, ...]:
        """See `Observes`; it takes no virtual time, so any deadline is met."""
        del deadline_ms
        with self._host.time.lock:
            self._reach("list VMs", None)
            states = [self._state(machine) for machine in self._host.machines.values()]
        there = (state for state in states if state.status is not VmStatus.ABSENT)
        return tuple(sorted(there, key=lambda state: state.name))

    def state(self, vm: str, *, deadline_ms: int) -> VmState:
        """See `Observes`."""
        for state in self.vms(deadline_ms=deadline_ms):
            if state.name == vm:
                return state
        raise self._unknown("observe", vm)

    def subscribe(self, *, deadline_ms: int) -> SimulatedSubscription:
        """See `TellsChanges`."""
        del deadline_ms
        with self._host.time.lock:
            self._reach("subscribe", None)
            subscription = SimulatedSubscription(self._host)
            self._subscriptions.append(subscription)
        return subscription

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Pauses`."""
        return self._ask(Operation.PAUSE, vm, deadline_ms, self._jobs.pause)

    def resume(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Pauses`."""
        return self._ask(Operation.RESUME, vm, deadline_ms, self._jobs.resume)

    def read_clock(self, vm: str, *, deadline_ms: int) -> Call[ClockReading]:
        """See `ReadsClock`."""
        return self._ask(Operation.READ_CLOCK, vm, deadline_ms, self._jobs.read_clock)

    def set_clock(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `SetsClock`."""
        return self._ask(Operation.SET_CLOCK, vm, deadline_ms, self._jobs.set_clock)

    def fingerprint(
        self, vm: str, *, deadline_ms: int, sampling: Sampling | None = None
    ) -> Call[Fingerprint]:
        """See `FingerprintsMemory`."""

        def begin(machine: Machine, call: SimulatedCall[Fingerprint]) -> None:
            self._jobs.fingerprint(machine, call, sampling)

        return self._ask(Operation.FINGERPRINT, vm, deadline_ms, begin)

    def save(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Saves`."""
        return self._ask(Operation.SAVE, vm, deadline_ms, self._jobs.save)

    def restore(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Saves`."""
        return self._ask(Operation.RESTORE, vm, deadline_ms, self._jobs.restore)

    def shut_down(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Stops`."""
        return self._ask(Operation.SHUT_DOWN, vm, deadline_ms, self._jobs.shut_down)

    def boot(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Stops`."""
        return self._ask(Operation.BOOT, vm, deadline_ms, self._jobs.boot)

    @property
    def has_new_software(self) -> bool:
        """See `UpdatesHost`."""
        return self._host.environment is Environment.NEW

    def update(self, *, deadline_ms: int) -> Call[None]:
        """See `UpdatesHost`."""
        with self._host.time.lock:
            call: SimulatedCall[None] = self._begin(Operation.UPDATE, None, deadline_ms)
            if not call.is_done:
                self._jobs.update(call)
        return call

    def roll_back(self, *, deadline_ms: int) -> Call[None]:
        """See `UpdatesHost`."""
        with self._host.time.lock:
            call: SimulatedCall[None] = self._begin(Operation.ROLL_BACK, None, deadline_ms)
            if not call.is_done:
                self._jobs.roll_back(call)
        return call

    @property
    def under_way(self) -> Operation | None:
        """See `AttendsUpdate`."""
        return _UNDER_WAY.get(self._host.environment)

    def attend(self, *, deadline_ms: int) -> Call[None] | None:
        """See `AttendsUpdate`."""
        if self.under_way is None:
            return None
        call: SimulatedCall[None] = self._begin(self.under_way, None, deadline_ms)
        if not call.is_done:
            self._jobs.attend(call)
        return call

    def _ask(
        self,
        operation: Operation,
        vm: str,
        deadline_ms: int,
        begin: Callable[[Machine, SimulatedCall[T]], None],
    ) -> Call[T]:
        with self._host.time.lock:
            call: SimulatedCall[T] = self._begin(operation, vm, deadline_ms)
            if call.is_done:
                return call
            machine = self._host.machines.get(vm)
            if machine is None or machine.status is VmStatus.ABSENT:
                call.fail(self._unknown(operation, vm))
            elif not self._state(machine).is_marked:
                call.fail(self._not_marked(operation, machine))
            else:
                begin(machine, call)
        return call

    def _begin(self, operation: Operation, vm: str | None, deadline_ms: int) -> SimulatedCall[T]:
        text = f"expected an answer within {deadline_ms} ms, found none; its outcome is unknown"
        late = TimedOut(text, host=self.host, operation=operation, vm=vm)
        call: SimulatedCall[T] = SimulatedCall(self._host.time, deadline_ms, late)
        try:
            self._reach(operation, vm)
        except AdapterError as error:
            call.fail(error)
        self._open_calls = [each for each in self._open_calls if not each[0].is_done]
        self._open_calls.append((call, operation, vm))  # type: ignore[arg-type]  # (only failed through it)
        return call

    def _reach(self, operation: str, vm: str | None) -> None:
        if self._is_closed or not self._host.is_in_sight:
            found = "it closed" if self._is_closed else "none"
            text = f"expected a connection to the host, found {found}; nothing was begun"
            raise Unreachable(text, host=self.host, operation=operation, vm=vm)

    def _state(self, machine: Machine) -> VmState:
        if self._marked is None:
            return machine.state
        return replace(machine.state, is_marked=machine.name in self._marked)

    def _not_marked(self, operation: str, machine: Machine) -> Refused:
        return Refused(
            "expected a VM that is marked for freezeframe, found one that is not",
            reason=Refusal.NOT_MARKED,
            host=self.host,
            operation=operation,
            vm=machine.name,
            found=self._state(machine),
        )

    def _unknown(self, operation: str, vm: str) -> Refused:
        text = "expected a VM of this host, found none of that name"
        reason = Refusal.UNKNOWN_VM
        return Refused(text, reason=reason, host=self.host, operation=operation, vm=vm)

    def _lose(self, why: str) -> None:
        for call, operation, vm in self._open_calls:
            text = f"{why} before the answer came; its outcome is unknown"
            call.fail(ConnectionLost(text, host=self.host, operation=operation, vm=vm))
        self._open_calls.clear()
