"""Adapters that do what is not legal, or refuse it in a way that misleads."""

from __future__ import annotations

from freezeframe.adapters import AdapterError, Call, Failed, Refusal, Refused
from freezeframe.adapters.simulated import SimulatedAdapter
from freezeframe.lifecycles import VmStatus

from .calls import Done, Rescued


class PausesThePaused(SimulatedAdapter):
    """To pause what is paused is answered as if it had been done."""

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        machine = self.simulated.machines.get(vm)
        if machine is not None and machine.is_marked and machine.status is VmStatus.PAUSED:
            return Done(None)
        return super().pause(vm, deadline_ms=deadline_ms)


class ResumesTheRunning(SimulatedAdapter):
    """To resume what runs is answered as if it had been done."""

    def resume(self, vm: str, *, deadline_ms: int) -> Call[None]:
        machine = self.simulated.machines.get(vm)
        if machine is not None and machine.is_marked and machine.status is VmStatus.RUNNING:
            return Done(None)
        return super().resume(vm, deadline_ms=deadline_ms)


class PausesWhatIsNotThere(SimulatedAdapter):
    """To pause a VM that the host does not know is answered as if it had been done."""

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        if vm not in self.simulated.machines:
            return Done(None)
        return super().pause(vm, deadline_ms=deadline_ms)


class StartsWhatIsShutOff(SimulatedAdapter):
    """To resume a VM that is shut off starts it."""

    def resume(self, vm: str, *, deadline_ms: int) -> Call[None]:
        machine = self.simulated.machines.get(vm)
        if machine is not None and machine.is_marked and machine.status is VmStatus.STOPPED:
            self.simulated.start(vm)
            return Done(None)
        return super().resume(vm, deadline_ms=deadline_ms)


class TouchesTheUnmarked(SimulatedAdapter):
    """It pauses VMs that are not marked for freezeframe."""

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        self._marked = frozenset(self.simulated.machines)
        return super().pause(vm, deadline_ms=deadline_ms)


class FailsInsteadOfRefusing(SimulatedAdapter):
    """What was not legal is told as a failure of the hypervisor."""

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        return Rescued(super().pause(vm, deadline_ms=deadline_ms), self._failed)

    def _failed(self, error: AdapterError) -> None:
        if isinstance(error, Refused):
            raise Failed(error.text, host=error.host, operation=error.operation, vm=error.vm)
        raise error


class RefusesForTheWrongReason(SimulatedAdapter):
    """A VM that somebody else paused is refused as if its state were the reason."""

    def resume(self, vm: str, *, deadline_ms: int) -> Call[None]:
        def refused(error: AdapterError) -> None:
            if isinstance(error, Refused) and error.reason is Refusal.NOT_OURS:
                raise Refused(
                    error.text,
                    reason=Refusal.ILLEGAL_STATE,
                    host=error.host,
                    operation=error.operation,
                    vm=error.vm,
                    found=error.found,
                )
            raise error

        return Rescued(super().resume(vm, deadline_ms=deadline_ms), refused)


class RefusesAndActs(SimulatedAdapter):
    """It refuses to resume what a customer paused, and lets it go on all the same."""

    def resume(self, vm: str, *, deadline_ms: int) -> Call[None]:
        def released(error: AdapterError) -> None:
            if isinstance(error, Refused) and error.reason is Refusal.NOT_OURS:
                self.simulated.release(vm)
            raise error

        return Rescued(super().resume(vm, deadline_ms=deadline_ms), released)


class SwallowsFailures(SimulatedAdapter):
    """A pause that failed is answered as if it had been done."""

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        def swallowed(error: AdapterError) -> None:
            if not isinstance(error, Failed):
                raise error

        return Rescued(super().pause(vm, deadline_ms=deadline_ms), swallowed)


class RaisesErrorsOfItsOwn(SimulatedAdapter):
    """What is not legal raises an error that no caller knows."""

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        def foreign(error: AdapterError) -> None:
            raise KeyError(vm) from error

        return Rescued(super().pause(vm, deadline_ms=deadline_ms), foreign)
