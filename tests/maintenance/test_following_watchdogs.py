"""What a watchdog did for a controller that died is inside the model, wherever that one stood."""

from __future__ import annotations

import pytest

from freezeframe.fleet import Faults, Fleet, Span, Timing, Tolerance
from freezeframe.lifecycles import HostStatus
from freezeframe.maintenance.following import follow_all
from freezeframe.maintenance.rulebook import Rulebook
from freezeframe.observation import (
    ControllerStarted,
    Fact,
    HostSeen,
    Operation,
    Outcome,
    Record,
    StepTaken,
    Told,
)
from freezeframe.protocol.policies import OneUpdateDomain
from tests.fleets import NO_NOTICE, one_vm

FLEET: Fleet = one_vm(
    timing=Timing(update=Span(0, 6_000), rollback=Span(0, 3_000), restart=Span(0, 10_000)),
    limits=NO_NOTICE,
    faults=Faults(controller_crash=2, update_hang=1),
    tolerance=Tolerance(controller_crash=1),
)
ACTS_AT_MS = 23_000
RETURNS_AT_MS = 35_000


def step(text: str) -> StepTaken:
    return StepTaken("controller", text)


def told(operation: Operation, *outcomes: Outcome) -> list[Fact]:
    return [Told(operation, outcome) for outcome in outcomes or (Outcome.REQUESTED, COMPLETED)]


COMPLETED = Outcome.COMPLETED
QUIESCED: list[Fact] = [
    ControllerStarted(),
    *map(step, ("schedule a", "quiesce a", "pause a v")),
    *told(Operation.PAUSE),
]


def history(before: list[Fact], *, has_new_software: bool, source: str) -> list[Record]:
    """The controller dies after `before`; `source` finds the host, and brings its VM back."""
    acts: list[Fact] = [
        HostSeen(HostStatus.RESTORING, has_new_software),
        *told(Operation.RESUME),
        *told(Operation.SET_CLOCK),
    ]
    after: list[Fact] = [ControllerStarted(), step("return_to_service a")]
    parts = (("controller", 0, before), (source, ACTS_AT_MS, acts))
    records: list[Record] = []
    for who, at_ms, facts in (*parts, ("controller", RETURNS_AT_MS, after)):
        for fact in facts:
            vm = "v" if isinstance(fact, Told) else None
            host = "a" if isinstance(fact, HostSeen | Told) else None
            records.append(Record(who, len(records) + 1, at_ms, at_ms, fact, host, vm))
    return records


@pytest.mark.parametrize(
    ("before", "has_new_software"),
    [
        (QUIESCED, False),
        ([*QUIESCED, step("begin_update a")], False),
        ([*QUIESCED, step("begin_update a")], True),
    ],
    ids=["before the update", "decided but not begun", "completed but not told"],
)
def test_it_is_explained_wherever_the_controller_died(
    before: list[Fact], *, has_new_software: bool
) -> None:
    records = history(before, has_new_software=has_new_software, source="watchdog of run 1.1 at a")
    followed = follow_all(Rulebook(FLEET, OneUpdateDomain()), records)
    assert [str(each) for each in followed.divergences] == []
    assert [str(each.instance) for each in followed.steps].count("crash_controller") in {1, 2}


def test_nobody_else_may_leave_steps_untold() -> None:
    records = history(
        [*QUIESCED, step("begin_update a")], has_new_software=False, source="controller"
    )
    assert follow_all(Rulebook(FLEET, OneUpdateDomain()), records).divergences
