"""Adapters that hang, keep what they should let go of, or forget what they did."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from freezeframe.adapters import AdapterError, Call, Failed, OutcomeUnknown, TimedOut, VmState
from freezeframe.adapters.simulated import SimulatedAdapter
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Reason

from .calls import Rescued


class HangsForEver(SimulatedAdapter):
    """A pause that is not answered in time is waited for without end."""

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        call = super().pause(vm, deadline_ms=deadline_ms)

        def hang(error: AdapterError) -> None:
            if isinstance(error, OutcomeUnknown):
                self.wait_for_ever()
            raise error

        return Rescued(call, hang)

    def wait_for_ever(self) -> None:
        """Have no answer, and no deadline."""
        threading.Event().wait()


class SaysThatNothingHappened(SimulatedAdapter):
    """A call without an answer by its deadline is told as one that had no effect."""

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        def failed(error: AdapterError) -> None:
            if isinstance(error, TimedOut):
                raise Failed(error.text, host=error.host, operation=error.operation, vm=error.vm)
            raise error

        return Rescued(super().pause(vm, deadline_ms=deadline_ms), failed)


class ForgetsItsPauses(SimulatedAdapter):
    """A new connection does not know the pauses of an earlier one."""

    def __init__(self, *given: Any, **named: Any) -> None:
        """Take every pause for somebody else's."""
        super().__init__(*given, **named)
        for machine in self.simulated.machines.values():
            machine.is_held = False


class ResumesWhenClosed(SimulatedAdapter):
    """Closing it resumes what it had paused."""

    def close(self) -> None:
        for name, machine in self.simulated.machines.items():
            if machine.is_held:
                self.resume(name, deadline_ms=10_000).result()
        super().close()


class KeepsItsThread(SimulatedAdapter):
    """A thread of it goes on after it was closed."""

    def __init__(self, *given: Any, **named: Any) -> None:
        """Start the thread."""
        super().__init__(*given, **named)
        threading.Thread(target=threading.Event().wait, daemon=True, name="kept").start()


class KeepsItsConnection(SimulatedAdapter):
    """Closing it leaves the connection open."""

    def close(self) -> None:
        """Do nothing."""


class GivesAnotherReason(SimulatedAdapter):
    """A pause of ours is shown as an I/O error."""

    def vms(self, *, deadline_ms: int) -> tuple[VmState, ...]:
        return tuple(
            replace(state, reason=Reason.IO_ERROR) if state.status is VmStatus.PAUSED else state
            for state in super().vms(deadline_ms=deadline_ms)
        )


class HidesVms(SimulatedAdapter):
    """Paused VMs are not listed."""

    def vms(self, *, deadline_ms: int) -> tuple[VmState, ...]:
        return tuple(
            state
            for state in super().vms(deadline_ms=deadline_ms)
            if state.status is not VmStatus.PAUSED
        )
