"""A counterexample as a recorded history, which can be judged and replayed like any other.

Owns what its header tells. The form is that of `freezeframe.observation.histories`: the records are
what an observer of the run would have written, and the steps stand among them as records of the
kind `step taken`. Time is counted from the beginning of the run.
"""

from __future__ import annotations

from freezeframe.fleet import Fleet, write_fleet
from freezeframe.observation import Provenance, write_records

from .verdicts import CheckResult, PropertyResult


def trace_text(result: CheckResult, broken: PropertyResult, fleet: Fleet) -> str:
    """The text of the trace of a broken promise; empty if no run shows it."""
    run = broken.counterexample
    if run is None:
        return ""
    provenance = Provenance(
        fleet=write_fleet(fleet), policy=result.policy, without=tuple(result.without)
    )
    return write_records(run.records, provenance)
