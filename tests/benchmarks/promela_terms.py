"""What the Promela model of a fleet is written in: options, variables, who is related to whom.

Takes nothing from the protocol, only a fleet. It must not know what any rule says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import gcd

from freezeframe.fleet import Fleet, Span

STATUSES = (
    ("IN_SERVICE", "SCHEDULED", "QUIESCING", "UPDATING", "ROLLING_BACK", "RESTORING", "NO_POWER"),
    ("RUNNING", "PAUSING", "PAUSED", "RESUMING", "RESUMED", "FAILED"),
    ("STEADY", "MAINTAINING", "RECOVERING", "HALTED"),
    ("UNANNOUNCED", "ANNOUNCED", "APPROVED", "STARTED", "COMPLETED", "CANCELLED"),
)
"""Of hosts, VMs, availability sets and events; the first of each is 0, where they begin."""


@dataclass(frozen=True)
class Option:
    """A rule for certain components: when it may be taken, what it does, and when time waits."""

    name: str
    guard: tuple[str, ...]
    effects: tuple[str, ...]
    urgent: str = "false"
    """Time must wait while the guard and this hold."""

    def __str__(self) -> str:
        """An option of the loop, in Promela."""
        guard, effects = " && ".join(self.guard), "; ".join(self.effects)
        return f"  :: d_step {{ /* {self.name} */ {guard} -> {effects} }}"


class Terms:
    """The variables of a fleet by name, durations in ticks, and what several rules do alike."""

    def __init__(self, fleet: Fleet) -> None:
        """Count the durations of `fleet` in the greatest tick that divides them all."""
        self.fleet = fleet
        self.timing = fleet.timing
        resumes_ms = fleet.timing.resume.max_ms * (1 + fleet.tolerance.resume_failure)
        abandon_ms = max(0, fleet.limits.pause_ms - resumes_ms)
        abort_ms = max(0, fleet.limits.pause_ms - resumes_ms - fleet.timing.rollback.max_ms)
        self.tick_ms = gcd(*fleet.durations_ms, abandon_ms, abort_ms)
        self.abandon, self.abort = abandon_ms // self.tick_ms, abort_ms // self.tick_ms
        self.notice = fleet.limits.notice_ms // self.tick_ms
        self.limit = fleet.limits.pause_ms // self.tick_ms
        self.hosts = range(len(fleet.hosts))
        self.vms = range(len(fleet.vms))

    # Who is related to whom

    @cached_property
    def sets(self) -> list[str]:
        """The availability sets that have VMs."""
        return list(
            dict.fromkeys(vm.availability_set for vm in self.fleet.vms if vm.availability_set)
        )

    @cached_property
    def events(self) -> list[tuple[str, str]]:
        """(host, tenant); a tenant is a set, or a VM that is in none."""
        pairs = ((vm.host, vm.availability_set or vm.name) for vm in self.fleet.vms)
        return list(dict.fromkeys(pairs))

    def host_of(self, vm: int) -> int:
        """The host that carries `vm`."""
        return [host.name for host in self.fleet.hosts].index(self.fleet.vms[vm].host)

    def vms_on(self, host: int) -> list[int]:
        """The VMs that `host` carries."""
        return [vm for vm in self.vms if self.host_of(vm) == host]

    def events_of(self, host: int) -> list[int]:
        """The events that are about `host`."""
        name = self.fleet.hosts[host].name
        return [number for number, (at, _) in enumerate(self.events) if at == name]

    def domains_on(self, host: int) -> dict[int, set[int]]:
        """The update domains that `host` carries, by set."""
        found: dict[int, set[int]] = {}
        for vm in map(self.fleet.vms.__getitem__, self.vms_on(host)):
            if vm.availability_set is not None:
                domains = found.setdefault(self.sets.index(vm.availability_set), set())
                domains.add(vm.update_domain or 0)
        return found

    # Variables

    @property
    def budgets(self) -> dict[str, int]:
        """What may happen only so often, with how often; nothing that may never happen."""
        counts = {**vars(self.fleet.faults), **vars(self.fleet.operator)}
        return {name: count for name, count in counts.items() if count}

    def declarations(self) -> Iterator[str]:
        """Every variable, as it begins, with the bits that it needs; statuses begin as 0."""
        hosts, vms, sets, events = (len(statuses) - 1 for statuses in STATUSES)
        timing = self.timing
        attempts = self.fleet.update.attempts
        update, rollback = self.longest(timing.update), self.longest(timing.rollback)
        resume, clock_sync = self.longest(timing.resume), self.longest(timing.clock_sync)
        for host in self.hosts:
            yield _variable(f"host{host}", hosts)
            yield _variable(f"host_for{host}", max(update + 1, rollback))
            yield _variable(f"hung{host}", 1)
            yield _variable(f"new{host}", 1)
            yield _variable(f"attempts{host}", attempts, attempts)
            yield _variable(f"failed_host{host}", 1)
        for vm in self.vms:
            yield _variable(f"vm{vm}", vms)
            yield _variable(f"paused_for{vm}", self.limit + 1)
            yield _variable(f"vm_for{vm}", max(resume, clock_sync))
            yield _variable(f"failed_vm{vm}", 1)
        for group, name in enumerate(self.sets):
            domains = [
                vm.update_domain or 0 for vm in self.fleet.vms if vm.availability_set == name
            ]
            yield _variable(f"set{group}", sets)
            yield _variable(f"lane{group}", max(domains))
            yield _variable(f"busy{group}", len(self.hosts))
            yield _variable(f"set_for{group}", self.longest(timing.recovery))
        for event in range(len(self.events)):
            yield _variable(f"event{event}", events)
            yield _variable(f"announced_for{event}", self.notice)
            yield _variable(f"agreed{event}", 1)
        yield _variable("alarm", 1)
        for name, count in self.budgets.items():
            yield _variable(f"left_{name}", count, count)

    def longest(self, span: Span) -> int:
        """The longest time of an operation, in ticks."""
        return span.max_ms // self.tick_ms

    def takes(self, clock: str, span: Span) -> tuple[tuple[str, ...], str]:
        """When an operation may be complete, and when it must be."""
        least, longest = span.min_ms // self.tick_ms, self.longest(span)
        return ((f"{clock} >= {least}",) if least else ()), f"{clock} >= {longest}"

    def spent(self, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What must be left of a budget, and how it is spent."""
        return (f"left_{name} > 0",), (f"left_{name}--",)

    # What several rules do

    @staticmethod
    def enters(host: int, status: str) -> tuple[str, ...]:
        """A host takes on a status; its clock starts anew, and nothing hangs."""
        return (f"host{host} = {status}", f"host_for{host} = 0", f"hung{host} = 0")

    def leaves_sets(self, host: int) -> tuple[str, ...]:
        """Each set of a host has one host less under maintenance; after the last it recovers."""
        effects = []
        for g in self.domains_on(host):
            last = f"set{g} = RECOVERING; lane{g} = 0; set_for{g} = 0"
            effects += [f"busy{g}--", f"if :: busy{g} == 0 -> {last} :: else fi"]
        return tuple(effects)

    def ends_events(self, host: int) -> tuple[str, ...]:
        """An event that has started is completed, one that has not is cancelled."""
        effects = []
        for e in self.events_of(host):
            rest = f"announced_for{e} = 0; agreed{e} = 0"
            effects.append(
                f"if :: event{e} == STARTED -> event{e} = COMPLETED; {rest} "
                f":: event{e} == ANNOUNCED || event{e} == APPROVED -> event{e} = CANCELLED; {rest} "
                ":: else fi"
            )
        return tuple(effects)

    def withdrawn(self, host: int) -> tuple[str, ...]:
        """A host goes back in service, and its sets and tenants are told."""
        return (
            *self.enters(host, "IN_SERVICE"),
            *self.leaves_sets(host),
            *self.ends_events(host),
        )

    @staticmethod
    def is_held(vm: int) -> str:
        """Whether maintenance holds a VM."""
        return f"(vm{vm} == PAUSING || vm{vm} == PAUSED || vm{vm} == RESUMING)"


def _variable(name: str, greatest: int, first: int = 0) -> str:
    return f"unsigned {name} : {max(1, greatest.bit_length())} = {first};"
