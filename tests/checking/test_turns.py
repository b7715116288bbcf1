"""Of all ways through the same levels, the one told is the first of those with the fewest turns."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from freezeframe.checking.turns import Edge, least_changing
from freezeframe.protocol.language import Actor

ACTORS = (Actor.CONTROLLER, Actor.CONTROLLER, Actor.HYPERVISOR, Actor.FAULT, Actor.TIME)
STATES = 3

edges = st.tuples(
    st.integers(0, STATES - 1), st.integers(0, len(ACTORS) - 1), st.integers(0, STATES - 1)
)
layers = st.lists(st.lists(edges, min_size=1, max_size=8, unique=True), max_size=5)


def ways(levels: list[list[Edge]]) -> list[tuple[int, ...]]:
    """Who acts on each way from state 0 through all levels."""
    found: list[tuple[int, tuple[int, ...]]] = [(0, ())]
    for level in levels:
        found = [
            (to, (*way, by)) for state, way in found for source, by, to in level if source == state
        ]
    return [way for _, way in found]


def rank(way: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """How often the actor changes, then the order of the rules, time last."""
    return sum(ACTORS[one] is not ACTORS[other] for one, other in pairwise(way)), way


@example([[(0, 4, 0), (0, 4, 1)], [(0, 4, 0), (1, 0, 0)], [(0, 0, 0)]])  # two ways begin equally
@given(layers)
def test_is_the_first_with_the_fewest_turns(levels: list[list[Edge]]) -> None:
    """Compared with all ways there are."""
    every = ways(levels)
    if every:
        found = least_changing(levels, ACTORS)
        assert tuple(by for by, _ in found) == min(every, key=rank)
        starts = [0, *(to for _, to in found)]
        walk = zip(starts, found, levels, strict=False)
        assert all((source, by, to) in level for source, (by, to), level in walk)
