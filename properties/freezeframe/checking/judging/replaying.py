"""Judging a recorded history as a whole: by the promises, and by the rules of the model.

Owns what both together amount to. It must not know where the history was read, nor how the answer
is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from freezeframe.fleet import Fleet
from freezeframe.maintenance.course import Divergence, Tolerance
from freezeframe.maintenance.following import STANDARD_TOLERANCE, begin, follow
from freezeframe.maintenance.rulebook import Rulebook
from freezeframe.observation import History, Ledger, Record, Remark, in_order
from freezeframe.protocol.policies import Policy
from freezeframe.protocol.system import System
from freezeframe.reporting import Verdict

from .judge import judge
from .judgement import Judgement
from .retaking import is_of_the_model, retaken

_NEEDED = ("vm seen", "vm operation", "host seen", "event seen")
"""Kinds of records without which the model's steps cannot be told."""


@dataclass(frozen=True)
class Refinement:
    """Whether the steps of a history are steps of the model, as far as they were followed.

    `steps` were found until `first`, the first thing that the model does not allow; None if there
    is none. `why_not` tells why nothing was followed; empty if it was.
    """

    steps: int = 0
    first: Divergence | None = None
    why_not: str = ""


@dataclass(frozen=True)
class Replayed:
    """What the promises and the rules say of a history."""

    judgement: Judgement
    refinement: Refinement

    @property
    def verdict(self) -> Verdict:
        """Violated too if the model does not allow some step."""
        return Verdict.VIOLATED if self.refinement.first else self.judgement.verdict


def replayed(
    history: History,
    fleet: Fleet,
    policy: Policy | None,
    *,
    why_no_policy: str = "",
    tolerance: Tolerance = STANDARD_TOLERANCE,
) -> Replayed:
    """Judge a history of `fleet`, and follow it by the rules under `policy`.

    Records are taken in the order of their times, for a history is complete. With no policy,
    nothing is followed, because of `why_no_policy`. Guards that were switched off when the history
    was made stay so.
    """
    records = in_order(history.records)
    judgement = judge(records, fleet, kinds=history.provenance.kinds)
    judgement = replace(judgement, remarks=_remarks_in_given_order(history, fleet))
    if policy is None:
        return Replayed(judgement, Refinement(why_not=why_no_policy))
    missing = [kind for kind in _NEEDED if kind not in history.provenance.kinds]
    if missing:
        why = f"its observers could not record {' or '.join(missing)}"
        return Replayed(judgement, Refinement(why_not=why))
    without = frozenset(history.provenance.without)
    if is_of_the_model(records):
        run = retaken(System(fleet, policy, without), records)
        return Replayed(judgement, Refinement(sum(map(bool, run.moves)), run.first))
    rulebook = Rulebook(fleet, policy, without)
    return Replayed(judgement, _followed(rulebook, records, tolerance))


def _followed(rulebook: Rulebook, records: Iterable[Record], tolerance: Tolerance) -> Refinement:
    course, steps = begin(rulebook), 0
    for record in records:
        told = follow(rulebook, course, record, tolerance)
        if told.divergences:
            return Refinement(steps, told.divergences[0])
        course, steps = told.course, steps + len(told.steps)
    return Refinement(steps)


def _remarks_in_given_order(history: History, fleet: Fleet) -> tuple[Remark, ...]:
    """What is odd about the records as they stand in the file, before they are put in order."""
    ledger = Ledger(fleet.limits)
    for record in history.records:
        ledger.fold(record)
    return ledger.remarks
