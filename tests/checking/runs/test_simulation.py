"""A simulation means the same as the rules, however it comes to its answers."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from freezeframe.checking.asking.questions import ask, questions_of, values_for
from freezeframe.checking.runs.lookup import Lookup
from freezeframe.checking.runs.simulation import Move, Simulation
from freezeframe.fleet import Faults
from freezeframe.properties import PROMISES, Kind, Scope
from freezeframe.protocol.instances import ModelError
from freezeframe.protocol.policies import load_policy
from freezeframe.protocol.system import State, System
from tests.checking.big_fleets import big_fleet
from tests.fleets import CASES, NO_NOTICE, one_vm


def steps_of(simulation: Simulation) -> dict[str, State]:
    """All ways on, by name, as the simulation sees them."""
    moves: list[Move] = [*simulation.enabled()]
    if simulation.can(None):
        moves.append(None)
    names = {move: "wait" if move is None else str(simulation.instance(move)) for move in moves}
    return {name: simulation.lookup.state(simulation.after(m)) for m, name in names.items()}


def reference_steps(system: System, state: State) -> dict[str, State]:
    """All ways on, by name, as the rules say."""
    return {str(step.instance or "wait"): step.state for step in system.steps(state)}


def breaches_of(system: System, before: State, after: State) -> Iterator[str]:
    """The promises, by name, that a step breaks, each asked of every subject."""
    for prop in PROMISES:
        if prop.kind is not Kind.ALWAYS or prop.scope is Scope.STANDSTILL:
            continue
        for question in questions_of(system.topology, prop):
            values = values_for(question, before, after)
            if prop.scope is Scope.STATE:
                values = values_for(question, after, after)
            if not ask(question.form, values, system.settings).is_kept:
                yield prop.name


@pytest.mark.parametrize("name", CASES)
def test_offers_just_the_steps_that_the_rules_allow(name: str) -> None:
    """Compared in every state of some random walks, with and without the policy's guards."""
    case = CASES[name]
    system = System(case.fleet, load_policy(case.policy))
    lookup = Lookup(system, PROMISES)
    random = Random(name)
    for _ in range(3):
        simulation = Simulation(lookup)
        state = system.initial
        for _ in range(25):
            expected = reference_steps(system, state)
            assert steps_of(simulation) == expected
            moves = {str(simulation.instance(move)): move for move in simulation.enabled()}
            chosen = random.choice(sorted(expected))
            simulation.take(moves.get(chosen))
            state = expected[chosen]
            assert simulation.state == state


@pytest.mark.parametrize(
    "without",
    [
        "quiesce/each-tenant-approved-or-had-its-notice",
        "begin_update/every-vm-on-the-host-was-seen-to-stand-still",
        "schedule/no-other-domain-of-the-set-is-under-maintenance",
        "schedule/no-failure-waits-for-an-operator",
    ],
)
def test_notices_a_breach_just_where_a_promise_is_broken(without: str) -> None:
    """Every promise is asked again of all its subjects after every step."""
    fleet = CASES["power fails beneath a set"].fleet
    system = System(fleet, load_policy("one-update-domain"), frozenset({without}))
    lookup = Lookup(system, [each for each in PROMISES if each.scope is not Scope.STANDSTILL])
    random = Random(without)
    broken = 0
    walks = 0
    while walks < 20 or not broken:
        walks += 1
        simulation = Simulation(lookup)
        while simulation.breach is None and len(simulation.moves) < 30:
            before = simulation.state
            moves: list[Move] = [*simulation.enabled(), *([None] if simulation.can(None) else [])]
            simulation.take(random.choice(moves))
            expected = next(breaches_of(system, before, simulation.state), None)
            found = simulation.breach and simulation.breach.property.name
            assert found == expected
        broken += simulation.breach is not None
    assert broken


def test_a_fork_goes_its_own_way() -> None:
    """What happens to it leaves the original as it was, and the other way round."""
    simulation = Simulation(Lookup(System(one_vm(), load_policy("one-update-domain")), PROMISES))
    fork = simulation.fork()
    before = simulation.state
    fork.take(fork.enabled()[0])
    assert simulation.state == before
    assert simulation.moves == []
    assert steps_of(simulation) != steps_of(fork)
    simulation.take(simulation.enabled()[0])
    assert steps_of(simulation) == steps_of(fork)


def test_refuses_what_the_rules_forbid() -> None:
    """A move that is not possible changes nothing."""
    simulation = Simulation(Lookup(System(one_vm(), load_policy("one-update-domain")), PROMISES))
    impossible = next(n for n in range(len(simulation.lookup.parts)) if not simulation.can(n))
    before = simulation.state
    with pytest.raises(ModelError, match="expected a move that the rules allow"):
        simulation.take(impossible)
    assert simulation.state == before


def test_patience_ends_where_something_is_due() -> None:
    """As many units can pass, and after them not one more."""
    simulation = Simulation(Lookup(System(one_vm(), load_policy("one-update-domain")), PROMISES))
    for name in ("schedule", "approve", "quiesce", "pause"):
        simulation.take(
            next(n for n in simulation.enabled() if simulation.instance(n).rule.name == name)
        )
    units = simulation.patience(100)
    assert units == 1  # a pause takes up to five seconds, and a unit is five
    assert simulation.wait(units) == units
    assert simulation.must_act
    assert simulation.wait(1) == 0


def test_time_may_pass_again_when_what_was_due_is_put_off() -> None:
    """An agent that is silent has its time once more; its clock stays to be set."""
    fleet = one_vm(limits=NO_NOTICE, faults=Faults(agent_silent=1))
    simulation = Simulation(Lookup(System(fleet, load_policy("one-update-domain")), PROMISES))
    numbers = {str(each): number for number, each in enumerate(simulation.lookup.system.instances)}
    moves = [
        *("schedule a", "quiesce a", "pause a v", "pause_completed v", "begin_update a", "wait"),
        *("update_completed a", "resume a v", "resume_completed v", "wait"),
    ]
    for name in moves:
        simulation.take(numbers.get(name))
    assert simulation.must_act
    simulation.take(numbers["silence_agent v"])
    assert simulation.can(numbers["set_clock v"])
    assert not simulation.must_act
    assert steps_of(simulation) == reference_steps(simulation.lookup.system, simulation.state)


def test_agrees_with_the_rules_in_a_big_fleet() -> None:
    """Two hundred VMs; the rules take a tenth of a second a state, so few states are compared."""
    system = System(big_fleet(), load_policy("one-update-domain"))
    simulation = Simulation(Lookup(system, PROMISES))
    random = Random(0)
    for number in range(240):
        if number % 40 == 39:
            assert steps_of(simulation) == reference_steps(system, simulation.state)
        moves: list[Move] = [*simulation.enabled(), *([None] if simulation.can(None) else [])]
        simulation.take(random.choice(moves))
        assert simulation.breach is None
