"""What a maintenance says when it is over."""

from __future__ import annotations

import pytest
from tests.fleets import NO_NOTICE, STEADY, one_vm

from freezeframe.checking.judging import judge
from freezeframe.cli.run_words import conclusion
from freezeframe.fleet import CustomerActions, Fleet
from freezeframe.maintenance.standing import Standing
from freezeframe.observation import Record
from freezeframe.protocol.observed import records_of
from freezeframe.protocol.policies import OneUpdateDomain
from freezeframe.protocol.system import System
from freezeframe.reporting.layout import plain

FLEET = one_vm(timing=STEADY, limits=NO_NOTICE, customer=CustomerActions(suspend=1))
HELD = (
    *("schedule a", "quiesce a", "pause a v", "pause_completed v", "begin_update a", "wait"),
    *("update_completed a", "resume a v", "resume_completed v", "suspend v"),
    "return_to_service a",
)


def recorded(fleet: Fleet, *steps: str) -> list[Record]:
    system = System(fleet, OneUpdateDomain())
    named = {str(each): each for each in system.instances}
    states, moves = [system.initial], []
    for step in steps:
        moves.append(None if step == "wait" else named[step])
        state = system.apply(states[-1], moves[-1])
        assert state is not None, step
        states.append(state)
    return list(records_of(system, moves, states))


@pytest.mark.parametrize(
    ("steps", "is_owed"),
    [(HELD, True), ((*HELD, "release a v", "set_clock v"), False)],
    ids=["still held", "let go, and its clock set"],
)
def test_names_whose_clock_is_left_behind_because_others_hold_them(
    steps: tuple[str, ...], *, is_owed: bool
) -> None:
    records = recorded(FLEET, *steps)
    judged = judge(records, FLEET)
    lines = conclusion(Standing.COMPLETED, judged, (), records, fleet=FLEET, width=100)
    text = plain(lines)
    assert "every promise was kept" in text
    assert ("clocks left behind by a pause: v." in text) == is_owed
