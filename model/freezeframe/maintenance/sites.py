"""One host as the runner reaches it: calls that are under way, what came of them, what is seen.

Owns the translation between errands and adapters. It must not know why anything is asked.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from freezeframe.adapters.errors import AdapterError, Failed, Refused
from freezeframe.adapters.naming import Hypervisor
from freezeframe.adapters.protocol import AttendsUpdate, Call, Subscription, UpdatesHost
from freezeframe.adapters.recording import outcome_of
from freezeframe.adapters.values import Change, ClockReading, Fingerprint, Sampling, Sight, VmState
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import (
    ClockMeasured,
    Fact,
    HostTold,
    MemoryFingerprinted,
    Operation,
    Outcome,
    SightChanged,
    Told,
    VmSeen,
)

from .errands import Errand
from .foreign import ForeignError, Never, adapter_errors_only

SAMPLING: Final = Sampling(pages=256, seed=1)
"""Which pages of a paused VM are compared; 1 MiB takes a few milliseconds, whatever its size."""

LOOK_MS: Final = 1_000
"""How long a look at a host may take."""


@dataclass(frozen=True)
class News:
    """Something that came of a host: a fact about it, or about one of its VMs.

    `alarm` says for what an operator is to be called, if for anything.
    """

    host: str
    fact: Fact
    vm: str | None = None
    alarm: str = ""


class Site:
    """A host; what is asked of it is under way until its answer was taken as news."""

    def __init__(
        self, hypervisor: Hypervisor, updater: UpdatesHost, *, clock_tolerance_ms: int
    ) -> None:
        """Reach the host by `hypervisor`, and update it by `updater`."""
        self.hypervisor, self.updater = hypervisor, updater
        self._tolerance_ms = clock_tolerance_ms
        self._subscription: Subscription | None = None
        self._calls: dict[Errand, Call[Any]] = {}
        self._readings: dict[Errand, Call[ClockReading]] = {}
        self._ends_ms: dict[Errand, int] = {}
        self._told: list[Change | Sight] = []

    @property
    def name(self) -> str:
        """The host's name."""
        return self.hypervisor.host

    @property
    def under_way(self) -> frozenset[Errand]:
        """What was asked and not answered yet."""
        return frozenset({*self._calls, *self._readings})

    def listen(self) -> None:
        """Have changes told from now on; raises `AdapterError` if the host cannot be reached."""
        if self._subscription is None:
            with adapter_errors_only(self.name, "subscribe"):
                self._subscription = self.hypervisor.subscribe(deadline_ms=LOOK_MS)

    def begin(self, errand: Errand, *, deadline_ms: int) -> None:
        """Ask for `errand`; its answer comes as news, and says within `deadline_ms` what is known.

        Setting a clock includes reading it.
        """
        self._ends_ms[errand] = self.hypervisor.clock.monotonic_ms() + deadline_ms
        try:
            with adapter_errors_only(self.name, errand.operation, errand.vm):
                self._calls[errand] = self._asked(errand, deadline_ms)
        except AdapterError as error:
            self._calls[errand] = Never(error)

    def forget(self, errand: Errand) -> None:
        """Await its answer no longer."""
        self._calls.pop(errand, None)
        self._readings.pop(errand, None)

    def has_news(self) -> bool:
        """Whether `news` would tell anything."""
        self._drain()
        calls = (*self._calls.values(), *self._readings.values())
        return bool(self._told) or any(_is_done(each) for each in calls)

    def news(self) -> Iterator[News]:
        """What came since it was last asked: loss of sight, answers, and then changes."""
        self._drain()
        told, self._told = self._told, []
        for sight in (each for each in told if isinstance(each, Sight)):
            yield News(self.name, SightChanged(sight.is_in_sight, sight.why))
        for errand, call in list(self._calls.items()):
            if _is_done(call):
                del self._calls[errand]
                yield from self._answered(errand, call)
        for errand, reading in list(self._readings.items()):
            if _is_done(reading):
                del self._readings[errand]
                yield from self._read(errand, reading)
        for change in (each for each in told if isinstance(each, Change)):
            yield from self._seen(change)

    def look(self) -> Iterator[News]:
        """Every VM as it is now; raises `AdapterError` if the host cannot be reached."""
        with adapter_errors_only(self.name, "list VMs"):
            states = self.hypervisor.vms(deadline_ms=LOOK_MS)
        for state in states:
            yield self._state(state)

    def close(self) -> None:
        """Listen no longer; the adapter stays open."""
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None

    def _asked(self, errand: Errand, deadline_ms: int) -> Call[Any]:
        if errand.vm is None:
            return self._updating(errand.operation, deadline_ms)
        hypervisor = self.hypervisor
        by_operation: Mapping[Operation, Callable[..., Call[Any]]] = {
            Operation.PAUSE: hypervisor.pause,
            Operation.RESUME: hypervisor.resume,
            Operation.SET_CLOCK: hypervisor.set_clock,
            Operation.FINGERPRINT: partial(hypervisor.fingerprint, sampling=SAMPLING),
            Operation.SHUT_DOWN: hypervisor.shut_down,
            Operation.BOOT: hypervisor.boot,
        }
        return by_operation[errand.operation](errand.vm, deadline_ms=deadline_ms)

    def _updating(self, operation: Operation, deadline_ms: int) -> Call[None]:
        """Begin an update or a rollback, or attend what a controller before has begun."""
        updater = self.updater
        if isinstance(updater, AttendsUpdate) and updater.under_way is operation:
            call = updater.attend(deadline_ms=deadline_ms)
            if call is not None:
                return call
        if operation is Operation.ROLL_BACK:
            return updater.roll_back(deadline_ms=deadline_ms)
        if updater.has_new_software:
            return Done()
        return updater.update(deadline_ms=deadline_ms)

    def _answered(self, errand: Errand, call: Call[Any]) -> Iterator[News]:
        try:
            with adapter_errors_only(self.name, errand.operation, errand.vm):
                found = call.result()
        except AdapterError as error:
            yield from self._failed(errand, error)
            return
        if errand.operation is Operation.SET_CLOCK and errand.vm is not None:
            left_ms = self._ends_ms[errand] - self.hypervisor.clock.monotonic_ms()
            self._readings[errand] = self._reading(errand.vm, max(1, left_ms))
            return
        yield self._told_of(errand, Outcome.COMPLETED)
        if isinstance(found, Fingerprint):
            fact = MemoryFingerprinted(found.digest, found.coverage, found.took_ms)
            yield News(self.name, fact, errand.vm)

    def _reading(self, vm: str, deadline_ms: int) -> Call[ClockReading]:
        try:
            with adapter_errors_only(self.name, Operation.READ_CLOCK, vm):
                return self.hypervisor.read_clock(vm, deadline_ms=deadline_ms)
        except AdapterError as error:
            return Never(error)

    def _read(self, errand: Errand, reading: Call[ClockReading]) -> Iterator[News]:
        """A clock counts as set when it was read and is right."""
        try:
            with adapter_errors_only(self.name, errand.operation, errand.vm):
                found = reading.result()
        except AdapterError as error:
            yield from self._failed(errand, error)
            return
        yield News(self.name, ClockMeasured(found.offset_ms, found.uncertainty_ms), errand.vm)
        is_right = abs(found.offset_ms) + found.uncertainty_ms <= self._tolerance_ms
        why = "" if is_right else f"the clock is {found.offset_ms} ms ahead although it was set"
        yield self._told_of(errand, Outcome.COMPLETED if is_right else Outcome.FAILED, why)

    def _failed(self, errand: Errand, error: AdapterError) -> Iterator[News]:
        """How it was found comes first, lest what came about before be taken for a failure."""
        found = error.found if isinstance(error, Refused) else None
        if found is not None:
            yield self._state(found)
        elif isinstance(error, Failed) and errand.vm is not None:
            yield from self._looked_at(errand.vm)
        told = self._told_of(errand, outcome_of(error), error.text)
        yield replace(told, alarm=str(error) if isinstance(error, ForeignError) else "")
        if found is not None:
            yield self._state(found)

    def _looked_at(self, vm: str) -> Iterator[News]:
        """What became of a VM that may be why something failed; nothing if that cannot be seen."""
        with contextlib.suppress(AdapterError):
            yield self._state(self._look_at(vm))

    def _look_at(self, vm: str) -> VmState:
        with adapter_errors_only(self.name, "observe", vm):
            return self.hypervisor.state(vm, deadline_ms=LOOK_MS)

    def _told_of(self, errand: Errand, outcome: Outcome, why: str = "") -> News:
        form = HostTold if errand.vm is None else Told
        return News(self.name, form(errand.operation, outcome, why), errand.vm)

    def _seen(self, change: Change) -> Iterator[News]:
        """What a change led to: an event may be old, so the VM is looked at."""
        try:
            yield self._state(self._look_at(change.vm))
        except Refused:
            yield News(self.name, VmSeen(VmStatus.ABSENT, change.reason), change.vm)
        except AdapterError:
            seen = VmSeen(change.status, change.reason, is_held=change.is_held)
            yield News(self.name, seen, change.vm)

    def _state(self, state: VmState) -> News:
        seen = VmSeen(state.status, state.reason, is_held=state.is_held)
        return News(self.name, seen, state.name)

    def _drain(self) -> None:
        try:
            with adapter_errors_only(self.name, "tell changes"):
                while self._subscription is not None:
                    change = self._subscription.take(deadline_ms=0)
                    if change is None:
                        return
                    self._told.append(change)
        except AdapterError as error:
            self._subscription = None
            now_ms = self.hypervisor.clock.monotonic_ms()
            self._told.append(Sight(0, now_ms, is_in_sight=False, why=error.text))


def _is_done(call: Call[Any]) -> bool:
    """Whether there is an answer; one that cannot be asked for that is to tell why in `result`."""
    try:
        return call.is_done
    except Exception:  # noqa: BLE001 (adapters are written by others)
        return True


class Done:
    """A call for what is done already."""

    is_done = True

    def result(self) -> None:
        """See `Call`."""
