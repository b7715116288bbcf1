"""The lasso that is told is a shortest one, whatever is demanded along its loop."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freezeframe.checking.search import lassos
from freezeframe.checking.search.lassos import Lasso
from freezeframe.checking.search.liveness import find_lasso
from freezeframe.protocol.language import Actor
from tests.checking.handmade import Edges, renumbered, space_of

CONTROLLER, HYPERVISOR, FAULT, TIME = range(4)
ACTORS = (Actor.CONTROLLER, Actor.HYPERVISOR, Actor.FAULT)
RELIABLE = {CONTROLLER, HYPERVISOR, TIME}


def find(edges: Edges, kept: Collection[int]) -> Lasso | None:
    mask = np.array([state in kept for state in range(len(edges))], np.bool_)
    return find_lasso(space_of(edges, ACTORS), mask)


def demanded(edges: Edges, state: int) -> frozenset[int]:
    return frozenset(by for by, _ in edges[state]) & RELIABLE


def depths(edges: Edges) -> dict[int, int]:
    depth = {0: 0}
    ahead = deque([0])
    while ahead:
        state = ahead.popleft()
        for _, to in edges[state]:
            if to not in depth:
                depth[to] = depth[state] + 1
                ahead.append(to)
    return depth


def ways_around(edges: Edges, kept: Collection[int], entry: int) -> Iterator[int]:
    """How long the fair ways from `entry` back to it are, which never keep the promise.

    All are walked, a step at a time; one is told apart from another by where it is, what was done
    and what was possible.
    """
    start = (entry, frozenset[int](), demanded(edges, entry))
    length = {start: 0}
    walks = deque([start])
    while walks:
        state, done, possible = here = walks.popleft()
        for by, to in edges[state]:
            after = (to, done | ({by} & RELIABLE), possible | demanded(edges, to))
            if to == entry and after[1] == after[2]:
                yield length[here] + 1
            if to not in kept and after not in length:
                length[after] = length[here] + 1
                walks.append(after)


def shortest_length(edges: Edges, kept: Collection[int]) -> int | None:
    lengths = []
    for entry, depth in depths(edges).items():
        if entry not in kept:
            lengths += [depth] if not demanded(edges, entry) else []
            lengths += [depth + around for around in ways_around(edges, kept, entry)]
    return min(lengths, default=None)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Edges, set[int]]:
    size = draw(st.integers(1, 8))
    state = st.integers(0, size - 1)
    edge = st.tuples(st.sampled_from((CONTROLLER, HYPERVISOR, FAULT, TIME)), state)
    edges = draw(st.lists(st.lists(edge, max_size=4, unique=True), min_size=size, max_size=size))
    reached = renumbered(edges)
    return reached, draw(st.sets(st.integers(0, len(reached) - 1)))


@given(graphs())
def test_none_is_shorter(graph: tuple[Edges, set[int]]) -> None:
    edges, kept = graph
    lasso = find(edges, kept)
    assert (None if lasso is None else lasso.length) == shortest_length(edges, kept)


FAR_BUT_SMALL: Edges = [
    # A loop of four from the start, and a step further on one where waiting is all there is.
    [(CONTROLLER, 1), (FAULT, 2)],
    [(HYPERVISOR, 3)],
    [(TIME, 2)],
    [(TIME, 4)],
    [(CONTROLLER, 0)],
]


def test_a_farther_loop_is_told_if_it_is_smaller_by_more() -> None:
    assert find(FAR_BUT_SMALL, set()) == Lasso(2, ((TIME, 2),), 1)


def test_where_the_search_takes_too_long_a_nearest_loop_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is fair all the same, and not the shortest."""
    monkeypatch.setattr(lassos, "WORK_MAX", 0)
    found = find(FAR_BUT_SMALL, set())
    assert found == Lasso(0, ((CONTROLLER, 1), (HYPERVISOR, 3), (TIME, 4), (CONTROLLER, 0)), 0)


def test_of_loops_as_long_the_nearest_is_told() -> None:
    edges: Edges = [
        [(FAULT, 1), (FAULT, 2)],
        [(CONTROLLER, 3)],
        [(CONTROLLER, 4)],
        [(TIME, 1)],
        [(TIME, 4)],
    ]
    assert find(edges, {0}) == Lasso(1, ((CONTROLLER, 3), (TIME, 1)), 1)
