"""A check's findings as one JSON object, for scripts.

Owns the names and forms of its keys, which scripts depend on: keys may be added, and none changes.

======================= ==========================================================================
key                     holds
======================= ==========================================================================
fleet, policy           their names, as texts
without                 the guards that were switched off, full names
verdict                 `holds`, `violated` or `incomplete`
states, transitions     how many were discovered
depth                   steps to the farthest state
frontier                states that were discovered and not explored; 0 if the search is complete
ended_by                why the search ended: `complete` (nothing was left), `violation`,
                        `max-states` or `interrupt`
seconds                 how long the check took
tick_seconds            the unit in which time was counted
properties              a list of objects, in the order of the catalogue; see below
coverage                `rules`: name to whether it fired; `guards`: name to the list of outcomes
                        seen (`false` before `true`); `rows`: lifecycle row to whether it was taken;
                        `values`: kind of component to how many values were reached
======================= ==========================================================================

A property has `name`, `kind` (`always`, `sometimes`, `eventually`), `promise`, `verdict`,
`subjects` (how many cases it was asked of), `vacuous` (true if that is none, and it is not
violated: the fleet has nothing to ask it of, so that its verdict says nothing), and

* for `pause_within_limit`, `worst_seconds` and `limit_seconds`; counting stops one unit past all
  that a pause is compared with (the limit, the policy's deadlines, the longest time that pausing
  may take), so a `worst_seconds` above `limit_seconds` means “that or more”;
* where it is violated and there is a run that shows it, `counterexample`: a list of steps, each
  with `at_seconds`, `actor`, `rule`, `subjects` (a list) and `changes` (a list of `component`,
  `kind`, `field`, `before`, `after`, all texts); beside it `counterexample_subjects`, whose promise
  is broken, and `counterexample_ends_at_seconds`; for a run that never ends also
  `counterexample_repeats`, how many of the last steps are repeated for ever, 0 if nothing happens.
"""

from __future__ import annotations

from typing import Any

from .verdicts import Change, CheckResult, Counterexample, Coverage, PropertyResult, TraceStep

Object = dict[str, Any]
"""A JSON object: its values are JSON values."""


def check_object(result: CheckResult) -> Object:
    """Return what a check found, in the form that this module describes."""
    return {
        "fleet": result.fleet,
        "policy": result.policy,
        "without": list(result.without),
        "verdict": result.verdict.value,
        "states": result.states,
        "transitions": result.transitions,
        "depth": result.depth,
        "frontier": result.frontier,
        "ended_by": result.ending.value,
        "seconds": round(result.seconds, 3),
        "tick_seconds": result.tick_seconds,
        "properties": [_property(each) for each in result.properties],
        "coverage": _coverage(result.coverage),
    }


def step_object(step: TraceStep) -> Object:
    """Return one step of a counterexample."""
    return {
        "at_seconds": step.at_seconds,
        "actor": step.actor,
        "rule": step.rule,
        "subjects": list(step.subjects),
        "changes": [_change(each) for each in step.changes],
    }


def _property(result: PropertyResult) -> Object:
    told: Object = {
        "name": result.name,
        "kind": result.kind,
        "promise": result.promise,
        "verdict": result.verdict.value,
        "subjects": result.subjects,
        "vacuous": result.is_vacuous,
    }
    if result.worst_seconds is not None:
        told |= {"worst_seconds": result.worst_seconds, "limit_seconds": result.limit_seconds}
    if result.counterexample is not None:
        told |= _counterexample(result.counterexample)
    return told


def _counterexample(run: Counterexample) -> Object:
    told: Object = {
        "counterexample": [step_object(step) for step in run.steps],
        "counterexample_subjects": list(run.subjects),
        "counterexample_ends_at_seconds": run.ends_at_seconds,
    }
    if run.loop_steps is not None:
        told["counterexample_repeats"] = run.loop_steps
    return told


def _change(change: Change) -> Object:
    return {
        "component": change.component,
        "kind": change.kind,
        "field": change.field,
        "before": change.before,
        "after": change.after,
    }


def _coverage(coverage: Coverage) -> Object:
    return {
        "rules": dict(coverage.rules),
        "guards": {guard: sorted(seen) for guard, seen in coverage.guards.items()},
        "rows": dict(coverage.rows),
        "values": dict(coverage.values),
    }
