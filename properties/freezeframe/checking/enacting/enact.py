"""Lets a recorded run of the model happen on hosts, step by step, and records what is seen.

Owns which record asks for which call. It must not know what hosts are there, nor judge anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from freezeframe.adapters import AdapterError, Call, Recorder, TellsChanges, UpdatesHost
from freezeframe.adapters.simulated import SimulatedHost
from freezeframe.lifecycles import HostStatus, VmStatus
from freezeframe.observation import (
    AlarmSeen,
    ClockMeasured,
    Ended,
    EventSeen,
    HostSeen,
    MemoryChecked,
    Operation,
    Outcome,
    Reason,
    Record,
    StepTaken,
    Told,
    VmSeen,
)

from .stages import Stage

ENACT_MS: Final = 120_000
"""Deadline of every call; what a run leaves hanging hangs no longer."""

CLOCK_MS: Final = 5_000
"""How long a guest may take to tell its clock."""


def enacted(records: Sequence[Record], stage: Stage) -> tuple[Record, ...]:
    """What was seen when the run that `records` tell of happened on `stage`; it is closed then.

    Requests are made when the run made them, on the adapters' clock, and answers are waited for
    where the run had them. Steps, phases of hosts, events and the alarm are told as in the run,
    for they are the controller's own; what VMs did is what the hosts tell.
    """
    seen: list[Record] = []
    try:
        enactment = _Enactment(stage, seen.append)
        try:
            enactment.run(records)
            return tuple(seen)
        finally:
            enactment.settle()  # what is still on its way to pause would pause after the last look
    finally:
        stage.close()


class _Enactment:
    def __init__(self, stage: Stage, sink: Callable[[Record], None]) -> None:
        self.stage = stage
        self.recorders = {
            host: Recorder(adapter, sink, source=host, host=host)
            for host, adapter in stage.adapters.items()
        }
        self.subscriptions = [
            self.recorders[host].watch(adapter.subscribe(deadline_ms=CLOCK_MS))
            for host, adapter in stage.adapters.items()
            if isinstance(adapter, TellsChanges)
        ]
        self.clock = next(iter(stage.adapters.values())).clock
        self.pending: dict[tuple[Operation, str], Call[Any]] = {}

    def run(self, records: Sequence[Record]) -> None:
        """Let it happen."""
        offset_ms = self.clock.monotonic_ms() - (records[0].monotonic_ms if records else 0)
        self._look()
        for number, record in enumerate(records):
            wait_ms = record.monotonic_ms + offset_ms - self.clock.monotonic_ms()
            if wait_ms > 0:
                self.clock.wait_ms(wait_ms)
            self._look()
            if self.stage.script is not None and number in self.stage.script.failing:
                subject = record.vm or record.host or ""
                host = self.stage.behind[record.host or ""]
                host.fate.force(self.stage.script.failing[number], subject)
            self._happen(record)
        if self.stage.script is None:
            self.settle()
        self._look()
        for recorder in self.recorders.values():
            recorder.end()

    def settle(self) -> None:
        """Wait for everything that VMs were asked for and that has not been answered."""
        for operation, subject in tuple(self.pending):
            if operation not in {Operation.UPDATE, Operation.ROLL_BACK}:
                self._answered(operation, subject)

    def _look(self) -> None:
        """Record what came."""
        for subscription in self.subscriptions:
            while subscription.take(deadline_ms=0) is not None:
                pass

    def _happen(self, record: Record) -> None:
        fact = record.fact
        if isinstance(fact, AlarmSeen | StepTaken):
            first = next(iter(self.recorders.values()))
            first.record(fact, host=False)
        elif record.host is None or isinstance(fact, Ended):
            return
        elif record.vm is None:
            self._happen_to_host(record, record.host)
        else:
            self._happen_to_vm(record, record.host, record.vm)

    def _happen_to_host(self, record: Record, host: str) -> None:
        fact, adapter = record.fact, self.stage.adapters[host]
        behind = self.stage.behind.get(host)
        if isinstance(fact, HostSeen):
            for operation in (Operation.UPDATE, Operation.ROLL_BACK):
                if (operation, host) in self.pending and fact.phase is HostStatus.RESTORING:
                    self._answered(operation, host)
            if isinstance(adapter, UpdatesHost) and fact.phase is HostStatus.UPDATING:
                self.pending[Operation.UPDATE, host] = adapter.update(deadline_ms=ENACT_MS)
            elif isinstance(adapter, UpdatesHost) and fact.phase is HostStatus.ROLLING_BACK:
                self.pending.pop((Operation.UPDATE, host), None)
                self.pending[Operation.ROLL_BACK, host] = adapter.roll_back(deadline_ms=ENACT_MS)
            if behind is not None and fact.phase is HostStatus.OUT_OF_SERVICE:
                behind.lose_power()
            elif behind is not None:
                behind.repair()
        if isinstance(fact, HostSeen | EventSeen):
            self.recorders[host].record(fact)

    def _happen_to_vm(self, record: Record, host: str, vm: str) -> None:
        fact, recorder = record.fact, self.recorders[host]
        behind = self.stage.behind.get(host)
        if isinstance(fact, Told) and fact.outcome is Outcome.REQUESTED:
            ask = {
                Operation.PAUSE: recorder.pause,
                Operation.RESUME: recorder.resume,
                Operation.SHUT_DOWN: recorder.shut_down,
                Operation.BOOT: recorder.boot,
            }[fact.operation]
            self.pending[fact.operation, vm] = ask(vm, deadline_ms=ENACT_MS)
        elif isinstance(fact, Told) and fact.operation is Operation.SET_CLOCK:
            self.pending[fact.operation, vm] = recorder.set_clock(vm, deadline_ms=ENACT_MS)
            self._answered(fact.operation, vm)
        elif isinstance(fact, Told):
            self._answered(fact.operation, vm)
            self._check_memory(host, vm)
        elif isinstance(fact, ClockMeasured):
            self._measure_clock(host, vm)
        elif isinstance(fact, MemoryChecked):
            self._check_memory(host, vm)
        elif isinstance(fact, VmSeen) and behind is not None:
            _bring_about(behind, vm, fact, is_asked=any(name == vm for _, name in self.pending))
            self._look()

    def _answered(self, operation: Operation, subject: str) -> None:
        call = self.pending.pop((operation, subject), None)
        if call is not None:
            with suppress(AdapterError):  # it is recorded
                call.result()
        self._look()

    def _check_memory(self, host: str, vm: str) -> None:
        behind = self.stage.behind.get(host)
        if behind is not None and behind.machines[vm].status is VmStatus.RUNNING:
            is_intact = behind.guest(vm).finds_memory_intact
            self.recorders[host].record(MemoryChecked(is_intact), vm=vm)

    def _measure_clock(self, host: str, vm: str) -> None:
        behind = self.stage.behind.get(host)
        if behind is not None:
            offset_ms = behind.guest(vm).clock_offset_ms
            self.recorders[host].record(ClockMeasured(offset_ms, 0), vm=vm)
            return
        with suppress(AdapterError):
            self.recorders[host].read_clock(vm, deadline_ms=CLOCK_MS).result()


def _bring_about(host: SimulatedHost, vm: str, seen: VmSeen, *, is_asked: bool) -> None:
    """Let a customer or a fault do what was seen, unless maintenance has asked for it."""
    now = host.machines[vm].status
    if now is seen.status or is_asked or not host.has_power:
        return
    act: dict[VmStatus, Callable[[str], None]] = {
        VmStatus.STOPPED: host.stop,
        VmStatus.FAILED: host.crash,
        VmStatus.ABSENT: host.delete,
        VmStatus.PAUSED: lambda name: host.hold(name, seen.reason),
        VmStatus.RUNNING: {
            VmStatus.PAUSED: host.release,
            VmStatus.ABSENT: host.create,
        }.get(now, host.start),
    }
    if seen.reason is not Reason.POWER_LOSS:
        act[seen.status](vm)
