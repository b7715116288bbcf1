"""How each wrong adapter is put to the trial under the runner: in which circumstance, and what
tells it there.

Owns the circumstances and the tables. What tells a wrong adapter is what tells any planted fault,
or what an auditor finds who compares what it tells with what is so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Final

from freezeframe.adapters.simulated import Choices, SeededChoices, SimulatedAdapter
from freezeframe.fleet import CustomerActions, Faults, Fleet, Tolerance, Update
from freezeframe.observation import Operation
from tests.fleets import span
from tests.maintenance.rehearsals import Rehearsal

from .adapters.clocks import NeverSetsTheClock
from .auditing import CHANGES, MANNERS, VMS, audited, closed, truth
from .driven import CallHangsError, HangsInSight, PausesSlowly
from .planted_fleets import TIMING, two_vms
from .trials import COMPLETION, REFINEMENT, Longest, Shortest, attempt, signs

HANGS: Final = "every call ends"

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
_CROSSED: Final = two_vms(
    timing=_BRISK, faults=Faults(pause_failure=1), customer=CustomerActions(suspend=1)
)
"""A pause that is refused because a customer was first is a failure, so one is declared."""
_TROUBLED: Final = two_vms(
    timing=_BRISK,
    faults=Faults(pause_failure=1, agent_silent=1, controller_crash=1),
    tolerance=Tolerance(controller_crash=1),
    update=Update(attempts=2),
    customer=CustomerActions(stop=1, suspend=1),
)


class _Timed(Longest):
    """Everything takes as long as it may, but for what `takes_ms` names by its beginning.

    What `never` names does not happen.
    """

    def __init__(self, takes_ms: Mapping[str, int], never: tuple[str, ...] = ()) -> None:
        """Know what is otherwise."""
        self._takes_ms, self._never = takes_ms, never

    def integer(self, least: int, most: int, label: str) -> int:
        """See `Choices`."""
        named = (value for name, value in self._takes_ms.items() if label.startswith(name))
        return max(least, min(most, next(named, most)))

    def happens(self, label: str) -> bool:
        """See `Choices`."""
        return not label.startswith(self._never) if self._never else True


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

    def told(self, adapter: type[SimulatedAdapter]) -> frozenset[str]:
        """All that tells `adapter` here."""
        threads = set(threading.enumerate())
        audit = audited(adapter)
        try:
            found = self.rehearsed(audit)
        except CallHangsError:
            return frozenset({HANGS})
        return frozenset({*signs(found), *closed(audit, threads)})


@cache
def rehearsed_right(circumstance: Circumstance) -> Rehearsal:
    """The same rehearsal with the right adapter."""
    return circumstance.rehearsed(SimulatedAdapter)


@cache
def told_right(circumstance: Circumstance) -> frozenset[str]:
    """All that tells the right adapter there."""
    return circumstance.told(SimulatedAdapter)


QUICK: Final = Circumstance(_PLAIN, Shortest)
SLOW: Final = Circumstance(_PLAIN, Longest)
TARDY: Final = Circumstance(_TARDY, partial(_Timed, {}))
"""There is time for all only if VMs are paused together."""
TWICE: Final = Circumstance(_AGAIN, Shortest)
"""The first update fails, so every VM is paused twice."""
UNPAUSED: Final = Circumstance(_TROUBLED, Shortest, (20,))
"""Pauses fail, and agents are silent."""
UNANSWERED: Final = Circumstance(_TROUBLED, Longest, (16,))
"""The controller dies while VMs are being paused."""
PAUSED: Final = Circumstance(_TROUBLED, Longest, (30,))
"""The controller dies while VMs are paused."""
MIXED: Final = Circumstance(_TROUBLED, partial(SeededChoices, 5), (22,))
"""VMs are paused and resumed one after the other, an agent is silent, and the controller dies."""
OTHERWISE_MIXED: Final = Circumstance(_TROUBLED, partial(SeededChoices, 7), (26,))
"""The same with other choices."""
DARK: Final = Circumstance(_DARK, partial(SeededChoices, 8))
"""The host loses power, and is repaired."""
CUT_OFF: Final = Circumstance(_DARK, partial(_Timed, {"time until power_loss": 300}))
"""The host loses power while VMs are being paused, so no answer comes."""
CROSSED: Final = Circumstance(
    _CROSSED,
    partial(_Timed, {"time until a customer acts": 9_999}, ("approval", "pause_failure")),
)
"""A customer suspends a VM just before it is to be paused, which the runner has not been told."""

CIRCUMSTANCES: Final = (
    QUICK,
    SLOW,
    TARDY,
    TWICE,
    UNPAUSED,
    UNANSWERED,
    PAUSED,
    MIXED,
    OTHERWISE_MIXED,
    DARK,
    CUT_OFF,
    CROSSED,
)


@dataclass(frozen=True)
class AdapterTrial:
    """Where a wrong adapter is tried, and the signs that tell it there."""

    circumstance: Circumstance
    signs: frozenset[str]
    company: type[SimulatedAdapter] = SimulatedAdapter
    """What else is wrong, so that it shows; alone that is told by none of the signs."""
    stand_in: type[SimulatedAdapter] | None = None
    """What is wrong in the same way, but can be rehearsed."""

    def told(self, adapter: type[SimulatedAdapter]) -> frozenset[str]:
        """All that tells `adapter` here."""
        wrong = self.stand_in or adapter
        bases = (wrong,) if self.company is SimulatedAdapter else (wrong, self.company)
        return self.circumstance.told(type(wrong.__name__, bases, {}))

    def told_beside(self) -> frozenset[str]:
        """All that tells the company alone."""
        if self.company is SimulatedAdapter:
            return told_right(self.circumstance)
        return self.circumstance.told(self.company)


def _by(circumstance: Circumstance, *told: str) -> AdapterTrial:
    return AdapterTrial(circumstance, frozenset(told))


_MEMORY = _by(QUICK, "memory_preserved")
_CLOCK = _by(QUICK, COMPLETION, truth(Operation.SET_CLOCK))
_CHANGES = _by(QUICK, truth(CHANGES))
_OUTAGE = _by(DARK, REFINEMENT)
_PAUSE = truth(Operation.PAUSE)

TRIALS: Mapping[str, AdapterTrial] = {
    "FlipsABit": _MEMORY,
    "LosesAPage": _MEMORY,
    "WritesDuringThePause": _MEMORY,
    "ResumesFromAnOldCopy": _by(TWICE, "memory_preserved"),
    "RebootsInsteadOfResuming": _MEMORY,
    "FingerprintsAtRandom": _by(QUICK, REFINEMENT, truth(Operation.FINGERPRINT)),
    "FingerprintsNothing": _by(QUICK, truth(Operation.FINGERPRINT)),
    "ReportsPausedWhileRunning": _by(QUICK, COMPLETION, truth(VMS), _PAUSE),
    "PausesANeighbour": _by(UNANSWERED, REFINEMENT),
    "ResumesEverything": _by(MIXED, REFINEMENT),
    "AnswersBeforeItStands": _by(UNANSWERED, "no_vm_left_paused", _PAUSE),
    "AnswersBeforeItRuns": _by(SLOW, "clock_synchronized", truth(Operation.RESUME)),
    "ResumesLate": _by(QUICK, "pause_within_limit"),
    "PausesOneAtATime": _by(SLOW, REFINEMENT, _PAUSE),
    "WaitsWhereItIsAsked": _by(TARDY, COMPLETION),
    "PausesThePaused": _by(CROSSED, COMPLETION, _PAUSE),
    "FailsInsteadOfRefusing": _by(CROSSED, "no_vm_left_paused", _PAUSE),
    "SwallowsFailures": _by(UNPAUSED, REFINEMENT, _PAUSE),
    "RaisesErrorsOfItsOwn": _by(UNPAUSED, REFINEMENT, _PAUSE),
    "NeverSetsTheClock": _CLOCK,
    "SetsTheClockOnce": _by(TWICE, COMPLETION, truth(Operation.SET_CLOCK)),
    "SetsTheClockBeforeTheResume": _CLOCK,
    "SetsTheClockTwoSecondsOff": _CLOCK,
    "SetsANeighboursClock": _by(PAUSED, "clock_synchronized"),
    "SaysThatTheClockIsRight": AdapterTrial(
        QUICK,
        frozenset({"clock_synchronized", truth(Operation.READ_CLOCK)}),
        company=NeverSetsTheClock,
    ),
    "SwallowsASilentAgent": _by(UNPAUSED, truth(Operation.SET_CLOCK)),
    "TellsTwice": _CHANGES,
    "LosesPauses": _by(UNPAUSED, REFINEMENT, truth(CHANGES)),
    "TellsInTheWrongOrder": _by(UNPAUSED, REFINEMENT, truth(CHANGES)),
    "SkipsNumbers": _CHANGES,
    "BeginsWithNothing": _OUTAGE,
    "DoesNotLookAgain": _OUTAGE,
    "HidesOutages": _OUTAGE,
    "TellsAnotherReason": _CHANGES,
    "DatesWrongly": _CHANGES,
    "HangsForEver": AdapterTrial(CUT_OFF, frozenset({HANGS}), stand_in=HangsInSight),
    "SaysThatNothingHappened": AdapterTrial(QUICK, frozenset({_PAUSE}), company=PausesSlowly),
    "ForgetsItsPauses": _by(PAUSED, "no_vm_left_paused"),
    "KeepsItsThread": _by(QUICK, MANNERS),
    "KeepsItsConnection": _by(QUICK, MANNERS),
    "GivesAnotherReason": _by(QUICK, truth(VMS)),
    "HidesVms": _by(QUICK, "no_vm_left_paused", truth(VMS)),
}
"""By the name of the wrong adapter."""

_OURS = "the runner resumes what it has seen held, and nobody else resumes, stops or suspends that"
_OF_THE_FLEET = "a host is refused before anything is paused if another VM runs there"

MASKED: Mapping[str, str] = {
    "FingerprintsAPart": "the runner always has the same pages sampled, never all of memory",
    "PausesAStranger": _OF_THE_FLEET,
    "TouchesTheUnmarked": "a host is refused before anything is paused if a VM there is unmarked",
    "PausesWhatIsNotThere": "the runner asks only for VMs that the host knows, be they absent",
    "ResumesWhatTheCustomerPaused": _OURS,
    "ResumesTheRunning": _OURS,
    "StartsWhatIsShutOff": _OURS,
    "RefusesForTheWrongReason": _OURS,
    "RefusesAndActs": _OURS,
    "LosesConcurrentChanges": "each connection of the runner is listened to once",
    "ResumesWhenClosed": "no connection is closed before the end, and nobody is held then",
}
"""Wrong adapters under which the same happens as under the right one, and why; the conformance
suite alone tells these.
"""
