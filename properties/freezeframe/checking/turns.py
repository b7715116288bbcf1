"""Which of several paths of one length is told: the one on which the actor changes least often.

Owns the choice among equals for every search breadth first. It must not know what a state is, nor
how the edges were found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from freezeframe.protocol.language import Actor

Path = tuple[tuple[int, int], ...]
"""Steps from state 0, as (by, to)."""

Edge = tuple[int, int, int]
"""(source, by, to): two states by their numbers, and who leads from the one to the other."""

_Key = tuple[int, Actor | None]
"""A state, and the actor who led there; nobody led to the first."""


def least_changing(layers: Iterable[Iterable[Edge]], actors: Sequence[Actor]) -> Path:
    """The path from state 0 through all `layers` of edges on which the actor changes least often.

    `actors[by]` takes the edges by that number. Among equals it is the first in the order of these
    numbers. There must be a path.
    """
    # For each key it is known how often the actor changed, and how the steps that led there rank
    # among all of that length. Equal steps share a rank, or the next step would not decide.
    best: dict[_Key, tuple[int, int]] = {(0, None): (0, 0)}
    came: list[dict[_Key, tuple[_Key, int]]] = []
    for layer in layers:
        reachable: dict[int, list[_Key]] = {}
        for key in best:
            reachable.setdefault(key[0], []).append(key)
        following: dict[_Key, tuple[int, int, int]] = {}
        back: dict[_Key, tuple[_Key, int]] = {}
        for source, by, to in layer:
            for key in reachable.get(source, ()):
                changes, rank = best[key]
                changes += key[1] is not None and key[1] is not actors[by]
                target = (to, actors[by])
                if target not in following or (changes, rank, by) < following[target]:
                    following[target] = (changes, rank, by)
                    back[target] = (key, by)
        steps = sorted({(rank, by) for _, rank, by in following.values()})
        ranks = {each: number for number, each in enumerate(steps)}
        best = {key: (changes, ranks[rank, by]) for key, (changes, rank, by) in following.items()}
        came.append(back)
    return _walked_back(min(best, key=lambda key: best[key]), came)


def _walked_back(at: _Key, came: Sequence[dict[_Key, tuple[_Key, int]]]) -> Path:
    path: list[tuple[int, int]] = []
    for back in reversed(came):
        previous, by = back[at]
        path.append((by, at[0]))
        at = previous
    return tuple(reversed(path))
