"""How each wrong adapter is put to the trial under the runner: in which circumstance, and what
tells it there.

Owns the circumstances and the tables. What tells a wrong adapter is what tells any planted fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Final

from freezeframe.adapters.simulated import Choices, SeededChoices, SimulatedAdapter
from freezeframe.fleet import CustomerActions, Faults, Fleet, Tolerance, Update
from tests.fleets import span
from tests.maintenance.rehearsals import Rehearsal

from .planted_fleets import TIMING, two_vms
from .trials import COMPLETION, REFINEMENT, Longest, Shortest, attempt, signs

_PAGES: Final = 4
"""So many pages has a guest, so that one of them can be lost."""

_BRISK: Final = replace(
    TIMING,
    pause=span(0, 1),
    rollback=span(0, 2),
    resume=span(0, 2),
    clock_sync=span(0, 2),
    restart=span(0, 2),
    poll=span(0, 1),
)
"""Leaves time for the longest update, also if the controller dies once."""

_PLAIN: Final = two_vms(timing=_BRISK)
_AGAIN: Final = two_vms(timing=_BRISK, faults=Faults(update_failure=1), update=Update(attempts=2))
_DARK: Final = two_vms(timing=_BRISK, faults=Faults(power_loss=1))
_TARDY: Final = two_vms(timing=replace(_BRISK, pause=span(0, 10)))
_TROUBLED: Final = two_vms(
    timing=_BRISK,
    faults=Faults(pause_failure=1, agent_silent=1, controller_crash=1),
    tolerance=Tolerance(controller_crash=1),
    update=Update(attempts=2),
    customer=CustomerActions(stop=1, suspend=1),
)


class _LongestOfAll(Longest):
    """Updates too take as long as they may."""

    def integer(self, least: int, most: int, label: str) -> int:  # noqa: ARG002 (as in all choices)
        """See `Choices`."""
        return most


@dataclass(frozen=True)
class Circumstance:
    """A fleet, who makes the choices, and when the controller dies."""

    fleet: Fleet
    choices: Callable[[], Choices]
    deaths: tuple[int, ...] = ()

    def rehearsed(self, adapter: type[SimulatedAdapter]) -> Rehearsal:
        """A rehearsal here with `adapter` on every host."""
        planted = {"adapter": adapter, "pages": _PAGES}
        return attempt(self.fleet, self.choices(), self.deaths, planted)


@cache
def rehearsed_right(circumstance: Circumstance) -> Rehearsal:
    """The same rehearsal with the right adapter."""
    return circumstance.rehearsed(SimulatedAdapter)


QUICK: Final = Circumstance(_PLAIN, Shortest)
SLOW: Final = Circumstance(_PLAIN, Longest)
TARDY: Final = Circumstance(_TARDY, _LongestOfAll)
"""There is time for all only if VMs are paused together."""
TWICE: Final = Circumstance(_AGAIN, Shortest)
"""The first update fails, so every VM is paused twice."""
UNPAUSED: Final = Circumstance(_TROUBLED, Shortest, (20,))
"""Pauses fail, and agents are silent."""
UNANSWERED: Final = Circumstance(_TROUBLED, Longest, (16,))
"""The controller dies while VMs are being paused."""
PAUSED: Final = Circumstance(_TROUBLED, Longest, (30,))
"""The controller dies while VMs are paused."""
STOPPED: Final = Circumstance(_TROUBLED, partial(SeededChoices, 5), (22,))
SUSPENDED: Final = Circumstance(_TROUBLED, partial(SeededChoices, 7), (26,))
DARK: Final = Circumstance(_DARK, partial(SeededChoices, 8))
"""The host loses power, and is repaired."""

CIRCUMSTANCES: Final = (
    QUICK,
    SLOW,
    TARDY,
    TWICE,
    UNPAUSED,
    UNANSWERED,
    PAUSED,
    STOPPED,
    SUSPENDED,
    DARK,
)


@dataclass(frozen=True)
class AdapterTrial:
    """Where a wrong adapter is tried, and the sign that tells it there."""

    circumstance: Circumstance
    sign: str

    def told(self, adapter: type[SimulatedAdapter]) -> set[str]:
        """All that tells `adapter` here."""
        return signs(self.circumstance.rehearsed(adapter))


_MEMORY = AdapterTrial(QUICK, "memory_preserved")
_STUCK = AdapterTrial(QUICK, COMPLETION)
_OUTAGE = AdapterTrial(DARK, REFINEMENT)

TRIALS: Mapping[str, AdapterTrial] = {
    "FlipsABit": _MEMORY,
    "LosesAPage": _MEMORY,
    "WritesDuringThePause": _MEMORY,
    "ResumesFromAnOldCopy": AdapterTrial(TWICE, "memory_preserved"),
    "RebootsInsteadOfResuming": _MEMORY,
    "FingerprintsAtRandom": AdapterTrial(QUICK, REFINEMENT),
    "ReportsPausedWhileRunning": _STUCK,
    "PausesANeighbour": AdapterTrial(UNANSWERED, REFINEMENT),
    "ResumesEverything": AdapterTrial(STOPPED, REFINEMENT),
    "AnswersBeforeItStands": AdapterTrial(UNANSWERED, "no_vm_left_paused"),
    "AnswersBeforeItRuns": AdapterTrial(SLOW, "clock_synchronized"),
    "ResumesLate": AdapterTrial(QUICK, "pause_within_limit"),
    "PausesOneAtATime": AdapterTrial(SLOW, REFINEMENT),
    "WaitsWhereItIsAsked": AdapterTrial(TARDY, COMPLETION),
    "SwallowsFailures": AdapterTrial(UNPAUSED, REFINEMENT),
    "RaisesErrorsOfItsOwn": AdapterTrial(UNPAUSED, REFINEMENT),
    "NeverSetsTheClock": _STUCK,
    "SetsTheClockOnce": AdapterTrial(TWICE, COMPLETION),
    "SetsTheClockBeforeTheResume": _STUCK,
    "SetsTheClockTwoSecondsOff": _STUCK,
    "SetsANeighboursClock": AdapterTrial(PAUSED, "clock_synchronized"),
    "LosesPauses": AdapterTrial(UNPAUSED, REFINEMENT),
    "TellsInTheWrongOrder": AdapterTrial(UNPAUSED, REFINEMENT),
    "BeginsWithNothing": _OUTAGE,
    "DoesNotLookAgain": _OUTAGE,
    "HidesOutages": _OUTAGE,
    "ForgetsItsPauses": AdapterTrial(PAUSED, "no_vm_left_paused"),
    "HidesVms": AdapterTrial(QUICK, "no_vm_left_paused"),
}
"""By the name of the wrong adapter."""

_LEGAL = "the runner asks for nothing that is not legal where it is asked for"
_MARKED = "every VM of the fleet is marked, and there are no others"
_CLOSING = "no connection is closed before the maintenance ends, and nobody is paused then"
_NUMBERS = "the runner looks at a VM that it is told of, and heeds no number, date or reason"
_ANSWERED = "every pause is answered in time, for a hypervisor that is late breaks a promise itself"

MASKED: Mapping[str, str] = {
    "FingerprintsAPart": "the runner always has the same pages sampled, never all of memory",
    "PausesAStranger": _MARKED,
    "TouchesTheUnmarked": _MARKED,
    "ResumesWhatTheCustomerPaused": _LEGAL,
    "PausesThePaused": _LEGAL,
    "ResumesTheRunning": _LEGAL,
    "PausesWhatIsNotThere": _LEGAL,
    "StartsWhatIsShutOff": _LEGAL,
    "FailsInsteadOfRefusing": _LEGAL,
    "RefusesForTheWrongReason": _LEGAL,
    "RefusesAndActs": _LEGAL,
    "SkipsNumbers": _NUMBERS,
    "TellsAnotherReason": _NUMBERS,
    "DatesWrongly": _NUMBERS,
    "LosesConcurrentChanges": "each connection of the runner is listened to once",
    "HangsForEver": _ANSWERED,
    "SaysThatNothingHappened": _ANSWERED,
    "ResumesWhenClosed": _CLOSING,
    "KeepsItsThread": _CLOSING,
    "KeepsItsConnection": _CLOSING,
}
"""Wrong adapters under which the same happens as under the right one, and why."""

HARMLESS: Mapping[str, str] = {
    "FingerprintsNothing": "it shows only beside an adapter that loses memory",
    "SaysThatTheClockIsRight": "a clock is read only once it was set, and so is right",
    "SwallowsASilentAgent": "the runner reads the clock, and sets it again when it is not right",
    "TellsTwice": _NUMBERS,
    "GivesAnotherReason": _NUMBERS,
}
"""Wrong adapters under which other records are written and every promise is kept, and why."""
