"""The shortest lasso: a way from the initial state into a fair loop, and once around it.

Owns which of several lassos is told. It must not know promises, nor why some states are left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np

from .cycles import Bools, strong_parts
from .space import Space

Edge = tuple[int, int]
"""A step, as (by, to)."""

WORK_MAX = 2_000_000
"""Edges that the search for the shortest looks at: a few seconds."""


@dataclass(frozen=True)
class Lasso:
    """A way for ever: where it begins, the steps, as (by, to), that lead back there, and how many
    steps lead there.

    `loop` is empty where nothing that can be relied upon can happen any more.
    """

    entry: int
    loop: tuple[Edge, ...]
    level: int

    @property
    def length(self) -> int:
        """All the steps of it, those of the loop once."""
        return self.level + len(self.loop)


class LoopSearch:
    """Looks for a shortest lasso whose loop stays among `lasting` states, where `is_fair` items
    must have their turn.

    Each of `lasting` must lie in a strongly connected part of them that has an edge by each fair
    item that is possible in it.
    """

    def __init__(self, space: Space, is_fair: Bools, lasting: Bools) -> None:
        """Lay out the edges among `lasting`, which must not be empty, and what each state demands.

        States are numbered anew here, in the same order.
        """
        self._states = np.flatnonzero(lasting)
        sources = np.repeat(np.arange(space.n_expanded), np.diff(space.edge_start))
        number = np.cumsum(lasting) - 1
        chosen = lasting[sources]
        self._demands = [0] * len(self._states)
        bits = {item: 1 << bit for bit, item in enumerate(np.flatnonzero(is_fair).tolist())}
        by = space.edge_by[chosen].tolist()
        to = space.edge_to[chosen].astype(np.int64)
        self._forth: list[list[tuple[int, int, int]]] = [[] for _ in self._states]
        """For each state its edges: (by, the bit of that item if it is fair, to)."""
        self._back: list[list[int]] = [[] for _ in self._states]
        inside = lasting[to].tolist()
        ends = zip(number[sources[chosen]].tolist(), by, number[to].tolist(), inside, strict=True)
        for source, item, target, is_inside in ends:
            bit = bits.get(item, 0)
            self._demands[source] |= bit
            if is_inside:
                self._forth[source].append((item, bit, target))
                self._back[target].append(source)
        levels = np.searchsorted(np.asarray(space.level_start), self._states, side="right") - 1
        self._levels: list[int] = levels.tolist()
        self._work_left = WORK_MAX

    def lasso(self) -> Lasso:
        """The shortest; among equals the one with the shortest way into the loop, then the one into
        the state that was discovered first.

        To find it is NP-hard (Clarke, Grumberg, McMillan and Zhao, "Efficient generation of
        counterexamples and witnesses in symbolic model checking", 1995). Where more than `WORK_MAX`
        edges would have to be looked at, it is the one that a greedy walk finds from the nearest
        state from which one can stay for ever.
        """
        greedy = self._greedy()
        return self._shortest(greedy.length) or greedy

    def _shortest(self, known: int) -> Lasso | None:
        """A shortest lasso of at most `known` steps; None where looking for it takes too long.

        The search is A*, over all entries together: a loop is entered at its least state, so it
        never goes below that. What still misses its turn, and the way back, are the steps that are
        needed at least.
        """
        # (steps at least, level of the entry, entry, order of discovery); then the way so far.
        ahead: list[tuple[int, int, int, int]] = []
        ways: list[tuple[int, int, int, int, int]] = []
        """(length, state, taken, demanded, the way before or -1), for each by its number."""
        steps: list[int] = []
        for entry, level in enumerate(self._levels):
            heappush(ahead, (level + max(1, self._demands[entry].bit_count()), level, entry, -1))
        homes: dict[int, dict[int, int]] = {}
        best: dict[tuple[int, int, int, int], int] = {}
        while ahead:
            _, level, entry, way = heappop(ahead)
            if way < 0:
                homes[entry] = self._homeward(entry, known - level)
                length, here, taken, demanded = 0, entry, 0, self._demands[entry]
            else:
                length, here, taken, demanded, _ = ways[way]
                if here == entry and taken == demanded:
                    return self._told(entry, ways, steps, way)
            home = homes[entry]
            for by, bit, to in self._forth[here]:
                self._work_left -= 1
                if to not in home:
                    continue
                have, need = taken | bit, demanded | self._demands[to]
                key = (entry, to, have, need)
                least = level + length + 1 + max(home[to], (need & ~have).bit_count())
                if least > known or best.get(key, known) <= length:
                    continue
                best[key] = length
                heappush(ahead, (least, level, entry, len(ways)))
                ways.append((length + 1, to, have, need, way))
                steps.append(by)
            if self._work_left < 0:
                return None
        raise AssertionError("a greedy walk found a lasso of that length")

    def _homeward(self, entry: int, steps_max: int) -> dict[int, int]:
        """How many steps lead back to `entry`, of those states from which at most `steps_max` do
        and that are not below it.
        """
        steps = {entry: 0}
        queue = deque([entry])
        while queue:
            state = queue.popleft()
            if steps[state] == steps_max:
                break
            for source in self._back[state]:
                self._work_left -= 1
                if source >= entry and source not in steps:
                    steps[source] = steps[state] + 1
                    queue.append(source)
        return steps

    def _told(
        self, entry: int, ways: Sequence[tuple[int, int, int, int, int]], steps: list[int], way: int
    ) -> Lasso:
        loop: list[Edge] = []
        while way >= 0:
            loop.append((steps[way], int(self._states[ways[way][1]])))
            way = ways[way][4]
        return Lasso(int(self._states[entry]), tuple(reversed(loop)), self._levels[entry])

    def _greedy(self) -> Lasso:
        """From the nearest state, a closed walk on which every fair item of its part has its turn:
        always the nearest first that had none.
        """
        part = self._part_of_first()
        wanted = 0
        for state in part:
            wanted |= self._demands[state]
        here, loop = 0, list[Edge]()
        while wanted or not loop or here:
            for by, bit, to in self._walk(part, here, wanted):
                loop.append((by, int(self._states[to])))
                wanted &= ~bit
                here = to
        return Lasso(int(self._states[0]), tuple(loop), self._levels[0])

    def _part_of_first(self) -> frozenset[int]:
        starts = np.cumsum([0, *map(len, self._forth)]).astype(np.int64)
        to = np.array([each for out in self._forth for _, _, each in out], np.uint32)
        part_of, _ = strong_parts(starts, to, np.ones(len(self._states), np.bool_))
        return frozenset(np.flatnonzero(part_of == part_of[0]).tolist())

    def _walk(self, part: frozenset[int], start: int, wanted: int) -> list[tuple[int, int, int]]:
        """The shortest walk in `part` that ends with a wanted item, or if none is wanted in state
        0.
        """
        came: dict[int, tuple[int, tuple[int, int, int]]] = {}
        queue = deque([start])
        seen = {start}
        while queue:
            state = queue.popleft()
            for edge in self._forth[state]:
                _, bit, to = edge
                if to not in part:
                    continue
                if bit & wanted or (not wanted and to == 0):
                    walk = [edge]
                    while state != start:
                        state, earlier = came[state]
                        walk.append(earlier)
                    return walk[::-1]
                if to not in seen:
                    seen.add(to)
                    came[to] = (state, edge)
                    queue.append(to)
        raise AssertionError("a strongly connected part has a walk between any two of its states")
