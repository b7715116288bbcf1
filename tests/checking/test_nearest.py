"""Of all ways through the same levels, the one told is the first of those with the fewest turns."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from freezeframe.checking.nearest import least_changing
from freezeframe.checking.simulation import Move
from freezeframe.protocol.language import Actor
from freezeframe.protocol.policies import OneUpdateDomain
from freezeframe.protocol.system import System
from tests.fleets import CASES

INSTANCES = System(CASES["power fails"].fleet, OneUpdateDomain()).instances
STATES = 3
Edge = tuple[int, Move, int]

moves = st.none() | st.sampled_from(range(0, len(INSTANCES), 3))
edges = st.tuples(st.integers(0, STATES - 1), moves, st.integers(0, STATES - 1))
layers = st.lists(st.lists(edges, min_size=1, max_size=8, unique=True), min_size=1, max_size=5)


def ways(levels: list[list[Edge]]) -> list[tuple[Move, ...]]:
    """Every way from state 0 through all levels."""
    found: list[tuple[int, tuple[Move, ...]]] = [(0, ())]
    for level in levels:
        found = [
            (target, (*way, move))
            for state, way in found
            for source, move, target in level
            if source == state
        ]
    return [way for _, way in found]


def rank(way: tuple[Move, ...]) -> tuple[int, tuple[int, ...]]:
    """How often the actor changes, then the order of the rules, time last."""
    actors = [Actor.TIME if move is None else INSTANCES[move].rule.actor for move in way]
    turns = sum(one is not other for one, other in pairwise(actors))
    return turns, tuple(len(INSTANCES) if move is None else move for move in way)


@given(layers)
def test_is_the_first_with_the_fewest_turns(levels: list[list[Edge]]) -> None:
    """Compared with all ways there are."""
    every = ways(levels)
    if every:
        assert least_changing(levels, INSTANCES) == min(every, key=rank)
