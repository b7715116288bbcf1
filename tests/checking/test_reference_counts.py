"""The compiled search finds just what a naive search of the same rules finds, on fleets that use
everything there is.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from functools import cache

import pytest

from freezeframe.checking.check import check
from freezeframe.checking.search.coverage import all_pulls, pulls_taken
from freezeframe.checking.search.space import Space
from freezeframe.fleet import CustomerActions, Faults, Fleet, OperatorActions, UpdateKind
from freezeframe.properties import ALL, Scope
from freezeframe.protocol.guards import Guard
from freezeframe.protocol.policies import POLICIES, STANDARD_RULES, Policy, load_policy
from freezeframe.protocol.system import System
from freezeframe.reporting import CheckResult, Verdict
from tests.checking import reference
from tests.faulty.catalogue import PLANTED_FAULTS
from tests.fleets import CASES

NEVER = -1
"""The depth of a breach that is not in a state."""


@dataclass(frozen=True)
class Both:
    """What the search and the reference say of one case."""

    space: Space
    result: CheckResult
    graph: reference.Graph
    broken: dict[str, int]


def both_of(fleet: Fleet, policy: Policy, without: frozenset[str] = frozenset()) -> Both:
    system = System(fleet, policy, without)
    graph = reference.search(system)
    spaces: list[Space] = []
    result = check(fleet, policy, without=without, on_space=spaces.append)
    return Both(spaces[0], result, graph, reference.broken(system, graph))


@cache
def both(name: str) -> Both:
    return both_of(CASES[name].fleet, load_policy(CASES[name].policy))


def depth_found(result: CheckResult, name: str) -> int:
    """How many steps the counterexample of a broken property takes to the state that breaks it."""
    found = next(each for each in result.properties if each.name == name)
    scope = next(each.scope for each in ALL if each.name == name)
    if found.kind != "always" or found.counterexample is None or scope is Scope.STANDSTILL:
        return NEVER
    return len(found.counterexample.moves) - (scope is Scope.STEP)


def breaches(result: CheckResult) -> dict[str, int]:
    return {
        each.name: depth_found(result, each.name)
        for each in result.properties
        if each.verdict is Verdict.VIOLATED
    }


@pytest.mark.parametrize("name", CASES)
def test_counts_are_those_of_the_reference_and_pinned(name: str) -> None:
    case, found = CASES[name], both(name)
    counted = (found.space.n_states, found.space.n_transitions, found.space.depth)
    assert counted == (
        len(found.graph.states),
        found.graph.transitions,
        max(found.graph.depth_of),
    )
    assert counted == (case.states, case.transitions, case.depth)


@pytest.mark.parametrize("name", CASES)
def test_states_and_edges_are_those_of_the_reference(name: str) -> None:
    """The same ones, not only as many; both number states in the order of discovery."""
    space, graph = both(name).space, both(name).graph
    number_of = {state: number for number, state in enumerate(graph.states)}
    mine = [number_of.pop(space.state(number)) for number in range(space.n_states)]
    assert not number_of
    assert [space.level_of(number) for number in range(space.n_states)] == [
        graph.depth_of[number] for number in mine
    ]
    for number in range(space.n_states):
        first, last = space.edge_start[number], space.edge_start[number + 1]
        edges = {
            (None if by == space.tables.n_rules else by, mine[to])
            for by, to in zip(
                space.edge_by[first:last].tolist(), space.edge_to[first:last].tolist(), strict=True
            )
        }
        assert edges == set(graph.edges[mine[number]])


@pytest.mark.parametrize("name", CASES)
def test_the_same_promises_are_broken_first_at_the_same_depth(name: str) -> None:
    assert breaches(both(name).result) == both(name).broken


@pytest.mark.parametrize("name", CASES)
def test_coverage_is_what_the_reference_saw(name: str) -> None:
    coverage, graph = both(name).result.coverage, both(name).graph
    assert {rule for rule, fired in coverage.rules.items() if fired} == graph.fired
    assert pulls_taken(both(name).space) == graph.rows
    assert {guard: set(seen) for guard, seen in coverage.guards.items() if seen} == graph.guards


PLANTED = {fault.breaks: fault for fault in reversed(PLANTED_FAULTS) if len(fault.fleet.hosts) == 1}
"""For promises about a single host, the first planted fault that breaks it."""


@pytest.mark.parametrize("promise", PLANTED)
def test_breaches_agree_where_a_fault_is_planted(promise: str) -> None:
    fault = PLANTED[promise]
    found = both_of(fault.fleet, fault.policy(), frozenset(fault.without))
    assert promise in found.broken
    assert breaches(found.result) == found.broken


def test_every_rule_is_taken_somewhere() -> None:
    fired = set().union(*(both(name).graph.fired for name in CASES))
    rules = {rule.name for rule in STANDARD_RULES}
    assert fired == rules | {rule.cut.name for rule in STANDARD_RULES if rule.is_journalled}


def test_every_row_of_every_lifecycle_is_taken_somewhere() -> None:
    assert set().union(*(both(name).graph.rows for name in CASES)) == set(all_pulls())


def test_every_guard_that_others_do_not_cover_holds_somewhere_and_fails_somewhere() -> None:
    guards: dict[str, Guard] = {}
    answers: dict[str, set[bool]] = defaultdict(set)
    for name, case in CASES.items():
        for rule in load_policy(case.policy).rules():
            guards |= rule.guards
        for guard, seen in both(name).graph.guards.items():
            answers[guard] |= seen
    assert set(answers) == set(guards)
    one_sided = {name for name, seen in answers.items() if seen != {True, False}}
    assert {name for name in one_sided if not guards[name].stays} == set()


@pytest.mark.parametrize("kind", [Faults, CustomerActions, OperatorActions])
def test_every_fault_and_action_is_allowed_somewhere(kind: type[Faults]) -> None:
    groups = [
        group
        for case in CASES.values()
        for group in (case.fleet.faults, case.fleet.customer, case.fleet.operator)
        if isinstance(group, kind)
    ]
    assert groups
    for each in fields(kind):
        assert any(getattr(group, each.name) for group in groups), each.name


def test_the_fleets_differ_in_all_that_a_fleet_can_be() -> None:
    fleets = [case.fleet for case in CASES.values()]
    vms = [vm for fleet in fleets for vm in fleet.vms]
    kinds = {fleet.update.kind for fleet in fleets}
    kinds |= {host.update for fleet in fleets for host in fleet.hosts if host.update}
    assert kinds == set(UpdateKind)
    assert {case.policy for case in CASES.values()} == set(POLICIES)
    assert any(not vm.preservable for vm in vms)
    assert any(vm.may_move_to for vm in vms)
    assert any(not vm.exists for vm in vms)
    assert {fleet.update.attempts for fleet in fleets} >= {1, 2}
    assert len({fleet.limits.notice_ms for fleet in fleets}) >= 3
    assert len({fleet.timing for fleet in fleets}) >= 3
    assert any(len(fleet.availability_sets) > 1 for fleet in fleets)
