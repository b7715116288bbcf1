"""Shortest paths through an explored space. It must not know which of several is told."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from freezeframe.checking.turns import Path, least_changing
from freezeframe.protocol.language import Actor

from .packing import Ints
from .space import Space

_Layer = tuple[Ints, Ints, Ints]
"""(sources, by, to) of the edges from one level to the next."""


def shortest_path(space: Space, targets: Collection[int]) -> Path:
    """The shortest path from the initial state to the nearest of `targets`, which must not be
    empty.

    Among the shortest it is one on which the actor changes least often, and among those the first
    in the order of the rules.
    """
    depth = min(space.level_of(target) for target in targets)
    wanted = np.array(sorted(t for t in targets if space.level_of(t) == depth), np.int64)
    layers = []
    for level in range(depth - 1, -1, -1):
        layers.append(_edges_between(space, level, wanted))
        wanted = np.unique(layers[-1][0])
    actors = [instance.rule.actor for instance in space.tables.system.instances] + [Actor.TIME]
    edges = (zip(*(each.tolist() for each in layer), strict=True) for layer in reversed(layers))
    return least_changing(edges, actors)


def _edges_between(space: Space, level: int, wanted: Ints) -> _Layer:
    """(sources, by, to) of the edges from `level` into `wanted`."""
    first, last = space.level_start[level], space.level_start[level + 1]
    starts = space.edge_start[first : last + 1]
    to = space.edge_to[starts[0] : starts[-1]].astype(np.int64)
    chosen = np.isin(to, wanted)
    sources = np.repeat(np.arange(first, last), np.diff(starts))
    return (
        sources[chosen],
        space.edge_by[starts[0] : starts[-1]][chosen].astype(np.int64),
        to[chosen],
    )
