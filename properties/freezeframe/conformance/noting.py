"""What is noted of each test of the suite while pytest runs, as plain values that can be sent on.

Owns the entry for each phase of a test, and the properties that JUnit files get. How entries are
counted and shown is `report`'s affair.
"""

from __future__ import annotations

import inspect
from typing import Any, Final

import pytest

from .benches import Bench
from .needs import Needs
from .report.results import Outcome
from .rig import Notes
from .suite.base import bench_key, notes_key

_PASSED: Final = "[XPASS(strict)]"
"""How pytest tells of a test that passed although it was expected to fail."""


def note_properties(item: pytest.Item, needs: Needs) -> None:
    """Add what the test is about and what it cost to the properties of its report."""
    notes = item.stash.get(notes_key, Notes())
    costs: dict[str, list[str]] = {}
    for operation, cost_ms in notes.costs:
        costs.setdefault(operation, []).append(f"{cost_ms:.1f}")
    item.user_properties += [
        *(("capability", str(each)) for each in needs.capabilities),
        *(("judged by", judge) for judge in sorted(notes.judges)),
        *notes.facts.items(),
        *((f"{operation} ms", " ".join(each)) for operation, each in costs.items()),
    ]


def entry(item: pytest.Item, needs: Needs, report: pytest.TestReport) -> dict[str, Any]:
    """One phase of one test."""
    notes = item.stash.get(notes_key, Notes())
    suite = item.getparent(pytest.Class)
    return {
        "suite": item.nodeid.rpartition("::")[0] if suite is None else suite.name,
        "name": item.name,
        "sentence": _sentence(item),
        "capability": str(needs.capabilities[0]),
        "outcome": str(_outcome(report)),
        "why": _why(report),
        "seconds": report.duration,
        "judges": sorted(notes.judges),
        "costs": list(notes.costs),
        "facts": dict(notes.facts),
        "bench": _bench(item.stash.get(bench_key, None)),
    }


def _bench(bench: Bench | None) -> dict[str, Any] | None:
    if bench is None:
        return None
    return {
        "uri": bench.uri,
        "host": bench.host,
        "vms": list(bench.vms),
        "is_virtual": bench.is_virtual,
        "has_witness": bench.has_witness,
        "claims": {str(each): (it.is_offered, it.why) for each, it in bench.claims.items()},
    }


def _sentence(item: pytest.Item) -> str:
    """What the test says of an adapter, on one line."""
    told = inspect.getdoc(getattr(item, "function", None)) or item.name
    return " ".join(told.split("\n\n")[0].split())


def _outcome(report: pytest.TestReport) -> Outcome:
    if report.failed:
        return Outcome.FAILED
    if report.skipped:
        return Outcome.EXPECTED if hasattr(report, "wasxfail") else Outcome.SKIPPED
    return Outcome.SHOWN


def _why(report: pytest.TestReport) -> str:
    """Why it was skipped or failed, without a traceback; empty if it was shown."""
    expected = getattr(report, "wasxfail", "")
    if expected:
        return str(expected).removeprefix("reason: ")
    told = report.longrepr
    if isinstance(told, str) and told.startswith(_PASSED):
        return f"expected to fail, and it passed: {told.removeprefix(_PASSED).strip()}"
    if isinstance(told, tuple):
        return str(told[2]).removeprefix("Skipped: ")
    crash = getattr(told, "reprcrash", None)
    return str(crash.message if crash is not None else told or "")
