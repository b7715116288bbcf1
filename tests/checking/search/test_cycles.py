"""Strongly connected parts, and fairness in them, against networkx on small random graphs."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freezeframe.checking.search.cycles import fair_states, strong_parts

N_ITEMS = 3
Edges = list[list[tuple[int, int]]]
"""For each state its edges, as (item, to)."""


@st.composite
def graphs(draw: st.DrawFn) -> Edges:
    size = draw(st.integers(1, 7))
    edge = st.tuples(st.integers(0, N_ITEMS - 1), st.integers(0, size - 1))
    return draw(st.lists(st.lists(edge, max_size=3), min_size=size, max_size=size))


def arrays(edges: Edges) -> tuple[Any, Any, Any]:
    flat = [edge for out in edges for edge in out]
    starts = np.concatenate([[0], np.cumsum([len(out) for out in edges])]).astype(np.int64)
    return (
        starts,
        np.array([to for _, to in flat], np.uint32),
        np.array([item for item, _ in flat], np.uint16),
    )


def parts_of(edges: Edges, candidates: set[int]) -> list[set[int]]:
    graph = nx.DiGraph()
    graph.add_nodes_from(candidates)
    graph.add_edges_from(
        (state, to) for state in candidates for _, to in edges[state] if to in candidates
    )
    return [set(part) for part in nx.strongly_connected_components(graph)]


def is_fair_part(edges: Edges, fair: set[int], part: set[int]) -> bool:
    """Whether one can go round in `part`, and every fair item that it offers is met inside it."""
    inside = {item for state in part for item, to in edges[state] if to in part}
    offered = {item for state in part for item, _ in edges[state]}
    return bool(inside) and offered & fair <= inside


def fair_subsets(edges: Edges, fair: set[int], candidates: set[int]) -> list[set[int]]:
    """Every strongly connected subset of `candidates` that is fair, by trying all subsets."""
    states = sorted(candidates)
    subsets = (
        {state for bit, state in enumerate(states) if number >> bit & 1}
        for number in range(1, 1 << len(states))
    )
    return [
        subset
        for subset in subsets
        if len(parts_of(edges, subset)) == 1 and is_fair_part(edges, fair, subset)
    ]


@given(edges=graphs(), data=st.data())
def test_parts_are_those_of_networkx(edges: Edges, data: st.DataObject) -> None:
    candidates = data.draw(st.sets(st.integers(0, len(edges) - 1)))
    starts, to, _ = arrays(edges)
    mask = np.isin(np.arange(len(edges)), list(candidates))
    part_of, members = strong_parts(starts, to, mask)
    found: dict[int, set[int]] = {}
    for state in members.tolist():
        found.setdefault(int(part_of[state]), set()).add(state)
    assert sorted(map(sorted, found.values())) == sorted(map(sorted, parts_of(edges, candidates)))
    assert not part_of[~mask].any()


@given(edges=graphs(), data=st.data())
def test_one_can_stay_just_in_the_states_of_fair_subsets(edges: Edges, data: st.DataObject) -> None:
    candidates = data.draw(st.sets(st.integers(0, len(edges) - 1)))
    fair = data.draw(st.sets(st.integers(0, N_ITEMS - 1)))
    mask = np.isin(np.arange(len(edges)), list(candidates))
    fairness = np.isin(np.arange(N_ITEMS), list(fair))
    lasting = fair_states(*arrays(edges), fairness, mask)
    expected = {state for subset in fair_subsets(edges, fair, candidates) for state in subset}
    assert set(np.flatnonzero(lasting).tolist()) == expected


@pytest.mark.parametrize(("fair", "states"), [(set(), [0, 1, 2]), ({0, 1}, [1, 2])])
def test_where_fairness_leads_out_one_cannot_stay(fair: set[int], states: list[int]) -> None:
    edges = [[(0, 0), (1, 1)], [(0, 2)], [(1, 1)]]
    fairness = np.isin(np.arange(2), list(fair))
    mask = np.ones(3, np.bool_)
    lasting = fair_states(*arrays(edges), fairness, mask)
    assert np.flatnonzero(lasting).tolist() == states
