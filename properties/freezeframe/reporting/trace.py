"""A counterexample as JSON lines, with all that is needed to take its steps again.

Owns the format. The first line is the header, an object with

* `format`: `freezeframe-trace`, and `version`: 1; a reader refuses what it does not know;
* `fleet`: the text of the fleet file, `policy`: its name, `without`: the guards switched off;
* `tick_seconds`: the unit in which time is counted;
* `property` and `promise`: what is broken, and `subjects`: whose promise it is;
* `ends_at_seconds`, and for a run that never ends `repeats`: how many of the last steps are
  repeated for ever.

Each further line is a step, in the form of a step of `freezeframe check --json`: `at_seconds`,
`actor`, `rule`, `subjects`, `changes`. Time passes between two steps in as many units as their
times are apart; a step whose rule is `wait` stands only at the end, where the run ends with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from freezeframe.fleet import Fleet, write_fleet

from .structured import step_object
from .verdicts import CheckResult, PropertyResult

FORMAT = "freezeframe-trace"
VERSION = 1


def trace_lines(result: CheckResult, broken: PropertyResult, fleet: Fleet) -> Iterator[str]:
    """Yield the lines of the trace of a broken promise, without line breaks; none if no run shows
    it.
    """
    run = broken.counterexample
    if run is None:
        return
    header = {
        "format": FORMAT,
        "version": VERSION,
        "fleet": write_fleet(fleet),
        "policy": result.policy,
        "without": list(result.without),
        "tick_seconds": result.tick_seconds,
        "property": broken.name,
        "promise": broken.promise,
        "subjects": list(run.subjects),
        "ends_at_seconds": run.ends_at_seconds,
    }
    if run.loop_steps is not None:
        header["repeats"] = run.loop_steps
    yield json.dumps(header)
    for step in run.steps:
        yield json.dumps(step_object(step))
