"""What judging a recorded history came to, as values.

Knows neither how it was judged nor how it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from freezeframe.observation import Record, Remark
from freezeframe.properties import Property
from freezeframe.reporting import Verdict


@dataclass(frozen=True)
class Violation:
    """A promise that was broken, and whose.

    `at_ms` is the moment, on the records' clock, at which it was first seen to be broken.
    `timeline` holds the records about the subjects, and about the hosts of the VMs among them,
    until then, in the order in which they came; in a very long history only the last of them.
    """

    property: Property
    subjects: tuple[str, ...]
    at_ms: int
    timeline: tuple[Record, ...]


@dataclass(frozen=True)
class PropertyJudgement:
    """The verdict on one property over a history.

    `subjects` is how many tuples it was asked of; 0 means that it had nothing to say, or that what
    it asks about was not recorded. `pending` names those for whom the history ends too early to say
    whether the promise will be kept.
    `worst_seconds` is the longest pause, None for a property that is not about it.
    """

    property: Property
    verdict: Verdict
    subjects: int
    violations: tuple[Violation, ...] = ()
    pending: tuple[tuple[str, ...], ...] = ()
    worst_seconds: float | None = None


@dataclass(frozen=True)
class Judgement:
    """All that judging a history found; both times are None if it has no records."""

    fleet: str
    records: int
    began_ms: int | None
    ended_ms: int | None
    properties: tuple[PropertyJudgement, ...]
    remarks: tuple[Remark, ...]
    strangers: tuple[str, ...]
    """VMs and hosts that records name and the fleet does not have; nothing was asked of them."""

    @property
    def verdict(self) -> Verdict:
        """Violated if any property is; else incomplete if any is; else holds."""
        verdicts = {each.verdict for each in self.properties}
        for verdict in (Verdict.VIOLATED, Verdict.INCOMPLETE):
            if verdict in verdicts:
                return verdict
        return Verdict.HOLDS

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Every violation, in the order of time; at one moment in the order of the catalogue."""
        found = [each for judged in self.properties for each in judged.violations]
        return tuple(sorted(found, key=lambda each: each.at_ms))
