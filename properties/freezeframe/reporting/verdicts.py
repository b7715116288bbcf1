"""What a check found, as values: verdicts, counterexamples, coverage. Knows neither how it was
found nor how it is printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from freezeframe.observation import Record


class Verdict(StrEnum):
    """The answer of a check."""

    HOLDS = "holds"
    VIOLATED = "violated"
    INCOMPLETE = "incomplete"

    @property
    def exit_code(self) -> int:
        """The exit code of a command with this verdict; 2 is for bad input."""
        return {Verdict.HOLDS: 0, Verdict.VIOLATED: 1, Verdict.INCOMPLETE: 3}[self]


class Ending(StrEnum):
    """Why a search ended."""

    COMPLETE = "complete"
    """Nothing was left to be explored."""
    VIOLATION = "violation"
    """A promise was found broken, and no more was asked for."""
    MAX_STATES = "max-states"
    """It knew as many states as it was allowed to."""
    INTERRUPT = "interrupt"
    """Somebody pressed Ctrl-C."""


@dataclass(frozen=True)
class Change:
    """One fact about a component that a step changed; `-` stands where there is nothing to tell.

    `kind` is what the component is: host, VM, set, event, alarm or controller.
    """

    component: str
    field: str
    before: str
    after: str
    kind: str = ""


@dataclass(frozen=True)
class TraceStep:
    """One step of a counterexample, with the time since the beginning at which it is taken.

    Time itself is a step (actor `time`, rule `wait`) only where a counterexample ends with it.
    """

    at_seconds: float
    actor: str
    rule: str
    sentence: str
    subjects: tuple[str, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Counterexample:
    """How a promise is broken: the steps, and for runs that never end, which of the last steps
    repeat for ever.

    `subjects` are those whose promise is broken. `loop_steps` is how many steps at the end repeat,
    and `loop_moves` how many of the moves; None for a run that ends, 0 for one after which nothing
    happens any more. `states` holds, for each moment of the run, every component with its facts.
    """

    property_name: str
    subjects: tuple[str, ...]
    steps: tuple[TraceStep, ...]
    ends_at_seconds: float
    loop_steps: int | None = None
    states: tuple[Mapping[str, Mapping[str, str]], ...] = field(default=(), repr=False)
    moves: tuple[str, ...] = field(default=(), repr=False)
    """What was done in each moment but the first, one unit of time at a time: `wait`, or a rule and
    its subjects.
    """
    loop_moves: int | None = None
    tick_seconds: float = 1.0
    """How long one `wait` is."""
    records: tuple[Record, ...] = field(default=(), repr=False)
    """What an observer of the run would have recorded."""


@dataclass(frozen=True)
class PropertyResult:
    """The verdict on one property. `subjects` is how many tuples it was asked of; 0 means it had
    nothing to say.
    """

    name: str
    kind: str
    promise: str
    verdict: Verdict
    subjects: int
    worst_seconds: float | None = None
    limit_seconds: float | None = None
    counterexample: Counterexample | None = None

    @property
    def is_vacuous(self) -> bool:
        """Whether the verdict says nothing, for the fleet has nothing to ask the promise of."""
        return self.subjects == 0 and self.verdict is not Verdict.VIOLATED


@dataclass(frozen=True)
class Coverage:
    """What a run reached, out of what there is; each field maps a name to whether, or how, it was
    reached.
    """

    rules: Mapping[str, bool]
    guards: Mapping[str, frozenset[bool]]
    rows: Mapping[str, bool]
    values: Mapping[str, int] = field(default_factory=dict)
    """For each kind of component, how many different values were reached; how many there are, only
    a complete search can tell.
    """


@dataclass(frozen=True)
class CheckResult:
    """All that a check found. `frontier` is how many states were discovered and not explored."""

    fleet: str
    policy: str
    without: tuple[str, ...]
    states: int
    transitions: int
    depth: int
    frontier: int
    seconds: float
    tick_seconds: float
    properties: tuple[PropertyResult, ...]
    coverage: Coverage
    ending: Ending

    @property
    def verdict(self) -> Verdict:
        """Violated if any property is; else incomplete if any is; else holds."""
        verdicts = {each.verdict for each in self.properties}
        for verdict in (Verdict.VIOLATED, Verdict.INCOMPLETE):
            if verdict in verdicts:
                return verdict
        return Verdict.INCOMPLETE if self.frontier else Verdict.HOLDS

    @property
    def shortest(self) -> PropertyResult | None:
        """The violated property to show: runs that end before those that do not, then the fewest
        steps, then the order of the catalogue; one without a counterexample only if all are.
        """
        violated = [each for each in self.properties if each.verdict is Verdict.VIOLATED]

        def length(result: PropertyResult) -> tuple[bool, bool, int]:
            run = result.counterexample
            if run is None:
                return True, True, 0
            return False, run.loop_steps is not None, len(run.steps)

        return min(violated, key=length, default=None)
