"""A promise is broken for ever just where a fair run can avoid keeping it."""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freezeframe.checking.search.lassos import Lasso
from freezeframe.checking.search.liveness import find_lasso, find_standstill
from freezeframe.protocol.language import Actor
from tests.checking.handmade import Edges, space_of

CONTROLLER, FAULT, TIME = 0, 1, 2
"""The edges of these graphs are by one who can be relied upon, one who cannot, and time."""
ACTORS = (Actor.CONTROLLER, Actor.FAULT)
RELIABLE = {CONTROLLER, TIME}


def find(edges: Edges, kept: Collection[int]) -> Lasso | None:
    mask = np.array([state in kept for state in range(len(edges))], np.bool_)
    return find_lasso(space_of(edges, ACTORS), mask)


def can_avoid(edges: Edges, kept: Collection[int]) -> bool:
    """By the definition: whether some set of states can be what a fair run visits for ever.

    Every set is tried. It must not keep the promise; one must be able to go around in all of it;
    and whatever can be relied upon and is possible somewhere in it must happen inside it.
    """
    rest = [state for state in range(len(edges)) if state not in kept]
    if any(not _reliable(edges, state) for state in rest):
        return True
    candidates = (set(c) for size in range(1, len(rest) + 1) for c in combinations(rest, size))
    return any(is_fair_haunt(edges, states) for states in candidates)


def _reliable(edges: Edges, state: int) -> set[int]:
    """Who can be relied upon to go on from a state; where there is none, a run may end."""
    return {by for by, _ in edges[state]} & RELIABLE


def is_fair_haunt(edges: Edges, states: set[int]) -> bool:
    for start in states:
        seen: set[int] = set()
        ahead = [start]
        while ahead:
            for _, to in edges[ahead.pop()]:
                if to in states and to not in seen:
                    seen.add(to)
                    ahead.append(to)
        if seen != states:
            return False
    possible = {by for state in states for by, _ in edges[state]} & RELIABLE
    done = {by for state in states for by, to in edges[state] if to in states}
    return possible <= done


def assert_is_fair_run(edges: Edges, kept: Collection[int], lasso: Lasso) -> None:
    """The lasso can be walked, comes back, keeps nothing, and lets nobody reliable wait."""
    here = lasso.entry
    assert here not in kept
    if not lasso.loop:
        assert not _reliable(edges, here)
        return
    visited = set()
    for by, to in lasso.loop:
        assert (by, to) in edges[here]
        assert to not in kept
        visited.add(to)
        here = to
    assert here == lasso.entry
    possible = {by for state in visited for by, _ in edges[state]} & RELIABLE
    assert possible <= {by for by, _ in lasso.loop}


HANDMADE: dict[str, tuple[Edges, set[int], bool]] = {
    "waiting for ever is avoided by nobody": ([[(TIME, 0)]], set(), True),
    "what can be relied upon happens": ([[(TIME, 0), (CONTROLLER, 1)], [(TIME, 1)]], {1}, False),
    "faults need not happen": ([[(TIME, 0), (FAULT, 1)], [(TIME, 1)]], {1}, True),
    "possible again and again is enough": (
        [[(TIME, 1)], [(TIME, 0), (CONTROLLER, 2)], [(TIME, 2)]],
        {2},
        False,
    ),
    "time passes if it can": ([[(CONTROLLER, 0), (TIME, 1)], [(TIME, 1)]], {1}, False),
    "but nobody else need act": ([[(CONTROLLER, 0), (FAULT, 1)], [(TIME, 1)]], {1}, True),
    "where nothing is possible nothing will be kept": ([[(CONTROLLER, 1)], []], set(), True),
    "where only a fault could go on nothing may go on": ([[(FAULT, 1)], [(TIME, 1)]], {1}, True),
    "a dead end that keeps the promise is fine": ([[(CONTROLLER, 1)], []], {1}, False),
    "a way through which leads to a trap": (
        [[(CONTROLLER, 1), (FAULT, 2)], [(TIME, 1)], [(TIME, 2)]],
        {1},
        True,
    ),
    "the same rule elsewhere in the loop will do": (
        [[(CONTROLLER, 1), (FAULT, 2)], [(CONTROLLER, 0), (TIME, 0)], [(TIME, 2)]],
        {2},
        True,
    ),
    "a state that is not lingered in demands nothing": (
        # From 0 the controller would go to 3, but 1 and 2 go around without coming back to 0.
        [[(FAULT, 1), (CONTROLLER, 3)], [(TIME, 2)], [(TIME, 1), (FAULT, 0)], [(TIME, 3)]],
        {3},
        True,
    ),
}


@pytest.mark.parametrize("name", HANDMADE)
def test_graphs_with_known_answers(name: str) -> None:
    edges, kept, is_broken = HANDMADE[name]
    lasso = find(edges, kept)
    assert can_avoid(edges, kept) is is_broken
    assert (lasso is not None) is is_broken
    if lasso is not None:
        assert_is_fair_run(edges, kept, lasso)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Edges, set[int]]:
    size = draw(st.integers(1, 6))
    state = st.integers(0, size - 1)
    edge = st.tuples(st.sampled_from((CONTROLLER, FAULT, TIME)), state)
    edges = draw(st.lists(st.lists(edge, max_size=4, unique=True), min_size=size, max_size=size))
    return edges, draw(st.sets(state))


@given(graphs())
def test_random_graphs_against_every_set_of_states(graph: tuple[Edges, set[int]]) -> None:
    edges, kept = graph
    lasso = find(edges, kept)
    assert (lasso is not None) is can_avoid(edges, kept)
    if lasso is not None:
        assert_is_fair_run(edges, kept, lasso)


STANDSTILLS: dict[str, tuple[Edges, set[int], bool]] = {
    "nothing changes any more": ([[(CONTROLLER, 1)], [(TIME, 1)]], set(), True),
    "and all is over": ([[(CONTROLLER, 1)], [(TIME, 1)]], {1}, False),
    "time goes on, though nothing else does": ([[(TIME, 1)], [(TIME, 0)]], set(), False),
    "much is done and time cannot pass": ([[(CONTROLLER, 1)], [(CONTROLLER, 0)]], set(), True),
    "the same, and over now and then": ([[(CONTROLLER, 1)], [(CONTROLLER, 0)]], {1}, False),
    "time can pass now and then": (
        [[(CONTROLLER, 1)], [(CONTROLLER, 0), (TIME, 2)], [(TIME, 0)]],
        set(),
        False,
    ),
    "a fault alone could go on": ([[(FAULT, 1)], [(TIME, 0)]], set(), True),
}


@pytest.mark.parametrize("name", STANDSTILLS)
def test_time_stands_still_or_not(name: str) -> None:
    edges, over, is_broken = STANDSTILLS[name]
    mask = np.array([state in over for state in range(len(edges))], np.bool_)
    lasso = find_standstill(space_of(edges, ACTORS), mask)
    assert (lasso is not None) is is_broken
    if lasso is not None:
        assert_is_fair_run(edges, over, lasso)


def test_a_promise_that_is_kept_everywhere_is_broken_nowhere() -> None:
    edges: Edges = [[(CONTROLLER, 1)], [(TIME, 0)]]
    assert find(edges, {0, 1}) is None
