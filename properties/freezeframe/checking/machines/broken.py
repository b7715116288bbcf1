"""A broken promise as an error, and how long Hypothesis may look for a shorter way to break it.

Owns what is told of a broken promise: the page and the program. It must not know machines.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache, cached_property

from freezeframe.checking.check import check
from freezeframe.checking.counterexamples import WAIT
from freezeframe.checking.runs.findings import Finding, counterexample_of
from freezeframe.checking.runs.lookup import Lookup
from freezeframe.checking.runs.shortening import shortened
from freezeframe.protocol.system import System
from freezeframe.reporting import Counterexample
from freezeframe.reporting.timeline import render_counterexample

_END = ""
"""Stands for the end of a run among its moves."""

_INSTANCES_MAX = 500
_STATES_MAX = 200_000
"""How large a fleet is searched exhaustively for a run without end: seconds."""


class PromiseBroken(AssertionError):  # noqa: N818 (a verdict, as pytest prints it)
    """A run of a machine broke a promise; the text is the counterexample, as short as it can be
    found.
    """

    def __init__(self, lookup: Lookup, finding: Finding, *, is_draft: bool) -> None:
        """Keep what was found; it is shortened only if somebody looks at it.

        Of a draft, which a shorter one may follow, the text is only the promise's name.
        """
        super().__init__(finding.breach.property.name)
        self.is_draft = is_draft
        self.lookup = lookup
        self.finding = finding

    @cached_property
    def counterexample(self) -> Counterexample:
        """The shortest run that was found to break the promise.

        Of the runs without end, which no depth bounds, it is the one that `check` tells, if the
        fleet is small enough for a whole search.
        """
        searched = None if self.finding.loop_moves is None else self._searched()
        return searched or counterexample_of(self.lookup, shortened(self.lookup, self.finding))

    def _searched(self) -> Counterexample | None:
        """What a whole search tells of the promise; None if that would take too long."""
        system = self.lookup.system
        if len(system.instances) > _INSTANCES_MAX:
            return None
        result = check(
            system.fleet,
            system.policy,
            (self.finding.breach.property,),
            without=system.without,
            max_states=_STATES_MAX,
        )
        return None if result.frontier else result.properties[0].counterexample

    @property
    def program(self) -> str:
        """The shortest run as a program over the machine; run, it breaks the promise."""
        told, system = self.counterexample, self.lookup.system
        labels = dict(zip(map(str, system.instances), labels_of(system), strict=True))
        rules = {str(each): each.rule.name for each in system.instances}
        lines = ["state = Fleet()"]
        units = 0
        for move in (*told.moves, _END):
            if move == WAIT:
                units += 1
                continue
            if units:
                lines.append(f"state.wait(units={units})")
                units = 0
            if move is not _END:
                lines.append(f"state.{rules[move]}(subjects={labels[move]!r})")
        if told.loop_moves is not None:
            lines.append(f"state.repeat_for_ever(moves={told.loop_moves})")
        return "\n".join(lines)

    def __str__(self) -> str:
        """The page of the counterexample."""
        if self.is_draft:
            return self.finding.breach.property.name
        prop, limits = self.finding.breach.property, self.lookup.system.fleet.limits
        is_about_pauses = prop.name == "pause_within_limit"
        return render_counterexample(
            self.counterexample,
            promise=prop.promise,
            limit_seconds=limits.pause_ms / 1000 if is_about_pauses else None,
        )


class Enough(BaseException):
    """The budget of a hunt is spent. No `Exception`, for Hypothesis takes those for failures."""


@dataclass
class Hunt:
    """In how many more runs Hypothesis may shrink what it found, and the shortest so far."""

    runs_left: int
    broken: PromiseBroken | None = None

    def begin_run(self) -> None:
        """Count a run; raises `Enough` when there has been a failure and the budget is spent."""
        if self.broken is not None:
            if self.runs_left == 0:
                raise Enough
            self.runs_left -= 1

    def note(self, broken: PromiseBroken) -> None:
        """Keep the shorter of two findings about one promise."""
        known = self.broken
        if known is None or (
            type(known) is type(broken) and len(broken.finding.moves) < len(known.finding.moves)
        ):
            self.broken = broken


@cache
def broken_type(property_name: str) -> type[PromiseBroken]:
    """One type for each promise, so that Hypothesis takes the breach of another for another
    failure.
    """
    name = PromiseBroken.__name__
    return type(name, (PromiseBroken,), {"__module__": __name__, "promise": property_name})


def labels_of(system: System) -> list[str]:
    """What each instance is about, as programs write it; different for the instances of a rule."""
    texts = [" ".join(instance.subjects) for instance in system.instances]
    uses = Counter(
        (each.rule.name, text) for each, text in zip(system.instances, texts, strict=True)
    )
    return [
        text if uses[each.rule.name, text] == 1 else repr(each.subjects)
        for each, text in zip(system.instances, texts, strict=True)
    ]
