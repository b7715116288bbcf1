"""Adapters that set clocks wrongly, or tell of clocks what is not so."""

from __future__ import annotations

from dataclasses import replace

from freezeframe.adapters import AdapterError, Call, ClockReading, TimedOut
from freezeframe.adapters.simulated import SimulatedAdapter

from .calls import Mapped, Rescued

OFF_MS = 2_000


class NeverSetsTheClock(SimulatedAdapter):
    """It says that it set the clock, and did not."""

    def set_clock(self, vm: str, *, deadline_ms: int) -> Call[None]:
        call = super().set_clock(vm, deadline_ms=deadline_ms)
        if call.is_done:
            return call
        offset_ms = self.simulated.machines[vm].guest.clock_offset_ms

        def undone(_: None) -> None:
            self.simulated.machines[vm].guest.clock_offset_ms = offset_ms

        return Mapped(call, undone)


class SetsTheClockOnce(NeverSetsTheClock):
    """It sets a clock after the first resume of a VM, and after no other."""

    _were_set: frozenset[str] = frozenset()

    def set_clock(self, vm: str, *, deadline_ms: int) -> Call[None]:
        if vm in self._were_set:
            return super().set_clock(vm, deadline_ms=deadline_ms)
        call = SimulatedAdapter.set_clock(self, vm, deadline_ms=deadline_ms)

        def noted(_: None) -> None:
            self._were_set |= {vm}

        return Mapped(call, noted)


class SetsTheClockBeforeTheResume(NeverSetsTheClock):
    """It sets the clock while the VM is still paused, so the clock is behind once it runs."""

    def resume(self, vm: str, *, deadline_ms: int) -> Call[None]:
        machine = self.simulated.machines.get(vm)
        if machine is not None and machine.is_held:
            machine.guest.clock_offset_ms = 0
        return super().resume(vm, deadline_ms=deadline_ms)


class SetsTheClockTwoSecondsOff(SimulatedAdapter):
    """The clock is 2 s ahead once it was set."""

    def set_clock(self, vm: str, *, deadline_ms: int) -> Call[None]:
        def moved(_: None) -> None:
            self.simulated.machines[vm].guest.clock_offset_ms += OFF_MS

        return Mapped(super().set_clock(vm, deadline_ms=deadline_ms), moved)


class SetsANeighboursClock(SimulatedAdapter):
    """It also sets the clocks of other VMs, to a time of its own."""

    def set_clock(self, vm: str, *, deadline_ms: int) -> Call[None]:
        def spread(_: None) -> None:
            for name, machine in self.simulated.machines.items():
                if name != vm:
                    machine.guest.clock_offset_ms += OFF_MS

        return Mapped(super().set_clock(vm, deadline_ms=deadline_ms), spread)


class SaysThatTheClockIsRight(SimulatedAdapter):
    """Whatever a guest's clock shows, it reads the host's time."""

    def read_clock(self, vm: str, *, deadline_ms: int) -> Call[ClockReading]:
        def told(reading: ClockReading) -> ClockReading:
            return replace(reading, offset_ms=0)

        return Mapped(super().read_clock(vm, deadline_ms=deadline_ms), told)


class SwallowsASilentAgent(SimulatedAdapter):
    """A guest agent that does not answer counts as one that set the clock."""

    def set_clock(self, vm: str, *, deadline_ms: int) -> Call[None]:
        def swallowed(error: AdapterError) -> None:
            if not isinstance(error, TimedOut):
                raise error

        return Rescued(super().set_clock(vm, deadline_ms=deadline_ms), swallowed)
