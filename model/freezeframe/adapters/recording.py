"""An adapter that writes down what is asked of it, what comes of it, and what is seen.

Owns the translation of calls and changes into records. It must not know any hypervisor, nor what
the records are for. Everything it does not record it leaves to the adapter beneath.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from freezeframe.adapters.errors import AdapterError, OutcomeUnknown, Refused, Unreachable
from freezeframe.adapters.protocol import (
    Adapter,
    Call,
    FingerprintsMemory,
    Pauses,
    ReadsClock,
    SetsClock,
    Stops,
    Subscription,
)
from freezeframe.adapters.values import Change, ClockReading, Fingerprint, Sampling, Sight
from freezeframe.observation import (
    ClockMeasured,
    Ended,
    Fact,
    HostTold,
    MemoryFingerprinted,
    Operation,
    Outcome,
    Record,
    SightChanged,
    Told,
    VmSeen,
)

T = TypeVar("T")


class Maintains(Adapter, Pauses, ReadsClock, SetsClock, FingerprintsMemory, Stops, Protocol):
    """An adapter with the methods that a recorder passes on; it may still lack a capability."""


class Recorder:
    """Passes calls on to an adapter, and hands each record to `sink` at once, numbered from 1.

    The outcome of a call is recorded, and dated, when its `result` is first asked for. Changes are
    recorded as they come from a subscription that was handed to `watch`, at the latest before the
    next call or outcome, and dated when they were told.
    """

    def __init__(
        self,
        adapter: Maintains,
        sink: Callable[[Record], None],
        *,
        source: str,
        host: str | None = None,
    ) -> None:
        """Record as `source`; `host` is the host's name in records, by default as it says."""
        self._adapter, self._sink, self._source = adapter, sink, source
        self._host = host or adapter.host
        self._sequence = 0
        self._watched: list[_RecordedSubscription] = []

    def record(
        self,
        fact: Fact,
        *,
        vm: str | None = None,
        host: bool = True,
        monotonic_ms: int | None = None,
    ) -> None:
        """Record any fact, of now or of an earlier time; of this host unless `host` is False."""
        self._sequence += 1
        clock = self._adapter.clock
        now_ms = clock.monotonic_ms()
        at_ms = now_ms if monotonic_ms is None else monotonic_ms
        self._sink(
            Record(
                self._source,
                self._sequence,
                at_ms,
                clock.wall_ms() - (now_ms - at_ms),
                fact,
                self._host if host else None,
                vm,
            )
        )

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Pauses`."""
        self._request(Operation.PAUSE, vm)
        return self._told(Operation.PAUSE, vm, self._adapter.pause(vm, deadline_ms=deadline_ms))

    def resume(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Pauses`."""
        self._request(Operation.RESUME, vm)
        return self._told(Operation.RESUME, vm, self._adapter.resume(vm, deadline_ms=deadline_ms))

    def shut_down(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Stops`."""
        self._request(Operation.SHUT_DOWN, vm)
        call = self._adapter.shut_down(vm, deadline_ms=deadline_ms)
        return self._told(Operation.SHUT_DOWN, vm, call)

    def boot(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Stops`."""
        self._request(Operation.BOOT, vm)
        return self._told(Operation.BOOT, vm, self._adapter.boot(vm, deadline_ms=deadline_ms))

    def set_clock(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `SetsClock`."""
        self._request(Operation.SET_CLOCK, vm)
        call = self._adapter.set_clock(vm, deadline_ms=deadline_ms)
        return self._told(Operation.SET_CLOCK, vm, call)

    def read_clock(self, vm: str, *, deadline_ms: int) -> Call[ClockReading]:
        """See `ReadsClock`."""
        self._request(Operation.READ_CLOCK, vm)
        call = self._adapter.read_clock(vm, deadline_ms=deadline_ms)

        def measured(reading: ClockReading) -> Fact:
            return ClockMeasured(reading.offset_ms, reading.uncertainty_ms)

        return self._told(Operation.READ_CLOCK, vm, call, measured)

    def fingerprint(
        self, vm: str, *, deadline_ms: int, sampling: Sampling | None = None
    ) -> Call[Fingerprint]:
        """See `FingerprintsMemory`."""
        self._request(Operation.FINGERPRINT, vm)
        call = self._adapter.fingerprint(vm, deadline_ms=deadline_ms, sampling=sampling)

        def taken(found: Fingerprint) -> Fact:
            return MemoryFingerprinted(found.digest, found.coverage, found.took_ms)

        return self._told(Operation.FINGERPRINT, vm, call, taken)

    def follow(self, operation: Operation, call: Call[T]) -> Call[T]:
        """Record an operation on the host, just begun as `call`."""
        self.record(HostTold(operation, Outcome.REQUESTED))
        return _RecordedCall(
            call,
            lambda _: self.record(HostTold(operation, Outcome.COMPLETED)),
            lambda error: self.record(HostTold(operation, outcome_of(error), error.text)),
        )

    def watch(self, subscription: Subscription) -> Subscription:
        """The same subscription, recorded as it is taken from."""
        watched = _RecordedSubscription(subscription, self._saw)
        self._watched.append(watched)
        return watched

    def end(self) -> None:
        """Record that nobody looks any more, so that what still lasts can be judged."""
        self.record(Ended(), host=False)

    def _saw(self, change: Change | Sight) -> None:
        at_ms = change.monotonic_ms
        if isinstance(change, Sight):
            self.record(SightChanged(change.is_in_sight, change.why), monotonic_ms=at_ms)
        else:
            seen = VmSeen(change.status, change.reason, change.is_held)
            self.record(seen, vm=change.vm, monotonic_ms=at_ms)

    def _look(self) -> None:
        """Record first what was told before."""
        for watched in self._watched:
            watched.drain()

    def _request(self, operation: Operation, vm: str) -> None:
        self._look()
        self.record(Told(operation, Outcome.REQUESTED), vm=vm)

    def _told(
        self,
        operation: Operation,
        vm: str,
        call: Call[T],
        finding: Callable[[T], Fact] | None = None,
    ) -> Call[T]:
        def completed(value: T) -> None:
            self._look()
            self.record(Told(operation, Outcome.COMPLETED), vm=vm)
            if finding is not None:
                self.record(finding(value), vm=vm)

        def failed(error: AdapterError) -> None:
            self._look()
            self.record(Told(operation, outcome_of(error), error.text), vm=vm)

        return _RecordedCall(call, completed, failed)


def outcome_of(error: AdapterError) -> Outcome:
    """What is known of an operation that ended with `error`."""
    if isinstance(error, OutcomeUnknown):
        return Outcome.UNKNOWN
    return Outcome.REFUSED if isinstance(error, Refused | Unreachable) else Outcome.FAILED


class _RecordedCall(Generic[T]):
    """A call whose end is told once."""

    def __init__(
        self,
        call: Call[T],
        on_value: Callable[[T], None],
        on_error: Callable[[AdapterError], None],
    ) -> None:
        self._call, self._on_value, self._on_error = call, on_value, on_error
        self._is_told = False

    @property
    def is_done(self) -> bool:
        return self._call.is_done

    def result(self) -> T:
        try:
            value = self._call.result()
        except AdapterError as error:
            if not self._is_told:
                self._is_told = True
                self._on_error(error)
            raise
        if not self._is_told:
            self._is_told = True
            self._on_value(value)
        return value


class _RecordedSubscription:
    """A subscription of which everything is told, before or when it is taken."""

    def __init__(
        self, subscription: Subscription, on_change: Callable[[Change | Sight], None]
    ) -> None:
        self._subscription, self._on_change = subscription, on_change
        self._told: deque[Change | Sight] = deque()

    def take(self, *, deadline_ms: int) -> Change | Sight | None:
        if self._told:
            return self._told.popleft()
        change = self._subscription.take(deadline_ms=deadline_ms)
        if change is not None:
            self._on_change(change)
        return change

    def drain(self) -> None:
        """Tell what has come, and keep it for who takes it."""
        while (change := self._subscription.take(deadline_ms=0)) is not None:
            self._on_change(change)
            self._told.append(change)

    def close(self) -> None:
        self._told.clear()
        self._subscription.close()
