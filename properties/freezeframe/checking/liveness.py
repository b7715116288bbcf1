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
from dataclasses import dataclass

import numpy as np

from .space import Bools, Space
from .tables import Ints


@dataclass(frozen=True)
class Lasso:
    """A way for ever without keeping a promise: where it begins, and the steps, as (by, to), that
    lead back there.

    `loop` is empty where nothing at all can happen any more.
    """

    entry: int
    loop: tuple[tuple[int, int], ...]


def find_lasso(space: Space, kept: Bools) -> Lasso | None:
    """A fair run that stays for ever where `kept` is False, or None if there is none; `space` must
    be complete.
    """
    counts = np.diff(space.edge_start)
    dead = np.flatnonzero((counts == 0) & ~kept)
    if dead.size:
        return Lasso(int(dead[0]), ())
    source = np.repeat(np.arange(space.n_states, dtype=np.int64), counts)
    candidates = ~kept
    while candidates.any():
        inside = candidates[source] & candidates[space.edge_to]
        component = _components(space, source[inside], space.edge_to[inside].astype(np.int64))
        closed = inside.copy()
        closed[inside] = component[source[inside]] == component[space.edge_to[inside]]
        on_cycle = np.zeros(space.n_states, np.bool_)
        on_cycle[source[closed]] = True
        if not on_cycle.any():
            return None
        from_cycle = on_cycle[source] & _fair(space)[space.edge_by]
        base = len(space.tables.items) + 1
        key = component[source].astype(np.int64) * base + space.edge_by
        demanded = np.unique(key[from_cycle])
        unmet = np.setdiff1d(demanded, np.unique(key[closed]), assume_unique=True)
        good = np.setdiff1d(np.unique(component[on_cycle]), unmet // base)
        if good.size:
            states = np.flatnonzero(on_cycle & np.isin(component, good))
            chosen = component[states[0]]
            return _lasso(space, np.flatnonzero(on_cycle & (component == chosen)))
        removed = source[from_cycle & np.isin(key, unmet)]
        candidates = on_cycle
        candidates[removed] = False
    return None


def _fair(space: Space) -> Bools:
    rules = space.tables.item_is_fair[: space.tables.n_rules]
    return np.append(rules, True)


def _components(space: Space, source: Ints, target: Ints) -> Ints:
    # Imported here: scipy costs a noticeable part of a second, and only this needs it.
    from scipy.sparse import coo_array  # noqa: PLC0415
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    size = space.n_states
    graph = coo_array((np.ones(source.size, np.bool_), (source, target)), shape=(size, size))
    _, labels = connected_components(graph.tocsr(), directed=True, connection="strong")
    return np.asarray(labels, np.int64)


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
    loop: list[tuple[int, int]] = []
    while wanted:
        walk = _walk(edges, here, lambda edge: edge[0] in wanted)
        loop += walk
        wanted -= {by for by, _ in walk}
        here = loop[-1][1]
    if here != entry or not loop:
        loop += _walk(edges, here, lambda edge: edge[1] == entry)
    return Lasso(entry, tuple(loop))


def _walk(edges, start, is_last):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """The shortest walk from `start` whose last edge satisfies `is_last`."""
    came: dict[int, tuple[int, tuple[int, int]]] = {}
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
