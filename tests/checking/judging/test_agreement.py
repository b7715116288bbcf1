"""What is recorded of a run is judged as the model itself judges the run."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freezeframe.checking.asking.questions import Question, ask, questions_of, values_for
from freezeframe.checking.judging import judge
from freezeframe.properties import PROMISES, Kind, Scope
from freezeframe.protocol.instances import Instance
from freezeframe.protocol.observed import records_of
from freezeframe.protocol.policies import load_policy
from freezeframe.protocol.system import State, System
from tests.faulty.catalogue import PLANTED_FAULTS
from tests.fleets import CASES

MOVES = 40
SYSTEMS = {
    **{name: System(case.fleet, load_policy(case.policy)) for name, case in CASES.items()},
    **{
        fault.name: System(fault.fleet, fault.policy(), frozenset(fault.without))
        for fault in PLANTED_FAULTS
    },
}
Broken = set[tuple[str, frozenset[str]]]


def always_asked(system: System) -> list[Question]:
    return [
        question
        for prop in PROMISES
        if prop.kind is Kind.ALWAYS and prop.scope is not Scope.STANDSTILL
        for question in questions_of(system.topology, prop)
    ]


def broken_by(
    system: System, asked: list[Question], move: Instance | None, before: State, after: State
) -> Broken:
    """Whose promises a step breaks, as the predicates say of the model's own components."""
    found: Broken = set()
    for question in asked:
        is_step = question.form.property.scope is Scope.STEP
        if is_step and move is None:
            continue
        values = values_for(question, before if is_step else after, after)
        if not ask(question.form, values, system.settings).is_kept:
            found.add((question.form.property.name, frozenset(question.subjects)))
    return found


def walk(system: System, random: Random) -> tuple[list[Instance | None], list[State], Broken]:
    """Take steps at random, each rule with a likelihood of its own, whatever they break."""
    moves: list[Instance | None] = []
    states, broken = [system.initial], Broken()
    asked = always_asked(system)
    weights: dict[str, float] = {}
    for _ in range(MOVES):
        steps = list(system.steps(states[-1]))
        if not steps:
            break
        names = [step.instance.rule.name if step.instance else "" for step in steps]
        likely = [weights.setdefault(name, 4.0 ** random.randint(-2, 2)) for name in names]
        (step,) = random.choices(steps, likely)
        broken |= broken_by(system, asked, step.instance, states[-1], step.state)
        moves.append(step.instance)
        states.append(step.state)
    return moves, states, broken


@pytest.mark.parametrize("name", SYSTEMS)
@settings(max_examples=4, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_records_of_a_run_break_just_the_promises_that_the_run_breaks(
    name: str, random: Random
) -> None:
    system = SYSTEMS[name]
    moves, states, broken = walk(system, random)
    judged = judge(records_of(system, moves, states), system.fleet)
    found = {(each.property.name, frozenset(each.subjects)) for each in judged.violations}
    assert found == broken


def test_walks_break_promises_at_all() -> None:
    """Otherwise the agreement above would be about nothing."""
    broken = {
        promise
        for fault in PLANTED_FAULTS
        for promise, _ in walk(SYSTEMS[fault.name], Random(fault.name))[2]
    }
    assert len(broken) >= 5
