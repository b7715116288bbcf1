"""Shortest paths through an explored space; among equals, the one that changes actor least often."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from freezeframe.protocol.language import Actor

from .space import Space

Path = tuple[tuple[int, int], ...]
"""Steps from the initial state, as (by, to)."""


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


def _edges_between(space, level, wanted):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
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


def _least_changing(space: Space, layers) -> Path:  # type: ignore[no-untyped-def]  # noqa: ANN001
    actors = [instance.rule.actor for instance in space.tables.system.instances] + [Actor.TIME]
    best: dict[tuple[int, Actor | None], tuple[int, tuple[int, ...]]] = {(0, None): (0, ())}
    came: list[dict[tuple[int, Actor | None], tuple[tuple[int, Actor | None], int]]] = []
    for sources, bys, tos in layers:
        reachable: dict[int, list[tuple[int, Actor | None]]] = {}
        for key in best:
            reachable.setdefault(key[0], []).append(key)
        following: dict[tuple[int, Actor | None], tuple[int, tuple[int, ...]]] = {}
        back: dict[tuple[int, Actor | None], tuple[tuple[int, Actor | None], int]] = {}
        for source, by, to in zip(sources.tolist(), bys.tolist(), tos.tolist(), strict=True):
            for key in reachable.get(source, ()):
                changes = best[key][0] + (key[1] is not None and key[1] is not actors[by])
                target = (to, actors[by])
                if target not in following or changes < following[target][0]:
                    following[target] = (changes, ())
                    back[target] = (key, by)
        best = following
        came.append(back)
    if not came:
        return ()
    at = min(best, key=lambda key: (best[key][0], key[0]))
    path: list[tuple[int, int]] = []
    for back in reversed(came):
        previous, by = back[at]
        path.append((by, at[0]))
        at = previous
    return tuple(reversed(path))
