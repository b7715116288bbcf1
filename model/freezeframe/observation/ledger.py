"""What is known of a fleet from what was recorded of it.

Owns the folding of records in time, and the remarks about records that do not fit together. The
answers fill the views, so the same properties judge a model and a recorded history. It must not
know who records, and never what a controller believes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from freezeframe.fleet import Limits
from freezeframe.lifecycles import Holder, HostStatus, VmStatus

from .facts import (
    AlarmSeen,
    ClockMeasured,
    EventSeen,
    HostSeen,
    MemoryChecked,
    MemoryFingerprinted,
    Outcome,
    Reason,
    Told,
    VmSeen,
)
from .folding import vm_seen, vm_told
from .records import Record
from .seen import SeenAlarm, SeenEvent, SeenHost, SeenVm


class Trouble(StrEnum):
    """What can be odd about a record."""

    DUPLICATE = "duplicate"
    """Its source had told it before; it is left out."""
    MISSING = "missing"
    """Its source skipped numbers before it; what they said is unknown, or comes late."""
    LATE = "late"
    """It tells of an earlier time than a record before it; it is backdated."""
    SUPERSEDED = "superseded"
    """It tells of an earlier time than what is known since; it is left out."""


@dataclass(frozen=True)
class Remark:
    """Something odd about `record`; `text` says what was expected and found."""

    trouble: Trouble
    record: Record
    text: str


@dataclass
class _Told:
    """Which numbers a source has told: all through `through`, and those in `beyond`."""

    through: int = 0
    beyond: set[int] = field(default_factory=set)
    last: int = 0

    def takes(self, sequence: int) -> bool:
        """Note that a number was told; False if it was told before."""
        if sequence <= self.through or sequence in self.beyond:
            return False
        self.beyond.add(sequence)
        self.last = max(self.last, sequence)
        while self.through + 1 in self.beyond:
            self.through += 1
            self.beyond.remove(self.through)
        return True


class Ledger:
    """Records folded into what is known; begins at the time of the first record.

    What it returns are values: they do not change when more is folded in. A VM, host or event that
    no record named is as before any maintenance.
    """

    def __init__(
        self, limits: Limits | None = None, *, attempts: int = 1, trusts_marks: bool = False
    ) -> None:
        """Begin with nothing known; `limits` gives the offset at which a clock is still right, and
        `attempts` how often a host may try its update before an operator looks.

        Where nobody tells what maintenance asked for, trust the marks on VMs to tell whose doing it
        is that they do not run.
        """
        self._attempts = attempts
        self._trusts_marks = trusts_marks
        self._tolerance_ms = (limits or Limits()).clock_tolerance_ms
        self._now_ms: int | None = None
        self._vms: dict[str, tuple[int, SeenVm]] = {}
        self._hosts: dict[str, tuple[int, SeenHost]] = {}
        self._events: dict[tuple[str, str], tuple[int, SeenEvent]] = {}
        """What was known when; it is aged when it is asked for, so that time costs nothing."""
        self._alarm = SeenAlarm()
        self._told: dict[str, _Told] = {}
        self._remarks: list[Remark] = []

    @property
    def now_ms(self) -> int | None:
        """The latest time that was recorded or advanced to; None before the first."""
        return self._now_ms

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What was odd about the records so far, in the order in which they came."""
        return tuple(self._remarks)

    @property
    def vms(self) -> tuple[str, ...]:
        """The VMs that records named, in the order in which they were first named."""
        return tuple(self._vms)

    @property
    def alarm(self) -> SeenAlarm:
        """The health signal, as it was shown; no promise relies on it."""
        return self._alarm

    def vm(self, name: str) -> SeenVm:
        """A VM; fills `VmView`."""
        if name not in self._vms:
            return SeenVm()
        as_of_ms, known = self._vms[name]
        return known.aged(self._now() - as_of_ms)

    def host(self, name: str) -> SeenHost:
        """A host; fills `HostView`."""
        return self._hosts[name][1] if name in self._hosts else SeenHost()

    def event(self, host: str, tenant: str) -> SeenEvent:
        """The event of a tenant (a set, or a VM in none) for a host; fills `EventView`."""
        if (host, tenant) not in self._events:
            return SeenEvent()
        as_of_ms, known = self._events[host, tenant]
        return known.aged(self._now() - as_of_ms)

    def advance(self, monotonic_ms: int) -> None:
        """Let time pass until `monotonic_ms`; whatever lasts, lasts until then.

        Raises:
            ValueError: It would go back.

        """
        if self._now_ms is None:
            self._now_ms = monotonic_ms
        if monotonic_ms < self._now_ms:
            raise ValueError(f"expected a time from {self._now_ms} ms, found {monotonic_ms} ms")
        self._now_ms = monotonic_ms

    def fold(self, record: Record) -> None:
        """Take in one record; time advances to it, unless it is late."""
        if self._is_duplicate(record):
            return
        now_ms = record.monotonic_ms if self._now_ms is None else self._now_ms
        late_ms = max(0, now_ms - record.monotonic_ms)
        if late_ms:
            self._remark(Trouble.LATE, record, f"{late_ms} ms before a record that came earlier")
        else:
            self.advance(record.monotonic_ms)
        self._fold_vm(record, late_ms)
        self._fold_others(record, late_ms)

    def _is_duplicate(self, record: Record) -> bool:
        told = self._told.setdefault(record.source, _Told())
        expected = told.last + 1
        if not told.takes(record.sequence):
            text = f"{record.source} told its record {record.sequence} before"
            self._remark(Trouble.DUPLICATE, record, text)
            return True
        if record.sequence > expected:
            text = f"expected record {expected} of {record.source}, found {record.sequence}"
            self._remark(Trouble.MISSING, record, text)
        return False

    def _fold_vm(self, record: Record, late_ms: int) -> None:
        name, fact = record.vm, record.fact
        if name is None:
            return
        vm = self.vm(name)
        is_request = isinstance(fact, Told) and fact.outcome is Outcome.REQUESTED
        if not is_request and name in self._vms and 0 < late_ms >= vm.status_ms:
            self._remark(Trouble.SUPERSEDED, record, "what is known of the VM is newer")
            return
        if isinstance(fact, VmSeen):
            vm = replace(
                vm_seen(vm, fact, late_ms, trusts_marks=self._trusts_marks), host=record.host
            )
        elif isinstance(fact, Told):
            vm = vm_told(vm, fact, late_ms)
        elif isinstance(fact, ClockMeasured):
            # Right once it was shown to be; what it does later is the guest's own affair.
            is_right = abs(fact.offset_ms) + fact.uncertainty_ms <= self._tolerance_ms
            if is_right and not vm.is_paused_for_maintenance:
                vm = replace(vm, clock_is_right=True, was_held_meanwhile=False)
        elif isinstance(fact, MemoryFingerprinted):
            vm = _fingerprinted(vm, fact)
        elif isinstance(fact, MemoryChecked):
            vm = replace(vm, memory_is_intact=vm.memory_is_intact and fact.is_intact)
        before = self.vm(name)
        fails = vm.status is VmStatus.FAILED and before.status is not VmStatus.FAILED
        vm = replace(vm, host=vm.host or record.host, has_failed=before.has_failed or fails)
        self._vms[name] = self._now(), vm

    def _fold_others(self, record: Record, late_ms: int) -> None:
        host, fact = record.host, record.fact
        if isinstance(fact, AlarmSeen):
            self._alarm = SeenAlarm(fact.is_raised)
            if not fact.is_raised:
                self._forgive()
        elif isinstance(fact, HostSeen) and host is not None:
            seen_ms = self._now() - late_ms
            if host in self._hosts and seen_ms < self._hosts[host][0]:
                self._remark(Trouble.SUPERSEDED, record, "what is known of the host is newer")
                return
            self._hosts[host] = seen_ms, self.host(host).seen(fact, self._attempts)
            if fact.phase is HostStatus.OUT_OF_SERVICE:
                self._take_down(host)
        elif isinstance(fact, EventSeen) and host is not None:
            event = self.event(host, fact.tenant)
            shown = event.shown(fact.status, fact.event_id, late_ms)
            self._events[host, fact.tenant] = self._now(), shown

    def _take_down(self, host: str) -> None:
        """A host that went out of service lost its power, and with it whatever ran or was paused;
        a VM that maintenance had shut down would be off without that now.
        """
        for name in self._vms:
            vm = self.vm(name)
            if vm.host != host or vm.status in {VmStatus.FAILED, VmStatus.ABSENT}:
                continue
            if vm.status is not VmStatus.STOPPED:
                failed = vm_seen(vm, VmSeen(VmStatus.FAILED, Reason.POWER_LOSS), 0)
                vm = replace(failed, host=host, has_failed=True)
            elif vm.is_down_for_maintenance:
                vm = replace(vm, holder=Holder.NOBODY)
            self._vms[name] = self._now(), vm

    def _now(self) -> int:
        return self._now_ms or 0

    def _forgive(self) -> None:
        """An operator has looked at all that failed; who has no attempt left has all again."""
        for name, (as_of_ms, vm) in self._vms.items():
            self._vms[name] = as_of_ms, replace(vm, has_failed=False)
        for name, (as_of_ms, host) in self._hosts.items():
            attempts = 0 if host.attempts >= self._attempts else host.attempts
            self._hosts[name] = as_of_ms, replace(host, has_failed=False, attempts=attempts)

    def _remark(self, trouble: Trouble, record: Record, text: str) -> None:
        self._remarks.append(Remark(trouble, record, text))


def in_order(records: Iterable[Record]) -> tuple[Record, ...]:
    """Records by time; those of one time stay in the order in which they came.

    For histories that are complete: a ledger that is fed in order can date everything rightly.
    """
    return tuple(sorted(records, key=lambda record: record.monotonic_ms))


def _fingerprinted(vm: SeenVm, fact: MemoryFingerprinted) -> SeenVm:
    """Two digests of one coverage in one pause must be equal; those of a running VM say nothing."""
    if not vm.is_paused_for_maintenance:
        return vm
    first = vm.fingerprints.get(fact.coverage, fact.digest)
    return replace(
        vm,
        fingerprints=MappingProxyType({**vm.fingerprints, fact.coverage: first}),
        memory_is_intact=vm.memory_is_intact and first == fact.digest,
    )
