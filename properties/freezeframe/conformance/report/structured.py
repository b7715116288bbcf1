"""The results of a run as plain values for JSON, the same for every run that shows the same.

Owns the keys, on which scripts depend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from .results import CapabilityResult, Outcome, Shown, SuiteResult


def structured(suites: Sequence[SuiteResult]) -> dict[str, Any]:
    """What `--conformance-json` writes."""
    return {"suites": [_suite(suite) for suite in suites]}


def _suite(suite: SuiteResult) -> dict[str, Any]:
    return {
        "suite": suite.name,
        "adapter": suite.uri,
        "host": suite.host,
        "vms": list(suite.vms),
        "time": "virtual" if suite.is_virtual else "real",
        "judged_by": suite.judged_by,
        "verdict": str(suite.verdict),
        "capabilities": [_capability(each) for each in suite.capabilities],
        "costs": [asdict(cost) for cost in suite.costs],
        "tests": [_test(test) for test in suite.tests],
    }


def _capability(result: CapabilityResult) -> dict[str, Any]:
    return {
        "capability": str(result.capability),
        "meaning": result.capability.meaning,
        "claimed": result.support.is_offered,
        "why": result.support.why,
        "shown": result.count(Outcome.SHOWN),
        "failed": result.count(Outcome.FAILED),
        "failed_as_expected": result.count(Outcome.EXPECTED),
        "skipped": dict(result.skipped),
    }


def _test(test: Shown) -> dict[str, Any]:
    return {
        "name": test.name,
        "sentence": test.sentence,
        "capability": str(test.capability),
        "outcome": str(test.outcome),
        "why": test.why,
        "seconds": round(test.seconds, 3),
        "judged_by": list(test.judges),
        "facts": dict(test.facts),
    }
