"""Counterexamples are shortest, and tell of as few turns as a shortest one can."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freezeframe.checking.search.explorer import explore
from freezeframe.checking.search.paths import shortest_path
from freezeframe.checking.turns import Path
from freezeframe.protocol.language import Actor
from freezeframe.protocol.policies import OneUpdateDomain
from freezeframe.protocol.system import System
from tests.checking.handmade import Edges, renumbered, space_of
from tests.fleets import CASES

ACTORS = (Actor.CONTROLLER, Actor.CONTROLLER, Actor.HYPERVISOR, Actor.FAULT)
TIME = len(ACTORS)


def all_shortest(edges: Edges, targets: Collection[int]) -> list[Path]:
    """Every shortest path to the nearest of `targets`, by trying all paths of each length."""
    paths: list[Path] = [()]
    while True:
        found = [path for path in paths if end(path) in targets]
        if found:
            return found
        paths = [(*path, edge) for path in paths for edge in edges[end(path)]]


def end(path: Path) -> int:
    return path[-1][1] if path else 0


def turns(path: Path) -> int:
    """How often one actor follows another."""
    actors = [(*ACTORS, Actor.TIME)[by] for by, _ in path]
    return sum(one is not other for one, other in pairwise(actors))


def is_walk(edges: Edges, path: Path) -> bool:
    starts = [0, *(to for _, to in path)]
    return all(edge in edges[start] for start, edge in zip(starts, path, strict=False))


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Edges, set[int]]:
    size = draw(st.integers(1, 8))
    state = st.integers(0, size - 1)
    steps = st.dictionaries(st.integers(0, TIME), state, max_size=3)
    edges = renumbered([sorted(draw(steps).items()) for _ in range(size)])
    return edges, draw(st.sets(st.integers(0, len(edges) - 1), min_size=1))


@given(graphs())
def test_no_path_is_shorter_or_turns_less_or_takes_earlier_rules(
    graph: tuple[Edges, set[int]],
) -> None:
    edges, targets = graph
    found = shortest_path(space_of(edges, ACTORS), targets)
    assert is_walk(edges, found)
    assert end(found) in targets
    rivals = all_shortest(edges, targets)
    assert len(found) == len(rivals[0])
    least = min(map(turns, rivals))
    assert turns(found) == least
    assert found == min(path for path in rivals if turns(path) == least)


def test_the_initial_state_needs_no_steps() -> None:
    assert shortest_path(space_of([[(0, 0)]], ACTORS), [0]) == ()


def test_fewer_turns_are_worth_later_rules() -> None:
    """0 -> 1 -> 3 turns from the controller to the fault; 0 -> 2 -> 3 does not turn."""
    edges: Edges = [[(0, 1), (3, 2)], [(3, 3)], [(3, 3)], []]
    assert shortest_path(space_of(edges, ACTORS), [3]) == ((3, 2), (3, 3))


def test_two_rules_of_one_actor_are_no_turn() -> None:
    edges: Edges = [[(0, 1), (2, 2)], [(1, 3)], [(0, 3)], []]
    assert shortest_path(space_of(edges, ACTORS), [3]) == ((0, 1), (1, 3))


def test_among_equals_the_first_rules_are_taken() -> None:
    edges: Edges = [[(0, 1), (1, 2)], [(1, 3)], [(0, 3)], []]
    assert shortest_path(space_of(edges, ACTORS), [3]) == ((0, 1), (1, 3))


@pytest.mark.parametrize("number", [1, 10, 100, -1])
def test_paths_in_a_fleet_are_as_long_as_their_level_says(number: int) -> None:
    system = System(CASES["power fails beneath a set"].fleet, OneUpdateDomain())
    space = explore(system)
    target = range(space.n_states)[number]
    path = shortest_path(space, [target])
    assert len(path) == space.level_of(target)
    state = system.initial
    for by, to in path:
        after = system.apply(state, space.instance(by))
        assert after == space.state(to)
        state = after
    assert path == shortest_path(space, [target])
