"""A simulated host: VMs, the jobs that its hypervisor does for them, and what may go wrong.

Owns what happens on the host, and the back door by which tests and customers act on it. It must
not know who is connected; `adapter` does. Nothing happens but in virtual time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from freezeframe.adapters.simulated.choices import Fate
from freezeframe.adapters.simulated.guest import Guest
from freezeframe.adapters.simulated.machine import Machine
from freezeframe.adapters.simulated.virtual_time import VirtualTime
from freezeframe.fleet import Timing, UpdateKind
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Reason

CRASH_AFTER_MS_MAX: Final = 20_000
"""A fault that strikes by itself does so within this time of its occasion."""

Listener = Callable[[Machine, bool], None]
"""Is told of a VM that changed, and whether an operation of ours changed it."""


class Environment(StrEnum):
    """The hosting environment beneath the VMs."""

    OLD = "old"
    NEW = "new"
    UPDATING = "updating"
    BROKEN = "broken"
    ROLLING_BACK = "rolling back"


@dataclass(frozen=True)
class VmSpec:
    """A VM to begin with: its name, and whether it is marked and is there at all."""

    name: str
    is_marked: bool = True
    exists: bool = True


class SimulatedHost:
    """A host whose hypervisor, guests and faults are simulated; VMs that exist run at once."""

    def __init__(
        self,
        name: str,
        vms: Sequence[VmSpec],
        *,
        time: VirtualTime,
        fate: Fate,
        timing: Timing | None = None,
        pages: int = 16,
        seed: int = 0,
        update: UpdateKind = UpdateKind.VM_PRESERVING,
    ) -> None:
        """Start up; guests have `pages` pages of memory each and follow `seed`."""
        self.name, self.time, self.fate, self.update = name, time, fate, update
        self.timing = timing or Timing()
        self.environment = Environment.OLD
        self.has_power = True
        self.listeners: list[Listener] = []
        self.attending: list[Callable[[], None]] = []
        """Those who wait for what is being brought up."""
        self.on_outage: list[Callable[[str], None]] = []
        self.on_return: list[Callable[[], None]] = []
        self.connections = 0
        """How many are open."""
        self.out_of_sight = 0
        """How many causes there are for which nobody reaches the host."""
        self._silent: dict[str, int] = {}
        self.machines = {
            spec.name: Machine(
                spec.name,
                Guest(pages, f"{seed}/{name}/{spec.name}"),
                host=name,
                is_marked=spec.is_marked,
                exists=spec.exists,
            )
            for spec in vms
        }
        for spec in vms:
            if spec.exists:
                self.put(self.machines[spec.name], VmStatus.RUNNING, Reason.BOOTED)

    @property
    def is_in_sight(self) -> bool:
        """Whether it can be reached."""
        return self.has_power and not self.out_of_sight

    def guest(self, vm: str) -> Guest:
        """The guest of `vm`, with all that it wrote until now."""
        guest = self.machines[vm].guest
        guest.settle(self.time.monotonic_ms())
        return guest

    def put(
        self, machine: Machine, status: VmStatus, reason: Reason, *, is_ours: bool = False
    ) -> None:
        """Let a VM take on `status`, and tell of it."""
        machine.change(status, reason, self.time.monotonic_ms(), is_ours=is_ours)
        if status is VmStatus.RUNNING:
            self._suffer_update(machine)
            self._plan_io_error(machine)
        for listener in list(self.listeners):
            listener(machine, is_ours)

    def hold(self, vm: str, reason: Reason = Reason.USER) -> None:
        """Pause a running VM for somebody else: its customer, or an I/O error."""
        self._move(vm, VmStatus.RUNNING, VmStatus.PAUSED, reason)

    def release(self, vm: str) -> None:
        """Let a paused VM go on, for somebody else."""
        self._move(vm, VmStatus.PAUSED, VmStatus.RUNNING, Reason.UNPAUSED)

    def stop(self, vm: str) -> None:
        """Shut a VM off, for its customer."""
        machine = self.machines[vm]
        expected = VmStatus.PAUSED if machine.status is VmStatus.PAUSED else VmStatus.RUNNING
        self._move(vm, expected, VmStatus.STOPPED, Reason.DESTROYED)

    def start(self, vm: str) -> None:
        """Start a VM that is off, with new memory, for its customer."""
        machine = self.machines[vm]
        expected = VmStatus.FAILED if machine.status is VmStatus.FAILED else VmStatus.STOPPED
        self._move(vm, expected, VmStatus.RUNNING, Reason.BOOTED)

    def create(self, vm: str) -> None:
        """Create and start a VM that is not there."""
        self._move(vm, VmStatus.ABSENT, VmStatus.RUNNING, Reason.BOOTED)

    def delete(self, vm: str) -> None:
        """Remove a VM that is off."""
        machine = self.machines[vm]
        expected = VmStatus.FAILED if machine.status is VmStatus.FAILED else VmStatus.STOPPED
        self._move(vm, expected, VmStatus.ABSENT, Reason.DESTROYED)

    def crash(self, vm: str) -> None:
        """Let a VM crash, be it paused."""
        machine = self.machines[vm]
        expected = VmStatus.PAUSED if machine.status is VmStatus.PAUSED else VmStatus.RUNNING
        self._move(vm, expected, VmStatus.FAILED, Reason.CRASHED)

    def lose_power(self) -> None:
        """Cut the power: whatever ran or was paused has failed, and nobody reaches the host."""
        if not self.has_power:
            return
        self.has_power = False
        self.attending.clear()
        if self.environment is not Environment.NEW:
            self.environment = Environment.OLD
        for machine in self.machines.values():
            if machine.status in {VmStatus.RUNNING, VmStatus.PAUSED}:
                self.put(machine, VmStatus.FAILED, Reason.POWER_LOSS)
        self._vanish("the host lost power")

    def repair(self) -> None:
        """Bring back a host without power; its VMs stay off until somebody starts them."""
        if not self.has_power:
            self.has_power = True
            self._return()

    def drop_connections(self, for_ms: int) -> None:
        """Break every connection; nobody reaches the host for `for_ms`, while its VMs go on."""
        self.out_of_sight += 1
        self._vanish("the connection was dropped")

        def end() -> None:
            self.out_of_sight -= 1
            self._return()

        self.time.plan(for_ms, end)

    def silence_agent(self, vm: str, calls: int = 1) -> None:
        """Have the guest agent of `vm` not answer the next `calls` calls."""
        self._silent[vm] = self._silent.get(vm, 0) + calls

    def agent_answers(self, vm: str) -> bool:
        """Whether the guest agent answers this call."""
        if self._silent.get(vm, 0):
            self._silent[vm] -= 1
            return False
        return not self.fate.has("agent_silent", vm)

    def plan_fault(self, fault: str, subject: str, strike: Callable[[], bool]) -> None:
        """On an occasion for `fault`, have it strike in some time; `strike` tells if it could."""
        if not self.fate.has(fault, subject):
            return
        delay_ms = self.fate.number(0, CRASH_AFTER_MS_MAX, f"time until {fault} of {subject}")

        def happen() -> None:
            if not strike():
                self.fate.spare(fault)

        self.time.plan(delay_ms, happen)

    def plan_crash(self, machine: Machine) -> None:
        """An occasion for a paused VM to crash."""
        self._plan_for_spell("vm_crash", machine, lambda: self.crash(machine.name))

    def plan_power_loss(self) -> None:
        """An occasion for the host to lose power."""

        def strike() -> bool:
            had_power = self.has_power
            self.lose_power()
            return had_power

        self.plan_fault("power_loss", self.name, strike)

    def suffer_updates(self) -> None:
        """What runs while the hosting environment is being replaced loses memory."""
        for machine in self.machines.values():
            self._suffer_update(machine)

    def _suffer_update(self, machine: Machine) -> None:
        is_replaced = self.environment in {Environment.UPDATING, Environment.ROLLING_BACK}
        if not is_replaced or self.update is UpdateKind.NO_IMPACT:
            return
        suffers = {VmStatus.RUNNING}
        if self.update is UpdateKind.DISRUPTIVE:
            suffers.add(VmStatus.PAUSED)
        if machine.status in suffers:
            machine.guest.lose_memory()

    def _plan_io_error(self, machine: Machine) -> None:
        self._plan_for_spell("io_error", machine, lambda: self.hold(machine.name, Reason.IO_ERROR))

    def _plan_for_spell(self, fault: str, machine: Machine, act: Callable[[], None]) -> None:
        spell = machine.spell

        def strike() -> bool:
            if machine.spell != spell:
                return False
            act()
            return True

        self.plan_fault(fault, machine.name, strike)

    def _move(self, vm: str, expected: VmStatus, status: VmStatus, reason: Reason) -> None:
        machine = self.machines[vm]
        if machine.status is not expected or not self.has_power:
            power = "" if self.has_power else ", without power"
            raise ValueError(
                f"{vm} on {self.name}: expected it {expected} on a host with power, to become "
                f"{status}; found it {machine.status}{power}"
            )
        self.put(machine, status, reason)

    def _vanish(self, why: str) -> None:
        for told in list(self.on_outage):
            told(why)

    def _return(self) -> None:
        if self.is_in_sight:
            for told in list(self.on_return):
                told()
