"""Explored spaces made by hand, for whatever looks at the graph alone.

Their states have no components: only their numbers, their edges, and who takes each edge count.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import numpy as np

from freezeframe.checking.search.space import Space
from freezeframe.protocol.instances import Instance
from freezeframe.protocol.language import Actor, Rule
from freezeframe.reporting import Ending

if TYPE_CHECKING:
    from freezeframe.checking.search.tables import Tables

Edges = Sequence[Sequence[tuple[int, int]]]
"""For each state, its edges as (by, to); the last `by` of all is time."""


def space_of(edges: Edges, actors: Sequence[Actor]) -> Space:
    """A space with these edges, of which those by number i are taken by `actors[i]`.

    Time comes last and is not among `actors`. Whoever can be relied upon is fair. States must be
    numbered breadth first if levels matter.
    """
    rules = [Rule(f"rule_{i}", actor, "Do it.", lambda: None) for i, actor in enumerate(actors)]
    tables = SimpleNamespace(
        n_rules=len(rules),
        items=rules,
        item_is_fair=np.array([rule.is_fair for rule in rules], np.bool_),
        system=SimpleNamespace(instances=[Instance(rule, (), ()) for rule in rules]),
    )
    flat = [edge for out in edges for edge in out]
    return Space(
        cast("Tables", tables),
        np.zeros((len(edges), 1), np.int64),
        np.zeros(len(edges), np.int64),
        np.concatenate([[0], np.cumsum([len(out) for out in edges])]).astype(np.int64),
        np.array([to for _, to in flat], np.uint32),
        np.array([by for by, _ in flat], np.uint16),
        levels(edges),
        len(edges),
        Ending.COMPLETE,
    )


def levels(edges: Edges) -> tuple[int, ...]:
    """Where each level of a graph begins whose states are numbered breadth first, and its end."""
    depth = {0: 0}
    for state, out in enumerate(edges):
        for _, to in out:
            if state in depth:
                depth.setdefault(to, depth[state] + 1)
    last = max(depth.values())
    return (*(min(s for s in depth if depth[s] == d) for d in range(last + 1)), len(edges))


def renumbered(edges: Edges) -> Edges:
    """What can be reached from state 0, numbered breadth first."""
    order = [0]
    for state in order:  # grows while it is walked
        order += [to for to in dict.fromkeys(t for _, t in edges[state]) if to not in order]
    new = {old: number for number, old in enumerate(order)}
    return [[(by, new[to]) for by, to in edges[state]] for state in order]
