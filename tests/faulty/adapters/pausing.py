"""Adapters that pause or resume something else, at another time, or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Generic, TypeVar

from freezeframe.adapters import Call, VmState
from freezeframe.adapters.simulated import SimulatedAdapter
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Reason

from .calls import Done, Mapped

T = TypeVar("T")

LATE_MS = 31_000


class ReportsPausedWhileRunning(SimulatedAdapter):
    """It says that a VM is paused, and leaves its virtual CPUs running."""

    _pretended: frozenset[str] = frozenset()

    def vms(self, *, deadline_ms: int) -> tuple[VmState, ...]:
        return tuple(
            replace(state, status=VmStatus.PAUSED, reason=Reason.USER, is_held=True)
            if state.name in self._pretended
            else state
            for state in super().vms(deadline_ms=deadline_ms)
        )

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        state = self.simulated.machines[vm].state if vm in self.simulated.machines else None
        if vm in self._pretended or not (state and state.is_marked):
            return super().pause(vm, deadline_ms=deadline_ms)
        self._pretended |= {vm}
        return Done(None)

    def resume(self, vm: str, *, deadline_ms: int) -> Call[None]:
        if vm not in self._pretended:
            return super().resume(vm, deadline_ms=deadline_ms)
        self._pretended -= {vm}
        return Done(None)


class _DragsAlong(SimulatedAdapter):
    """Pauses another VM of the host with the one that it is asked to pause, until it resumes it."""

    drags_marked: bool

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._dragged: dict[str, str] = {}

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        call = super().pause(vm, deadline_ms=deadline_ms)

        def drag(_: None) -> None:
            for name, machine in self.simulated.machines.items():
                runs = machine.status is VmStatus.RUNNING
                if name != vm and runs and machine.is_marked is self.drags_marked:
                    self._dragged[vm] = name
                    self.simulated.hold(name)
                    return

        return Mapped(call, drag)

    def resume(self, vm: str, *, deadline_ms: int) -> Call[None]:
        call = super().resume(vm, deadline_ms=deadline_ms)

        def let_go(_: None) -> None:
            name = self._dragged.pop(vm, None)
            if name is not None and self.simulated.machines[name].status is VmStatus.PAUSED:
                self.simulated.release(name)

        return Mapped(call, let_go)


class PausesANeighbour(_DragsAlong):
    """A second VM that may be touched is paused along."""

    drags_marked = True


class PausesAStranger(_DragsAlong):
    """A VM that must not be touched is paused along."""

    drags_marked = False


class ResumesEverything(SimulatedAdapter):
    """With one VM it resumes all that it had paused."""

    def resume(self, vm: str, *, deadline_ms: int) -> Call[None]:
        call = super().resume(vm, deadline_ms=deadline_ms)

        def others(_: None) -> None:
            for name, machine in self.simulated.machines.items():
                if name != vm and machine.is_held:
                    super(ResumesEverything, self).resume(name, deadline_ms=deadline_ms).result()

        return Mapped(call, others)


class ResumesWhatTheCustomerPaused(SimulatedAdapter):
    """It takes any paused VM for one of its own."""

    def resume(self, vm: str, *, deadline_ms: int) -> Call[None]:
        machine = self.simulated.machines.get(vm)
        if machine is not None and machine.status is VmStatus.PAUSED and machine.is_marked:
            machine.is_held = True
        return super().resume(vm, deadline_ms=deadline_ms)


class AnswersBeforeItStands(SimulatedAdapter):
    """A pause is answered as soon as it was asked for."""

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        call = super().pause(vm, deadline_ms=deadline_ms)
        return call if call.is_done else Done(None)


class AnswersBeforeItRuns(SimulatedAdapter):
    """A resume is answered as soon as it was asked for."""

    def resume(self, vm: str, *, deadline_ms: int) -> Call[None]:
        call = super().resume(vm, deadline_ms=deadline_ms)
        return call if call.is_done else Done(None)


class _Late(Generic[T]):
    """A call that begins only after its answer was due."""

    is_done = False

    def __init__(self, adapter: SimulatedAdapter, vm: str, deadline_ms: int) -> None:
        self._adapter, self._vm, self._deadline_ms = adapter, vm, deadline_ms

    def result(self) -> None:
        if not self.is_done:
            self._adapter.clock.wait_ms(LATE_MS)
            SimulatedAdapter.resume(self._adapter, self._vm, deadline_ms=self._deadline_ms).result()
            self.is_done = True


class ResumesLate(SimulatedAdapter):
    """A resume takes 31 s, whatever the deadline."""

    def resume(self, vm: str, *, deadline_ms: int) -> Call[None]:
        machine = self.simulated.machines.get(vm)
        if machine is None or not machine.is_held:
            return super().resume(vm, deadline_ms=deadline_ms)
        return _Late(self, vm, deadline_ms)


class PausesOneAtATime(SimulatedAdapter):
    """While one pause is under way, another is answered and forgotten."""

    _call: Call[None] | None = None

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        if self._call is not None and not self._call.is_done:
            return Done(None)
        self._call = super().pause(vm, deadline_ms=deadline_ms)
        return self._call


class WaitsWhereItIsAsked(SimulatedAdapter):
    """It returns from asking only when the VM is paused, so no two can be paused together."""

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        call = super().pause(vm, deadline_ms=deadline_ms)
        self.clock.run_until(lambda: call.is_done)
        return call
