"""An auditor of adapters: compares what they tell during a maintenance with what is so on the
simulated host.

Owns what is compared. It must not know which adapters are wrong, nor what the runner makes of them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Final, Generic, TypeVar

from freezeframe.adapters import (
    AdapterError,
    Call,
    Change,
    ClockReading,
    Failed,
    Fingerprint,
    Origin,
    Sampling,
    Sight,
    Subscription,
    VmState,
)
from freezeframe.adapters.simulated import SimulatedAdapter, SimulatedHost
from freezeframe.adapters.simulated.jobs import CLOCK_RESIDUE_MS
from freezeframe.adapters.simulated.machine import Machine
from freezeframe.adapters.simulated.subscription import DELIVERY_MS_MAX
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation

T = TypeVar("T")

MANNERS: Final = "adapters let go of what they held"
VMS: Final = "VMs"
CHANGES: Final = "changes"


def truth(matter: str) -> str:
    """The sign that what is told of `matter`, an operation, `VMS` or `CHANGES`, is not so."""
    return f"what is told of {matter} is so"


class Audit(SimulatedAdapter):
    """Stands before an adapter, from which its subclass inherits too, and hears what it tells."""

    findings: ClassVar[set[str]]
    opened: ClassVar[list[Audit]]

    def __init__(self, *given: Any, **named: Any) -> None:
        """Follow the VMs of the host."""
        super().__init__(*given, **named)
        self._history: list[tuple[str, VmStatus, bool]] = []
        self.simulated.listeners.append(self._follow)
        self.opened.append(self)

    def vms(self, *, deadline_ms: int) -> tuple[VmState, ...]:
        told = super().vms(deadline_ms=deadline_ms)
        self._judge(VMS, told == SimulatedAdapter.vms(self, deadline_ms=deadline_ms))
        return told

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        came = self._since(vm)
        left = self.simulated.fate.left
        call = super().pause(vm, deadline_ms=deadline_ms)

        def fail(error: Exception) -> None:
            self._know(Operation.PAUSE, error)
            has_cause = bool(came()) or self.simulated.fate.left != left
            self._judge(Operation.PAUSE, has_cause or not isinstance(error, Failed))

        def complete(_: None) -> None:
            self._judge(Operation.PAUSE, (vm, VmStatus.PAUSED, True) in came())

        return _Audited(call, complete, fail)

    def resume(self, vm: str, *, deadline_ms: int) -> Call[None]:
        came = self._since(vm)
        call = super().resume(vm, deadline_ms=deadline_ms)

        def judge(_: None) -> None:
            self._judge(Operation.RESUME, (vm, VmStatus.RUNNING, True) in came())

        return _Audited(call, judge, partial(self._know, Operation.RESUME))

    def set_clock(self, vm: str, *, deadline_ms: int) -> Call[None]:
        came = self._since(vm)
        call = super().set_clock(vm, deadline_ms=deadline_ms)

        def judge(_: None) -> None:
            is_right = abs(self._offset_ms(vm)) <= CLOCK_RESIDUE_MS
            self._judge(Operation.SET_CLOCK, bool(came()) or is_right)

        return _Audited(call, judge, partial(self._know, Operation.SET_CLOCK))

    def read_clock(self, vm: str, *, deadline_ms: int) -> Call[ClockReading]:
        came = self._since(vm)
        call = super().read_clock(vm, deadline_ms=deadline_ms)

        def judge(told: ClockReading) -> None:
            off_ms = abs(told.offset_ms - self._offset_ms(vm))
            self._judge(Operation.READ_CLOCK, bool(came()) or off_ms <= told.uncertainty_ms)

        return _Audited(call, judge, partial(self._know, Operation.READ_CLOCK))

    def fingerprint(
        self, vm: str, *, deadline_ms: int, sampling: Sampling | None = None
    ) -> Call[Fingerprint]:
        came = self._since(vm)
        call = super().fingerprint(vm, deadline_ms=deadline_ms, sampling=sampling)

        def judge(told: Fingerprint) -> None:
            digest, _ = self.simulated.guest(vm).digest(sampling)
            self._judge(Operation.FINGERPRINT, bool(came()) or told.digest == digest)

        return _Audited(call, judge, partial(self._know, Operation.FINGERPRINT))

    def subscribe(self, *, deadline_ms: int) -> Any:
        return _AuditedSubscription(
            super().subscribe(deadline_ms=deadline_ms),
            self.simulated,
            partial(self._judge, CHANGES),
        )

    def _judge(self, matter: str, is_so: bool) -> None:  # noqa: FBT001 (it is what is judged)
        if not is_so:
            self.findings.add(truth(matter))

    def _know(self, operation: Operation, error: Exception) -> None:
        """An error that adapters do not raise tells nothing that is so."""
        self._judge(operation, isinstance(error, AdapterError))

    def _follow(self, machine: Machine, is_ours: bool) -> None:  # noqa: FBT001 (a listener)
        self._history.append((machine.name, machine.status, is_ours))

    def _since(self, vm: str) -> Callable[[], list[tuple[str, VmStatus, bool]]]:
        """What has come of a VM from now on, once that is asked."""
        start = len(self._history)
        return lambda: [each for each in self._history[start:] if each[0] == vm]

    def _offset_ms(self, vm: str) -> int:
        return self.simulated.guest(vm).clock_offset_ms


class _Audited(Generic[T]):
    """A call whose end is judged, by its value or by its error."""

    def __init__(
        self, call: Call[T], on_value: Callable[[T], None], on_error: Callable[[Exception], None]
    ) -> None:
        self._call, self._on_value, self._on_error = call, on_value, on_error

    @property
    def is_done(self) -> bool:
        return self._call.is_done

    def result(self) -> T:
        try:
            value = self._call.result()
        except Exception as error:
            self._on_error(error)
            raise
        self._on_value(value)
        return value


class _AuditedSubscription:
    """A subscription that is to tell each change once, in order, as it was and when it was.

    Only where no event gets lost or is repeated.
    """

    def __init__(
        self, subscription: Subscription, host: SimulatedHost, judge: Callable[[bool], None]
    ) -> None:
        self._subscription, self._host, self._judge = subscription, host, judge
        self._due: deque[tuple[int, VmState]] = deque()
        self._sequence = 0
        host.listeners.append(self._hear)
        host.on_outage.append(self._lose)

    def take(self, *, deadline_ms: int) -> Change | Sight | None:
        told = self._subscription.take(deadline_ms=deadline_ms)
        now_ms = self._host.time.monotonic_ms()
        if told is None:
            self._judge(not self._due or self._due[0][0] + DELIVERY_MS_MAX >= now_ms)
            return None
        self._sequence += 1
        self._judge(told.sequence == self._sequence)
        if isinstance(told, Change) and told.origin is Origin.TOLD:
            self._judge(self._is_due(told))
        return told

    def close(self) -> None:
        self._host.listeners.remove(self._hear)
        self._host.on_outage.remove(self._lose)
        self._subscription.close()

    def _is_due(self, told: Change) -> bool:
        if not self._due:
            return False
        since_ms, state = self._due.popleft()
        is_dated = since_ms <= told.monotonic_ms <= since_ms + DELIVERY_MS_MAX
        told_state = (told.vm, told.status, told.reason, told.is_held)
        return is_dated and told_state == (state.name, state.status, state.reason, state.is_held)

    def _hear(self, machine: Machine, is_ours: bool) -> None:  # noqa: ARG002, FBT001 (a listener)
        if self._host.is_in_sight:
            self._due.append((self._host.time.monotonic_ms(), machine.state))

    def _lose(self, why: str) -> None:  # noqa: ARG002 (a listener)
        self._due.clear()


def audited(adapter: type[SimulatedAdapter]) -> type[Audit]:
    """`adapter` with an auditor before it, who has found nothing yet."""
    found = type(f"Audited{adapter.__name__}", (Audit, adapter), {"findings": set(), "opened": []})
    assert issubclass(found, Audit)
    return found


def closed(adapter: type[Audit], threads: set[threading.Thread]) -> set[str]:
    """All findings once every connection was closed; `threads` are those there were before."""
    for each in adapter.opened:
        each.close()
    hosts = [each.simulated for each in adapter.opened]
    if any(host.connections for host in hosts) or set(threading.enumerate()) - threads:
        adapter.findings.add(MANNERS)
    return adapter.findings
