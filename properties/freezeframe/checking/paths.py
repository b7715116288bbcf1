"""Shortest paths through an explored space; among equals, the one that changes actor least."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from freezeframe.protocol.language import Actor

from .space import Space
from .tables import Ints

Path = tuple[tuple[int, int], ...]
"""Steps from the initial state, as (by, to)."""

_Layer = tuple[Ints, Ints, Ints]
"""(sources, by, to) of the edges from one level to the next."""

_Key = tuple[int, Actor | None]
"""A state, and the actor who led there."""


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
        edges = _edges_between(space, level, wanted)
        layers.append(edges)
        wanted = np.unique(edges[0])
    return _least_changing(space, layers[::-1])


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


def _least_changing(space: Space, layers: Sequence[_Layer]) -> Path:
    """The best path through `layers`: fewest changes of actor, then the first rules.

    For each state and the actor who led there, what is known is how often the actor changed and how
    the steps so far rank among those of the same length.
    """
    actors = [instance.rule.actor for instance in space.tables.system.instances] + [Actor.TIME]
    best: dict[_Key, tuple[int, int]] = {(0, None): (0, 0)}
    came: list[dict[_Key, tuple[_Key, int]]] = []
    for sources, bys, tos in layers:
        reachable: dict[int, list[_Key]] = {}
        for key in best:
            reachable.setdefault(key[0], []).append(key)
        following: dict[_Key, tuple[int, int, int]] = {}
        back: dict[_Key, tuple[_Key, int]] = {}
        for source, by, to in zip(sources.tolist(), bys.tolist(), tos.tolist(), strict=True):
            for key in reachable.get(source, ()):
                changes, rank = best[key]
                changes += key[1] is not None and key[1] is not actors[by]
                target = (to, actors[by])
                if target not in following or (changes, rank, by) < following[target]:
                    following[target] = (changes, rank, by)
                    back[target] = (key, by)
        ranked = sorted(following, key=lambda key: following[key][1:])
        best = {key: (following[key][0], rank) for rank, key in enumerate(ranked)}
        came.append(back)
    if not came:
        return ()
    at = min(best, key=lambda key: best[key])
    path: list[tuple[int, int]] = []
    for back in reversed(came):
        previous, by = back[at]
        path.append((by, at[0]))
        at = previous
    return tuple(reversed(path))
