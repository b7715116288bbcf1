"""How each planted fault is put to the trial under the runner: where, by whom, and what tells it.

Owns the choices and the table. A fault of the rules is planted by its policy; a fault of those whom
the rules only describe, such as a hypervisor, is planted where the runner meets them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from freezeframe.adapters.simulated import Choices, SeededChoices
from freezeframe.fleet import CustomerActions, Faults, Fleet, Span, Tolerance, Update
from freezeframe.maintenance.following import follow_all
from tests.fleets import V, W
from tests.maintenance.rehearsals import Rehearsal, rehearse
from tests.maintenance.world import rulebook_of

from . import driven
from .adapters import memory, pausing
from .planted import PlantedFault
from .planted_fleets import TIMING, disruptive, no_impact, one_vm, two_vms

REFINEMENT = "every step is one that the rules allow"
COMPLETION = "every host is new in the end"
STEPS_MAX = 150


class Longest:
    """Everything but updates takes as long as it may, and whatever may happen does."""

    def integer(self, least: int, most: int, label: str) -> int:
        """See `Choices`."""
        return least if label.startswith("update of") else most

    def happens(self, label: str) -> bool:  # noqa: ARG002 (as in all choices)
        """See `Choices`."""
        return True


class Shortest:
    """Everything is over at once, faults strike at once, and only the first event is approved."""

    def __init__(self) -> None:
        """Nothing is approved yet."""
        self._approved = 0

    def integer(self, least: int, most: int, label: str) -> int:  # noqa: ARG002 (as in all choices)
        """See `Choices`."""
        return least

    def happens(self, label: str) -> bool:
        """See `Choices`."""
        self._approved += label == "approval"
        return label != "approval" or self._approved == 1


CHOICES: tuple[Callable[[], Choices], ...] = (
    Longest,
    Shortest,
    *(partial(SeededChoices, seed) for seed in range(30)),
)
"""Tried one after the other until the fault shows beside a run without it that is clean."""


@dataclass(frozen=True)
class Trial:
    """Where a fault is tried other than in its own fleet, by whom, and what tells it there.

    `sign` is a promise, by default the one that the fault breaks in the model; `planted` is where
    the runner meets it, by default the policy; `why` says what makes it other than there.
    """

    why: str = ""
    fleet: Fleet | None = None
    sign: str | None = None
    planted: Mapping[str, Any] = field(default_factory=dict)
    moments: tuple[int, ...] = ()
    """At which moments the controller dies, one for each attempt; none if it lives."""
    never_begins: bool = False
    """Whether nothing can be done in this fleet without the fault."""


def _brisk(**options: Any) -> Fleet:
    """A host whose VMs are shut down, in which a boot takes no longer than the model allows."""
    fleet = disruptive(**options)
    return replace(fleet, timing=replace(fleet.timing, resume=Span(0, 1_000)))


_AGAIN = one_vm(faults=Faults(vm_crash=1, update_failure=1), update=Update(attempts=2))
_AGAIN_WHY = "a set halts before the runner decides, so a host in no set is tried, and again"
_STRATEGY = "the strategy always does first what is harmless"
_REFUSED = "the hypervisor refuses it, so only the asking shows"

_BELIEVES = Trial(
    "the runner looks, whatever events say; here it does not, and resumes within an event's delay",
    one_vm(
        faults=Faults(event_repeated=1),
        timing=replace(TIMING, pause=Span(0, 0), update=Span(0, 500), resume=Span(0, 0)),
    ),
    REFINEMENT,
    {"site": driven.BelievesEvents},
)
_DEATHS = tuple(range(12, 20))
"""Around the first pause."""

TRIALS: Mapping[str, Trial] = {
    "without schedule/no-failure-waits-for-an-operator": Trial(_AGAIN_WHY, _AGAIN),
    "continues after failure": Trial(_AGAIN_WHY, _AGAIN),
    "continues unnoticed after failure": Trial(
        "hosts in no set begin together, so one is tried again after the other has failed",
        no_impact(faults=Faults(update_failure=2, power_loss=2), update=Update(attempts=3)),
    ),
    "without schedule/the-host-carries-one-domain-of-each-set": Trial(never_begins=True),
    "without pause/the-update-preserves-the-vm": Trial(fleet=_brisk()),
    "without shut_down/the-host-is-quiescing": Trial(fleet=_brisk()),
    "without boot/the-host-is-being-restored": Trial(fleet=_brisk()),
    "pauses for every update": Trial(fleet=_brisk()),
    "without shut_down/the-update-cannot-preserve-the-vm": Trial(_STRATEGY, sign=REFINEMENT),
    "without begin_update/there-is-time-to-roll-back-and-resume": Trial(_STRATEGY, sign=REFINEMENT),
    "without resume/the-host-is-being-restored": Trial(_STRATEGY, sign=REFINEMENT),
    "holds and waits": Trial("hosts are begun in one order by all", sign=REFINEMENT),
    "without resume/maintenance-paused-the-vm": Trial(_REFUSED, sign=REFINEMENT),
    "resumes what it did not pause": Trial(_REFUSED, sign=REFINEMENT),
    "without boot/maintenance-shut-the-vm-down": Trial(
        _REFUSED, _brisk(vms=(V, W), customer=CustomerActions(stop=1)), REFINEMENT
    ),
    "gives up resuming": Trial(
        "without the fault there is to be time for a resume that fails",
        one_vm(
            faults=Faults(update_hang=1, resume_failure=1), tolerance=Tolerance(resume_failure=1)
        ),
    ),
    "loses memory": Trial("a hypervisor's", planted={"adapter": memory.LosesAPage, "pages": 2}),
    "resumes slowly": Trial("a hypervisor's", planted={"adapter": driven.ResumesSlowly}),
    "never resumes": Trial("a hypervisor's", planted={"adapter": driven.NeverResumes}),
    "never pauses": Trial("a hypervisor's", planted={"adapter": driven.NeverPauses}),
    "rolls back slowly": Trial("a hypervisor's", planted={"adapter": driven.RollsBackSlowly}),
    "pauses a neighbour": Trial(
        "a hypervisor knows neighbours on its own host only",
        two_vms(),
        "clock_synchronized",
        {"adapter": pausing.PausesANeighbour},
    ),
    "the agent lies": Trial("an agent's", planted={"adapter": driven.AgentLies}),
    "takes approvals from anybody": Trial("a service's", planted={"heeds_anybody": True}),
    "without believe/the-event-is-not-older-than-what-was-seen": _BELIEVES,
    "believes old events": _BELIEVES,
    "keeps no journal of pauses": Trial(
        "what it asks for it does not know of, so it waits for ever", sign="maintenance_completes"
    ),
    "takes what it journalled for done": Trial(moments=_DEATHS),
    "takes what it began for undone": Trial(moments=_DEATHS),
    "journals what it did afterwards": Trial(
        "the runner's own journal", planted={"acts_first": True}, moments=_DEATHS
    ),
    "takes phases of hosts from its journal": Trial(
        "a new controller asks the host itself, which knows better",
        sign=REFINEMENT,
        planted={"adapter": driven.HidesWhatIsUnderWay},
        moments=tuple(range(24, 30)),
    ),
}

_LOOKS = "the runner looks at its hosts whatever the rules say of looking"
_WITHDRAWS = "the runner withdraws a host that waits before it would quiesce it"
_AGENT = "no agent dies for good in the simulation, and one that is silent is asked anew in time"
_STAYS = "no VM is moved in the simulation"
MASKED: Mapping[str, str] = {
    "halves the notice": "the runner waits for the notice that was shown, whatever the rules say",
    "never looks": _LOOKS,
    "restarts blindly": _LOOKS,
    "updates on old news": _LOOKS,
    "without quiesce/no-failure-waits-for-an-operator": _WITHDRAWS,
    "goes on with what was scheduled": _WITHDRAWS,
    "waits for the agent for ever": _AGENT,
    "pretends that the clock is set": _AGENT,
    "without move/the-destination-takes-vms-in": _STAYS,
    "without move/nothing-is-being-done-beneath-the-vm": _STAYS,
    "forgets whom others held": "a run ends with its hosts, though somebody else still holds a VM",
}
"""Faults with which the runner does what it does without them, and why; explorer and Hypothesis
alone tell these.
"""


def signs(found: Rehearsal) -> set[str]:
    """All that tells a fault: promises broken or not kept, and steps that no rule allows."""
    told = {*found.broken, *found.unkept}
    if follow_all(rulebook_of(found.world.fleet), found.world.kept).divergences:
        told.add(REFINEMENT)
    if not found.is_done:
        told.add(COMPLETION)
    return told


def deaths_of(trial: Trial) -> Sequence[tuple[int, ...]]:
    """When the controller dies in each attempt with the same choices."""
    return [(moment,) for moment in trial.moments] if trial.moments else [()]


def tried(fault: PlantedFault) -> tuple[str, set[str]]:
    """The sign that is meant to tell `fault`, and all that told it in the first of its attempts
    that shows it beside a clean run without it; nothing if there is none.
    """
    trial = TRIALS.get(fault.name, Trial())
    fleet, sign = trial.fleet or fault.fleet, trial.sign or fault.breaks
    planted = trial.planted or {"policy": fault.policy, "without": frozenset(fault.without)}
    right = {"pages": trial.planted.get("pages", 1)}
    for choices in CHOICES:
        for deaths in deaths_of(trial):
            wrong = signs(attempt(fleet, choices(), deaths, planted))
            if sign not in wrong:
                continue
            clean = attempt(fleet, choices(), deaths, right)
            is_at_rest = trial.never_begins and not (clean.broken or clean.divergences)
            if is_at_rest or not signs(clean):
                return sign, wrong
    return sign, set()


def attempt(
    fleet: Fleet, choices: Choices, deaths: tuple[int, ...], planted: Mapping[str, Any]
) -> Rehearsal:
    """One rehearsal, without the watchdog, which would mend what it can."""
    return rehearse(
        fleet, choices, deaths=deaths, has_watchdog=False, steps_max=STEPS_MAX, **planted
    )
