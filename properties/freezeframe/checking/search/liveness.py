"""Promises of the kind `eventually`, decided on the explored graph.

A promise is broken by a run that is fair and never keeps it. Fair means strongly fair for every
instance of a rule that can be relied upon (`Rule.is_fair`) and for time: what is possible again and
again is done again and again. Guests, customers and faults may act or not. Such a run exists just
if some strongly connected part of the states that do not keep the promise is closed under what
fairness demands. Source: Emerson and Lei, "Modalities for model checking", 1985 (strong fairness by
removing, component by component, the states where a demand cannot be met).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from .cycles import fair_part
from .packing import Ints
from .space import Bools, Space

Edge = tuple[int, int]
"""A step, as (by, to)."""


@dataclass(frozen=True)
class Lasso:
    """A way for ever without keeping a promise: where it begins, and the steps, as (by, to), that
    lead back there.

    `loop` is empty where nothing that can be relied upon can happen any more.
    """

    entry: int
    loop: tuple[Edge, ...]


def find_lasso(space: Space, kept: Bools) -> Lasso | None:
    """A fair run that stays for ever where `kept` is False, or None if none was found, which proves
    that there is none if `space` is complete.
    """
    kept = kept.copy()
    kept[space.n_expanded :] = True  # What follows from these is unknown.
    fair = _fair(space)
    ends = np.concatenate([[0], np.cumsum(fair[space.edge_by])])[space.edge_start]
    dead = np.flatnonzero((np.diff(ends) == 0) & ~kept[: space.n_expanded])
    if dead.size:
        return Lasso(int(dead[0]), ())
    states = fair_part(space.edge_start, space.edge_to, space.edge_by, fair, ~kept)
    return _lasso(space, states.astype(np.int64)) if states.size else None


def find_standstill(space: Space, is_over: Bools) -> Lasso | None:
    """A fair run in which time stands still from some moment on, and that is never after that where
    `is_over` is True; None as in `find_lasso`.

    Time stands still where it cannot pass, or changes nothing. Where it can change something again
    and again it does so, for time is fair; so such a run stays at last where it cannot.
    """
    passes = np.flatnonzero(space.edge_by == space.tables.n_rules)
    of = np.searchsorted(space.edge_start, passes, side="right") - 1
    goes_on = np.zeros(space.n_states, np.bool_)
    goes_on[of[space.edge_to[passes] != of]] = True
    return find_lasso(space, is_over | goes_on)


def _fair(space: Space) -> Bools:
    rules = space.tables.item_is_fair[: space.tables.n_rules]
    return np.append(rules, True)


def _lasso(space: Space, states: Ints) -> Lasso:
    """A closed walk in the strongly connected `states` that takes each fair step taken among them
    at least once.
    """
    inside = set(states.tolist())
    edges = {
        state: [
            (int(space.edge_by[edge]), int(space.edge_to[edge]))
            for edge in range(int(space.edge_start[state]), int(space.edge_start[state + 1]))
            if int(space.edge_to[edge]) in inside
        ]
        for state in inside
    }
    fair = _fair(space)
    wanted = {by for out in edges.values() for by, _ in out if fair[by]}
    entry = here = int(states[0])
    loop: list[Edge] = []
    while wanted:
        walk = _walk(edges, here, partial(_is_by, wanted))
        loop += walk
        wanted -= {by for by, _ in walk}
        here = loop[-1][1]
    if here != entry or not loop:
        loop += _walk(edges, here, partial(_leads_to, entry))
    return Lasso(entry, tuple(loop))


def _is_by(wanted: Collection[int], edge: Edge) -> bool:
    return edge[0] in wanted


def _leads_to(state: int, edge: Edge) -> bool:
    return edge[1] == state


def _walk(
    edges: Mapping[int, list[Edge]], start: int, is_last: Callable[[Edge], bool]
) -> list[Edge]:
    """The shortest walk from `start` whose last edge satisfies `is_last`."""
    came: dict[int, tuple[int, Edge]] = {}
    queue = deque([start])
    seen = {start}
    while queue:
        state = queue.popleft()
        for edge in edges[state]:
            if is_last(edge):
                walk = [edge]
                while state != start:
                    state, earlier = came[state]
                    walk.append(earlier)
                return walk[::-1]
            if edge[1] not in seen:
                seen.add(edge[1])
                came[edge[1]] = (state, edge)
                queue.append(edge[1])
    raise AssertionError("a strongly connected part has a walk between any two of its states")
