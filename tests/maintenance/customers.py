"""Customers of a simulated fleet, who now and then do something to their VMs.

Owns what they do and how often. Whether the platform admits it is for the rules to say, by what the
controller shows of its hosts; it must not know how VMs are maintained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict

from freezeframe.adapters.simulated import Choices, SimulatedHost, Simulation
from freezeframe.fleet import Fleet
from freezeframe.lifecycles import VmStatus
from freezeframe.maintenance.rulebook import Rulebook
from freezeframe.protocol import Actor, Instance, State
from freezeframe.protocol.components import VM

WAIT_MS_MAX = 15_000
"""How long a customer waits at most after what another did."""

_OFF = frozenset({VmStatus.STOPPED, VmStatus.FAILED})


def _release(host: SimulatedHost, vm: str) -> None:
    """Whoever lets a VM go on that maintenance did not pause sees to its clock."""
    host.guest(vm).clock_offset_ms = 0
    host.release(vm)
    host.guest(vm).clock_offset_ms = 0


_ACTS: Mapping[str, tuple[frozenset[VmStatus], Callable[[SimulatedHost, str], None]]] = {
    "create": (frozenset({VmStatus.ABSENT}), SimulatedHost.create),
    "delete": (_OFF, SimulatedHost.delete),
    "start": (_OFF, SimulatedHost.start),
    "stop": (frozenset({VmStatus.RUNNING, VmStatus.PAUSED}), SimulatedHost.stop),
    "suspend": (frozenset({VmStatus.RUNNING}), SimulatedHost.hold),
    "release": (frozenset({VmStatus.PAUSED}), _release),
}
"""By rule: how a VM must be found for it, and what it does to it."""


class Customers:
    """All customers of a fleet; `left` says how often they may still do each thing."""

    def __init__(
        self,
        fleet: Fleet,
        simulation: Simulation,
        choices: Choices,
        rulebook: Rulebook,
        shown: Callable[[], State],
    ) -> None:
        """Act as often as the fleet file says, if by `shown` the rules admit it."""
        self._simulation, self._choices = simulation, choices
        self._rulebook, self._shown = rulebook, shown
        budgets: Mapping[str, int] = asdict(fleet.customer)
        self.left = {name: count for name, count in budgets.items() if name in _ACTS and count}
        self.acted: list[str] = []
        if self.left or fleet.faults.io_error:
            self._wait()

    def _wait(self) -> None:
        delay_ms = self._choices.integer(1, WAIT_MS_MAX, "time until a customer acts")
        self._simulation.time.plan(delay_ms, self._act)

    def _act(self) -> None:
        wishes = [
            each
            for each in self._rulebook.enabled(self._shown(), {Actor.CUSTOMER})
            if self._is_possible(each)
        ]
        if wishes:
            wish = wishes[self._choices.integer(0, len(wishes) - 1, "what a customer does")]
            host, vm = self._place(wish)
            if wish.rule.name in self.left:
                self.left[wish.rule.name] -= 1
            self.acted.append(str(wish))
            _ACTS[wish.rule.name][1](host, vm)
        self._wait()

    def _is_possible(self, wish: Instance) -> bool:
        name = wish.rule.name
        if name not in _ACTS or (name != "release" and not self.left.get(name)):
            return False
        host, vm = self._place(wish)
        machine = host.machines[vm]
        return host.has_power and machine.status in _ACTS[name][0] and not machine.is_held

    def _place(self, wish: Instance) -> tuple[SimulatedHost, str]:
        vm = wish.subjects[-1]
        seat = self._rulebook.component(self._shown(), VM, vm).place
        return self._simulation.hosts[self._rulebook.system.topology.places(vm)[seat]], vm
