"""Wrong hypervisors, agents and sites to drive a runner with, each the twin of a fault that is
planted in the rules of the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from freezeframe.adapters import Call
from freezeframe.adapters.simulated import SimulatedAdapter
from freezeframe.adapters.values import Change
from freezeframe.fleet import Span
from freezeframe.maintenance.sites import News, Site
from freezeframe.observation import Operation, VmSeen

from .adapters.clocks import NeverSetsTheClock, SaysThatTheClockIsRight
from .adapters.manners import HangsForEver

ENDLESS = Span(60_000, 60_000)


class ResumesSlowly(SimulatedAdapter):
    """A resume takes a minute."""

    def __init__(self, *given: Any, **named: Any) -> None:
        """Slow the host down."""
        super().__init__(*given, **named)
        self.simulated.timing = replace(self.simulated.timing, resume=ENDLESS)


class PausesSlowly(SimulatedAdapter):
    """A pause takes a minute."""

    def __init__(self, *given: Any, **named: Any) -> None:
        """Slow the host down."""
        super().__init__(*given, **named)
        self.simulated.timing = replace(self.simulated.timing, pause=ENDLESS)


class RollsBackSlowly(SimulatedAdapter):
    """A rollback takes a minute."""

    def __init__(self, *given: Any, **named: Any) -> None:
        """Slow the host down."""
        super().__init__(*given, **named)
        self.simulated.timing = replace(self.simulated.timing, rollback=ENDLESS)


class NeverPauses(SimulatedAdapter):
    """A pause is begun and does not come about."""

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        return self._begin(Operation.PAUSE, vm, deadline_ms)


class NeverResumes(SimulatedAdapter):
    """A resume is begun and does not come about."""

    def resume(self, vm: str, *, deadline_ms: int) -> Call[None]:
        return self._begin(Operation.RESUME, vm, deadline_ms)


class AgentLies(SaysThatTheClockIsRight, NeverSetsTheClock):
    """A guest agent that says that it set the clock, and tells the host's time for its own."""


class CallHangsError(BaseException):
    """A call waits without end; nothing that errors are caught for may catch it."""


class HangsInSight(HangsForEver):
    """Where it would hang it says so, for there is nothing in a rehearsal that would end it."""

    def wait_for_ever(self) -> None:
        raise CallHangsError


class BelievesEvents(Site):
    """A controller that takes what an event says for how a VM is, and does not look."""

    def _seen(self, change: Change) -> Iterator[News]:
        seen = VmSeen(change.status, change.reason, is_held=change.is_held)
        yield News(self.name, seen, change.vm)


class HidesWhatIsUnderWay(SimulatedAdapter):
    """A host that does not tell a new controller which phase it is in."""

    @property
    def under_way(self) -> Operation | None:
        return None

    def attend(self, *, deadline_ms: int) -> Call[None] | None:
        del deadline_ms
        return None
