"""A counterexample in the Informal Trace Format (ITF), which trace viewers read.

Owns the form: one variable for each component, a record of its facts, and `action`, what led to the
state. A run that never ends gives `loop`, the index of the state that follows the last one.
Source: Apalache's ADR-015, https://apalache-mc.org/docs/adr/015adr-trace.html.
"""

from __future__ import annotations

from typing import Any

from .verdicts import CheckResult, Counterexample, PropertyResult

DESCRIPTION = "https://apalache-mc.org/docs/adr/015adr-trace.html"

INTEGER_MAX = 2**53 - 1
"""Largest integer that the format lets stand bare; larger ones are written as texts."""

_META = "#meta"
_ACTION = "action"
_INITIAL = "(initial)"


def itf_object(result: CheckResult, broken: PropertyResult) -> dict[str, Any] | None:
    """Return the ITF trace of a broken promise; None if no run shows it.

    Facts of a component that come and go are given in every state, `-` where there is none, so a
    variable is a record of the same fields throughout.
    """
    run = broken.counterexample
    if run is None:
        return None
    states = _states(run)
    variables = [name for name in states[0] if name != _META]
    trace: dict[str, Any] = {
        _META: {
            "format": "ITF",
            "format-description": DESCRIPTION,
            "source": result.fleet,
            "status": "violation",
            "description": f"{broken.name}: {broken.promise}",
            "policy": result.policy,
            "without": list(result.without),
            "subjects": list(run.subjects),
            "tick_milliseconds": expression(round(run.tick_seconds * 1000)),
        },
        "vars": variables,
        "states": states,
    }
    if run.loop_moves is not None:
        # The last state of a loop is the first again; ITF lets the loop end before it.
        entry = len(run.moves) - run.loop_moves
        trace["loop"] = entry
        trace["states"] = states[: max(entry + 1, len(states) - bool(run.loop_moves))]
    return trace


def expression(value: object) -> Any:  # noqa: ANN401 (a JSON value)
    """Return a value as an ITF expression.

    >>> expression(5), expression(2**60)
    (5, {'#bigint': '1152921504606846976'})
    """
    match value:
        case bool() | str():
            return value
        case int():
            return value if abs(value) <= INTEGER_MAX else {"#bigint": str(value)}
        case dict():
            return {str(key): expression(each) for key, each in value.items()}
        case list() | tuple():
            return [expression(each) for each in value]
    raise TypeError(f"expected a text, a number, a list or a record, found {type(value).__name__}")


def _variable(component: str) -> str:
    """A name that is none of the format's own, nor ours."""
    is_taken = component.startswith("#") or component == _ACTION
    return f"component {component}" if is_taken else component


def _states(run: Counterexample) -> list[dict[str, Any]]:
    fields: dict[str, list[str]] = {}
    for moment in run.states:
        for name, facts in moment.items():
            fields[name] = list(dict.fromkeys([*fields.get(name, ()), *facts]))
    states: list[dict[str, Any]] = []
    waited = 0
    for index, (move, moment) in enumerate(zip((_INITIAL, *run.moves), run.states, strict=True)):
        waited += move == "wait"
        told = {
            _variable(name): expression({field: facts.get(field, "-") for field in fields[name]})
            for name, facts in moment.items()
        }
        at_milliseconds = expression(round(waited * run.tick_seconds * 1000))
        meta = {"index": index, "at_milliseconds": at_milliseconds}
        states.append({_META: meta, **told, _ACTION: move})
    return states
