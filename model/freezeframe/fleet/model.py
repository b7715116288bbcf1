"""What a fleet is: hosts, VMs, availability sets, promised durations, limits and faults.

Owns plain values only. It knows neither the file format (`document`) nor the rules that run over
it. Times are whole milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum

PAUSE_LIMIT_MS = 30_000
"""Longest pause of a VM. Source: "resumed within 30 seconds", Azure planned-maintenance page of
2017 (https://github.com/MicrosoftDocs/azure-docs,
includes/virtual-machines-common-planned-maintenance.md).
"""

CLOCK_TOLERANCE_MS = 1_000
"""Clock offset that counts as right. Source: chrony `makestep 1.0 -1` in Azure's time-sync page."""

FREEZE_NOTICE_MS = 900_000
"""Least notice before a Freeze. Source: Azure's Scheduled Events page, table of minimum notice."""

UPDATE_DOMAINS_DEFAULT = 5
UPDATE_DOMAINS_MAX = 20
FAULT_DOMAINS_MAX = 3
"""Bounds of an availability set. Source: Azure's availability set overview."""


class UpdateKind(StrEnum):
    """What an update of the hosting environment does to the VMs above it."""

    NO_IMPACT = "no-impact"
    VM_PRESERVING = "vm-preserving"
    DISRUPTIVE = "disruptive"


@dataclass(frozen=True)
class Span:
    """How long an operation takes, both ends inclusive; zero is allowed, `min_ms <= max_ms`."""

    min_ms: int
    max_ms: int


@dataclass(frozen=True)
class Timing:
    """The durations that hypervisor, guest and controller promise."""

    pause: Span = Span(0, 1_000)
    update: Span = Span(5_000, 15_000)
    rollback: Span = Span(0, 5_000)
    resume: Span = Span(0, 2_000)
    clock_sync: Span = Span(0, 1_000)
    restart: Span = Span(0, 2_000)
    """From a crash of the controller until it acts again."""
    poll: Span = Span(0, 1_000)
    """Until the controller sees for itself what no event told it."""
    recovery: Span = Span(0, 0)
    """Rest of an availability set between two of its update domains."""


@dataclass(frozen=True)
class Limits:
    """What customers are promised."""

    pause_ms: int = PAUSE_LIMIT_MS
    clock_tolerance_ms: int = CLOCK_TOLERANCE_MS
    notice_ms: int = FREEZE_NOTICE_MS


@dataclass(frozen=True)
class Update:
    """The update to be deployed: its kind, and how often a host may try it before an operator
    looks.
    """

    kind: UpdateKind = UpdateKind.VM_PRESERVING
    attempts: int = 1


@dataclass(frozen=True)
class Faults:
    """How many of each fault the environment may inject into the whole fleet."""

    update_hang: int = 0
    update_failure: int = 0
    pause_failure: int = 0
    resume_failure: int = 0
    agent_silent: int = 0
    agent_death: int = 0
    vm_crash: int = 0
    power_loss: int = 0
    controller_crash: int = 0
    event_lost: int = 0
    event_repeated: int = 0
    io_error: int = 0


@dataclass(frozen=True)
class CustomerActions:
    """How often customers may do each of these to their VMs while maintenance runs."""

    create: int = 0
    delete: int = 0
    start: int = 0
    stop: int = 0
    move: int = 0
    suspend: int = 0
    poll_late: int = 0
    approve_again: int = 0
    approve_for_another: int = 0


@dataclass(frozen=True)
class OperatorActions:
    """How often operators may do each of these; clearing an alarm and repairing a host are free."""

    cancel: int = 0


@dataclass(frozen=True)
class Tolerance:
    """How many of each fault the controller's deadlines leave time for, in one pause.

    A fleet file that says nothing tolerates just the faults that it declares.
    """

    resume_failure: int = 0
    controller_crash: int = 0
    event_lost: int = 0


@dataclass(frozen=True)
class AvailabilitySet:
    """VMs that back one service and must not go down together."""

    name: str
    update_domains: int = UPDATE_DOMAINS_DEFAULT
    fault_domains: int = 2


@dataclass(frozen=True)
class Host:
    """A machine that runs VMs; `update` overrides the fleet's kind of update for this host.

    The rest is how a run reaches and updates it, and nothing that a check asks: `uri` names its
    adapter, a command is a program and its arguments, and a timeout is None where the longest time
    that the fleet's timing promises is the limit (`Fleet.update_timeout_ms`).
    """

    name: str
    fault_domain: int = 0
    update: UpdateKind | None = None
    uri: str | None = None
    update_command: tuple[str, ...] = ()
    rollback_command: tuple[str, ...] = ()
    update_timeout_ms: int | None = None
    rollback_timeout_ms: int | None = None


@dataclass(frozen=True)
class VirtualMachine:
    """A customer's VM.

    `may_move_to` names the other hosts that its customer may move it to, `preservable` is False for
    a series that must not be paused (it is shut down and started again instead), and `exists` is
    False for a VM that its customer may create meanwhile. `update_domain` is None exactly when it
    is in no set. The rest is nothing that a check asks: `address` is the IP address from which it
    asks for its scheduled events, and `domain` is what its host calls it, None where that is its
    name.
    """

    name: str
    host: str
    availability_set: str | None = None
    update_domain: int | None = None
    may_move_to: tuple[str, ...] = ()
    preservable: bool = True
    exists: bool = True
    address: str | None = None
    domain: str | None = None

    @property
    def tenant(self) -> str:
        """Who is told of what happens to it: all VMs of its set, or it alone."""
        return self.availability_set or self.name


def kind_of_update(
    own: UpdateKind | None, common: UpdateKind, *, is_preservable: bool
) -> UpdateKind:
    """What an update does to a VM: `own` is its host's kind, if any, `common` the fleet's."""
    kind = own or common
    if kind is UpdateKind.VM_PRESERVING and not is_preservable:
        return UpdateKind.DISRUPTIVE
    return kind


@dataclass(frozen=True)
class Fleet:
    """Everything that a check, a plan or a run needs to know. Names are unique within each kind."""

    name: str
    hosts: tuple[Host, ...]
    vms: tuple[VirtualMachine, ...]
    availability_sets: tuple[AvailabilitySet, ...] = ()
    timing: Timing = field(default_factory=Timing)
    limits: Limits = field(default_factory=Limits)
    update: Update = field(default_factory=Update)
    faults: Faults = field(default_factory=Faults)
    customer: CustomerActions = field(default_factory=CustomerActions)
    operator: OperatorActions = field(default_factory=OperatorActions)
    tolerance: Tolerance = field(default_factory=Tolerance)

    @property
    def durations_ms(self) -> tuple[int, ...]:
        """Every duration and limit that rules compare a clock with, in milliseconds."""
        spans = (getattr(self.timing, each.name) for each in fields(self.timing))
        bounds = tuple(bound for span in spans for bound in (span.min_ms, span.max_ms))
        return (*bounds, self.limits.pause_ms, self.limits.notice_ms)

    def kind_of_update(self, host: Host, vm: VirtualMachine | None = None) -> UpdateKind:
        """What the update of `host` does to `vm`, or, for None, to a VM that can be preserved."""
        is_preservable = vm is None or vm.preservable
        return kind_of_update(host.update, self.update.kind, is_preservable=is_preservable)

    def update_timeout_ms(self, host: Host) -> int:
        """How long the update command of `host` may run, in milliseconds."""
        own_ms = host.update_timeout_ms
        return self.timing.update.max_ms if own_ms is None else own_ms

    def rollback_timeout_ms(self, host: Host) -> int:
        """How long the rollback command of `host` may run, in milliseconds."""
        own_ms = host.rollback_timeout_ms
        return self.timing.rollback.max_ms if own_ms is None else own_ms
