"""What a run of the suite came to, by capability and by cost.

Owns the values and the counting. It must not know pytest, nor how results are shown.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from freezeframe.adapters import Capability, Support
from freezeframe.reporting import Verdict


class Outcome(StrEnum):
    """What a test came to."""

    SHOWN = "shown"
    FAILED = "failed"
    EXPECTED = "failed as expected"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Shown:
    """One test: what it says of the adapter, what it is about, and what it came to.

    `costs` are operations that completed with the milliseconds that each took; `facts` anything
    else that it had to tell, such as how many steps were drawn.
    """

    name: str
    sentence: str
    capability: Capability
    outcome: Outcome
    why: str = ""
    seconds: float = 0.0
    judges: tuple[str, ...] = ()
    costs: tuple[tuple[str, float], ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CapabilityResult:
    """A capability: whether it was claimed, and what came of the tests that are about it."""

    capability: Capability
    support: Support
    counts: Mapping[Outcome, int]
    skipped: Mapping[str, int]
    """Why tests were skipped, and how many for that reason."""

    def count(self, outcome: Outcome) -> int:
        """How many tests came to this."""
        return self.counts.get(outcome, 0)


@dataclass(frozen=True)
class Cost:
    """What an operation cost, in milliseconds of the adapter's clock where that is virtual."""

    operation: str
    n: int
    min_ms: float
    median_ms: float
    p95_ms: float
    """The least value that 95 in a hundred do not exceed."""
    max_ms: float


@dataclass(frozen=True)
class SuiteResult:
    """One class of the suite on one host."""

    name: str
    uri: str
    host: str
    vms: tuple[str, ...]
    is_virtual: bool
    has_witness: bool
    claims: Mapping[Capability, Support]
    tests: tuple[Shown, ...]

    @property
    def verdict(self) -> Verdict:
        """Violated if a test failed, incomplete if none showed anything, else it holds."""
        outcomes = {test.outcome for test in self.tests}
        if Outcome.FAILED in outcomes:
            return Verdict.VIOLATED
        return Verdict.HOLDS if Outcome.SHOWN in outcomes else Verdict.INCOMPLETE

    @property
    def judged_by(self) -> str:
        """Whose word it rests on that guests stand still and keep their memory."""
        if self.has_witness:
            return "witness in the guest"
        return "the adapter alone: no witness in the guest"

    @property
    def capabilities(self) -> tuple[CapabilityResult, ...]:
        """Every capability, in the order in which they are declared."""
        return tuple(self._of(capability) for capability in Capability)

    @property
    def costs(self) -> tuple[Cost, ...]:
        """What each operation cost over all tests, by name."""
        spent: dict[str, list[float]] = {}
        for test in self.tests:
            for operation, cost_ms in test.costs:
                spent.setdefault(operation, []).append(cost_ms)
        return tuple(cost_of(operation, spent[operation]) for operation in sorted(spent))

    def count(self, outcome: Outcome) -> int:
        """How many tests came to this."""
        return sum(test.outcome is outcome for test in self.tests)

    def _of(self, capability: Capability) -> CapabilityResult:
        tests = [test for test in self.tests if test.capability is capability]
        return CapabilityResult(
            capability,
            self.claims[capability],
            Counter(test.outcome for test in tests),
            Counter(test.why for test in tests if test.outcome is Outcome.SKIPPED),
        )


def cost_of(operation: str, spent_ms: Sequence[float]) -> Cost:
    """The spread of what an operation cost; at least one value is needed."""
    ordered = sorted(spent_ms)
    p95 = ordered[math.ceil(0.95 * len(ordered)) - 1]
    median = statistics.median(ordered)
    return Cost(operation, len(ordered), ordered[0], median, p95, ordered[-1])


def suites(entries: Iterable[Mapping[str, Any]]) -> tuple[SuiteResult, ...]:
    """The results of a run from what the plugin noted of each phase of each test."""
    by_suite: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
    for entry in entries:
        by_suite.setdefault(entry["suite"], {}).setdefault(entry["name"], []).append(entry)
    return tuple(
        _suite(name, tests)
        for name, tests in by_suite.items()
        if any(phase["bench"] for phases in tests.values() for phase in phases)
    )


def _suite(name: str, tests: Mapping[str, Sequence[Mapping[str, Any]]]) -> SuiteResult:
    benches = (phase["bench"] for phases in tests.values() for phase in phases)
    bench = next(bench for bench in benches if bench)
    claims = {
        Capability(capability): Support(is_offered, why)
        for capability, (is_offered, why) in bench["claims"].items()
    }
    return SuiteResult(
        name,
        bench["uri"],
        bench["host"],
        tuple(bench["vms"]),
        bench["is_virtual"],
        bench["has_witness"],
        claims,
        tuple(_shown(phases) for phases in tests.values()),
    )


def _shown(phases: Sequence[Mapping[str, Any]]) -> Shown:
    """A test from its phases: it failed if one of them did."""
    last = phases[-1]
    worst = next((phase for phase in phases if phase["outcome"] == Outcome.FAILED), None)
    other = next((phase for phase in phases if phase["outcome"] != Outcome.SHOWN), None)
    telling = worst or other or last
    return Shown(
        last["name"],
        last["sentence"],
        Capability(last["capability"]),
        Outcome(telling["outcome"]),
        telling["why"],
        sum(phase["seconds"] for phase in phases),
        tuple(last["judges"]),
        tuple((operation, cost_ms) for operation, cost_ms in last["costs"]),
        dict(last["facts"]),
    )
