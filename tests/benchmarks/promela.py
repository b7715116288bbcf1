"""The protocol once more, in Promela, for fleets without moves: what SPIN is given to explore.

Written by hand from the sentences of the rules, and therefore an oracle: it takes nothing from the
protocol, the tables or the explorer, only a fleet. It covers the policy of one update domain at a
time, VM-preserving updates, VMs that stay where they are, and every fault but those that blind or
stop the controller or silence an agent for good. What then follows from something else is no
variable: the controller sees what is, a VM's memory is intact unless it failed, its clock is right
unless it has just been resumed, and maintenance holds it just while it is pausing, paused or
resuming.
"""

from __future__ import annotations

from collections.abc import Iterator

from freezeframe.fleet import Fleet, UpdateKind

from .promela_terms import STATUSES, Option, Terms

_BLINDING = ("controller_crash", "event_lost", "event_repeated", "io_error", "agent_death")


def promela(fleet: Fleet) -> str:
    """`fleet` as a Promela model; raises `ValueError` for what this module leaves out."""
    blinding = [name for name in _BLINDING if getattr(fleet.faults, name)]
    others = [host.name for host in fleet.hosts if host.update is not None]
    changing = [vm.name for vm in fleet.vms if vm.may_move_to or not (vm.preservable and vm.exists)]
    actions = [name for name, count in vars(fleet.customer).items() if count]
    found = blinding + others + changing + actions
    if fleet.update.kind is not UpdateKind.VM_PRESERVING:
        found.append(fleet.update.kind)
    if found:
        raise ValueError(
            "expected VM-preserving updates beneath VMs that stay where they are, "
            f"and a controller that sees and acts; found {', '.join(found)}"
        )
    return _Model(fleet).text


class _Model(Terms):
    """One option of a single loop for each rule and each tuple of related components."""

    @property
    def text(self) -> str:
        options = list(self._options())
        return "\n".join(
            [
                *(f"#define {name} {i}" for names in STATUSES for i, name in enumerate(names)),
                *self.declarations(),
                "active proctype fleet() {",
                "  do",
                *map(str, options),
                str(self._wait(options)),
                "  od",
                "}",
                "",
            ]
        )

    def _options(self) -> Iterator[Option]:
        for host in self.hosts:
            yield from self._admission(host)
            yield from self._update(host)
            yield from self._host_faults(host)
        for vm in self.vms:
            yield from self._pause_and_resume(vm)
            yield from self._vm_faults(vm)
        for group in range(len(self.sets)):
            yield from self._set(group)
        for event in range(len(self.events)):
            approved = (
                f"event{event} = APPROVED",
                f"announced_for{event} = 0",
                f"agreed{event} = 1",
            )
            yield Option(f"approve {event}", (f"event{event} == ANNOUNCED",), approved)
        yield self._clear_alarm()

    # Hosts

    def _admission(self, host: int) -> Iterator[Option]:
        """Until the VMs of a host are impacted: schedule, withdraw, cancel, quiesce."""
        events, domains = self.events_of(host), self.domains_on(host)
        if all(len(lanes) == 1 for lanes in domains.values()):
            free = [
                f"(set{g} == STEADY || (set{g} == MAINTAINING && lane{g} == {min(lanes)}))"
                for g, lanes in domains.items()
            ]
            over = [
                f"(event{e} == UNANNOUNCED || event{e} == COMPLETED || event{e} == CANCELLED)"
                for e in events
            ]
            entered = [
                f"set{g} = MAINTAINING; lane{g} = {min(lanes)}; busy{g}++; set_for{g} = 0"
                for g, lanes in domains.items()
            ]
            told = [f"event{e} = ANNOUNCED; announced_for{e} = 0; agreed{e} = 0" for e in events]
            could = (
                f"host{host} == IN_SERVICE",
                f"new{host} == 0",
                f"attempts{host} > 0",
                "alarm == 0",
            )
            begin = (*self.enters(host, "SCHEDULED"), *entered, *told)
            yield Option(f"schedule {host}", (*could, *free, *over), begin)
        is_scheduled = f"host{host} == SCHEDULED"
        yield Option(f"withdraw {host}", (is_scheduled, "alarm == 1"), self.withdrawn(host))
        if "cancel" in self.budgets:
            may, spend = self.spent("cancel")
            yield Option(f"cancel {host}", (is_scheduled, *may), (*self.withdrawn(host), *spend))
        noticed = f">= {self.notice}"
        ready = [
            f"(event{e} == APPROVED || (event{e} == ANNOUNCED && announced_for{e} {noticed}))"
            for e in events
        ]
        impact = [f"attempts{host}--", *(f"event{e} = STARTED" for e in events)]
        effects = (*self.enters(host, "QUIESCING"), *impact)
        yield Option(f"quiesce {host}", (is_scheduled, "alarm == 0", *ready), effects)

    def _update(self, host: int) -> Iterator[Option]:
        """From the impact until the host is back in service."""
        still = [
            f"((vm{v} == PAUSED && paused_for{v} < {self.abort}) || vm{v} == FAILED)"
            for v in self.vms_on(host)
        ]
        is_quiescing, is_updating = f"host{host} == QUIESCING", f"host{host} == UPDATING"
        yield Option(
            f"begin update {host}", (is_quiescing, *still), self.enters(host, "UPDATING"), "true"
        )
        for v in self.vms_on(host):
            for name, status, at, then in (
                ("abandon", is_quiescing, self.abandon, "RESTORING"),
                ("abort", is_updating, self.abort, "ROLLING_BACK"),
            ):
                late = (status, self.is_held(v), f"paused_for{v} >= {at}")
                yield Option(f"{name} {host} {v}", late, self.enters(host, then), "true")
        overdue = f"host_for{host} > {self.longest(self.timing.update)}"
        back = self.enters(host, "ROLLING_BACK")
        yield Option(f"give up {host}", (is_updating, overdue), back, "true")
        may, must = self.takes(f"host_for{host}", self.timing.update)
        done = (*self.enters(host, "RESTORING"), f"new{host} = 1")
        yield Option(f"update {host}", (is_updating, f"hung{host} == 0", *may), done, must)
        may, must = self.takes(f"host_for{host}", self.timing.rollback)
        is_back = (f"host{host} == ROLLING_BACK", *may)
        yield Option(f"roll back {host}", is_back, self.enters(host, "RESTORING"), must)
        up = [f"(vm{v} == RUNNING || vm{v} == FAILED)" for v in self.vms_on(host)]
        in_vain = f"new{host} == 0 && attempts{host} == 0"
        failed = f"if :: {in_vain} -> alarm = 1; failed_host{host} = 1 :: else fi"
        yield Option(
            f"return {host}",
            (f"host{host} == RESTORING", *up),
            (*self.withdrawn(host), failed),
            "true",
        )

    def _host_faults(self, host: int) -> Iterator[Option]:
        is_updating = f"host{host} == UPDATING"
        if "update_hang" in self.budgets:
            may, spend = self.spent("update_hang")
            guard = (is_updating, f"hung{host} == 0", *may)
            yield Option(f"hang {host}", guard, (f"hung{host} = 1", *spend))
        if "update_failure" in self.budgets:
            may, spend = self.spent("update_failure")
            effects = (*self.enters(host, "ROLLING_BACK"), *spend)
            yield Option(f"fail update {host}", (is_updating, *may), effects)
        if "power_loss" in self.budgets:
            may, spend = self.spent("power_loss")
            mine = self.vms_on(host)
            leaves = " ; ".join(self.leaves_sets(host)) or "skip"
            effects = (
                f"if :: host{host} != IN_SERVICE -> {leaves} :: else fi",
                *self.enters(host, "NO_POWER"),
                f"failed_host{host} = 1",
                *(f"if :: vm{v} != FAILED -> failed_vm{v} = 1 :: else fi" for v in mine),
                *(f"vm{v} = FAILED; paused_for{v} = 0; vm_for{v} = 0" for v in mine),
                *self.ends_events(host),
                "alarm = 1",
                *spend,
            )
            yield Option(f"lose power {host}", (f"host{host} != NO_POWER", *may), effects)
            guard = (f"host{host} == NO_POWER",)
            yield Option(f"repair {host}", guard, self.enters(host, "IN_SERVICE"))

    # VMs

    def _pause_and_resume(self, vm: int) -> Iterator[Option]:
        host = self.host_of(vm)
        guard: tuple[str, ...] = (f"host{host} == QUIESCING", f"vm{vm} == RUNNING")
        yield Option(f"pause {vm}", guard, (f"vm{vm} = PAUSING", f"vm_for{vm} = 0"), "true")
        may, must = self.takes(f"paused_for{vm}", self.timing.pause)
        guard = (f"vm{vm} == PAUSING", *may)
        yield Option(f"paused {vm}", guard, (f"vm{vm} = PAUSED", f"vm_for{vm} = 0"), must)
        guard = (f"host{host} == RESTORING", f"vm{vm} == PAUSED")
        yield Option(f"resume {vm}", guard, (f"vm{vm} = RESUMING", f"vm_for{vm} = 0"), "true")
        may, must = self.takes(f"vm_for{vm}", self.timing.resume)
        effects = (f"vm{vm} = RESUMED", f"vm_for{vm} = 0", f"paused_for{vm} = 0")
        yield Option(f"resumed {vm}", (f"vm{vm} == RESUMING", *may), effects, must)
        may, must = self.takes(f"vm_for{vm}", self.timing.clock_sync)
        guard = (f"vm{vm} == RESUMED", *may)
        yield Option(f"set clock {vm}", guard, (f"vm{vm} = RUNNING", f"vm_for{vm} = 0"), must)

    def _vm_faults(self, vm: int) -> Iterator[Option]:
        lost = (
            f"vm{vm} = FAILED",
            f"failed_vm{vm} = 1",
            f"vm_for{vm} = 0",
            f"paused_for{vm} = 0",
            "alarm = 1",
        )
        ran_on = (f"vm{vm} = RUNNING", f"vm_for{vm} = 0", f"paused_for{vm} = 0")
        for name, status, effects in (
            ("pause_failure", "PAUSING", ran_on),
            ("resume_failure", "RESUMING", (f"vm{vm} = PAUSED", f"vm_for{vm} = 0")),
            ("agent_silent", "RESUMED", (f"vm_for{vm} = 0",)),
            ("vm_crash", "PAUSED", lost),
        ):
            if name in self.budgets:
                may, spend = self.spent(name)
                yield Option(f"{name} {vm}", (f"vm{vm} == {status}", *may), (*effects, *spend))

    # Sets, the alarm, time

    def _set(self, group: int) -> Iterator[Option]:
        name = self.sets[group]
        members = [v for v in self.vms if self.fleet.vms[v].availability_set == name]
        may, must = self.takes(f"set_for{group}", self.timing.recovery)
        up = (f"!{self.is_held(v)}" for v in members)
        guard = (f"set{group} == RECOVERING", *may, *up)
        yield Option(
            f"settle {group}", guard, (f"set{group} = STEADY", f"set_for{group} = 0"), must
        )
        guard = ("alarm == 1", f"(set{group} == STEADY || set{group} == RECOVERING)")
        yield Option(
            f"halt {group}", guard, (f"set{group} = HALTED", f"set_for{group} = 0"), "true"
        )

    def _clear_alarm(self) -> Option:
        attempts = self.fleet.update.attempts
        effects = (
            "alarm = 0",
            *(
                f"if :: set{g} == HALTED -> set{g} = STEADY; set_for{g} = 0 :: else fi"
                for g in range(len(self.sets))
            ),
            *(f"if :: attempts{h} == 0 -> attempts{h} = {attempts} :: else fi" for h in self.hosts),
            *(f"failed_host{h} = 0" for h in self.hosts),
            *(f"failed_vm{v} = 0" for v in self.vms),
        )
        return Option("clear alarm", ("alarm == 1",), effects)

    def _wait(self, options: list[Option]) -> Option:
        """One unit of time, unless something is due."""
        due = [
            " && ".join([*each.guard, *([each.urgent] if each.urgent != "true" else [])])
            for each in options
            if each.urgent != "false"
        ]
        effects = tuple(self._clocks())
        guard = "!(" + " || ".join(f"({each})" for each in due) + ")" if due else "true"
        return Option("wait", (guard,), effects)

    def _clocks(self) -> Iterator[str]:
        """What counts time, and where it stops counting because nothing can tell any more."""
        timing = self.timing
        update, rollback = self.longest(timing.update), self.longest(timing.rollback)
        resume, clock_sync = self.longest(timing.resume), self.longest(timing.clock_sync)
        recovery = self.longest(timing.recovery)
        for h in self.hosts:
            yield _first_of(
                (f"host{h} == UPDATING", f"host_for{h}", f"{update} + hung{h}"),
                (f"host{h} == ROLLING_BACK", f"host_for{h}", rollback),
            )
        for v in self.vms:
            yield _first_of((self.is_held(v), f"paused_for{v}", self.limit + 1))
            yield _first_of(
                (f"vm{v} == RESUMING", f"vm_for{v}", resume),
                (f"vm{v} == RESUMED", f"vm_for{v}", clock_sync),
            )
        for g in range(len(self.sets)):
            yield _first_of((f"set{g} == RECOVERING", f"set_for{g}", recovery))
        for e in range(len(self.events)):
            yield _first_of((f"event{e} == ANNOUNCED", f"announced_for{e}", self.notice))


def _first_of(*counts: tuple[str, str, str | int]) -> str:
    """Let one of the clocks that run count, each (while, clock, where it stops)."""
    options = (f":: {runs} && {clock} < {stop} -> {clock}++" for runs, clock, stop in counts)
    return f"if {' '.join(options)} :: else fi"
