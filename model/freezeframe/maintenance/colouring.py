"""Parting things into few classes of which no two conflict.

Two things conflict when both have a domain of one set, and not the same one. The conflicts are
never written out pair by pair: for each set and domain, it is known which classes have it. It must
not know what the things are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Final

import networkx as nx

Domains = tuple[tuple[str, int], ...]
"""The domain of each set that a thing has; every set at most once."""

EXACT_MAX: Final = 40
"""Kinds of things in one component up to which the least number is looked for."""

SEARCH_MAX: Final = 200_000
"""Steps of that search for more than `ALWAYS_EXACT` kinds; then the best so far is taken."""

ALWAYS_EXACT: Final = 12
"""Kinds of things in one component up to which the search is never cut short."""

ROUNDS: Final = 8
"""How often a greedy colouring is done again in a better order."""


@dataclass(frozen=True)
class Colouring:
    """The class of each thing, from 0; `least` is a number of classes that any parting needs.

    There are as few classes as can be exactly when `count` is `least`.
    """

    classes: tuple[int, ...]
    count: int
    least: int


def coloured(things: Sequence[Domains]) -> Colouring:
    """Part `things`; takes time and memory in proportion to their domains, but for sorting.

    Never more classes than the greatest number of conflicts of one thing, and one; the least number
    where a component has at most `ALWAYS_EXACT` kinds of things, and often elsewhere.
    """
    kinds = list(dict.fromkeys(things))
    class_of: dict[Domains, int] = {}
    count = least = 1 if things else 0
    for component in _components(kinds):
        found, needed = _component_coloured(component)
        class_of.update(zip(component, found, strict=True))
        count, least = max(count, *(each + 1 for each in found)), max(least, needed)
    return Colouring(tuple(class_of[each] for each in things), count, least)


def conflict_graph(things: Mapping[str, Domains]) -> nx.Graph:
    """The conflicts of things by name, pair by pair; `sets` of an edge names the sets that force
    it. For small numbers of things.
    """
    graph = nx.Graph()
    graph.add_nodes_from(things)
    names = list(things)
    for number, one in enumerate(names):
        mine = dict(things[one])
        for other in names[:number]:
            forced = [name for name, lane in things[other] if mine.get(name, lane) != lane]
            if forced:
                graph.add_edge(other, one, sets=tuple(forced))
    return graph


def _components(kinds: Sequence[Domains]) -> Iterable[list[Domains]]:
    """Kinds that have a set in common, or have one each in common with a third, and so on."""
    leader: dict[str, str] = {}

    def found(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for kind in kinds:
        for name, _ in kind:
            leader.setdefault(name, name)
            leader[found(name)] = found(kind[0][0])
    parts: dict[str, list[Domains]] = defaultdict(list)
    for kind in kinds:
        parts[found(kind[0][0]) if kind else ""].append(kind)
    return parts.values()


def _component_coloured(kinds: list[Domains]) -> tuple[list[int], int]:
    """The class of each kind, and a number of classes that is needed in any case."""
    least = _least(kinds)
    if not kinds[0]:
        return [0], least
    orders = (_by_domains(kinds), _by_conflicts(kinds))
    best = min((_greedy(kinds, order) for order in orders), key=max)
    for _ in range(ROUNDS):
        if max(best) + 1 == least:
            return best, least
        best = min(best, _greedy(kinds, _by_class(best)), key=max)
    if len(kinds) > EXACT_MAX:
        return best, least
    limit = None if len(kinds) <= ALWAYS_EXACT else SEARCH_MAX
    search = _Search(kinds, best, least, limit)
    search.run()
    return search.best, (least if search.is_cut_short else max(search.best) + 1)


def _least(kinds: Iterable[Domains]) -> int:
    """Things with different domains of one set are all in different classes."""
    domains: dict[str, set[int]] = defaultdict(set)
    for kind in kinds:
        for name, lane in kind:
            domains[name].add(lane)
    return max((len(each) for each in domains.values()), default=1)


def _by_conflicts(kinds: Sequence[Domains]) -> list[int]:
    """Those with many conflicts first, counted once for each set that forces them."""
    of_set: dict[str, int] = defaultdict(int)
    of_domain: dict[tuple[str, int], int] = defaultdict(int)
    for kind in kinds:
        for name, lane in kind:
            of_set[name] += 1
            of_domain[name, lane] += 1
    conflicts = [sum(of_set[name] - of_domain[name, lane] for name, lane in kind) for kind in kinds]
    return sorted(range(len(kinds)), key=lambda number: -conflicts[number])


def _by_domains(kinds: Sequence[Domains]) -> list[int]:
    """Those with the first domain of most of their sets first; where every set is laid out alike,
    that makes as many classes as there are domains.
    """
    lanes = [sorted(lane for _, lane in kind) for kind in kinds]
    return sorted(range(len(kinds)), key=lambda number: (median_low(lanes[number]), lanes[number]))


def _by_class(classes: Sequence[int]) -> list[int]:
    """Whole classes, the smallest first; in such an order there will be no more classes.

    Source: Culberson, "Iterated greedy graph coloring and the difficulty landscape", 1992.
    """
    sizes: dict[int, int] = defaultdict(int)
    for each in classes:
        sizes[each] += 1
    return sorted(range(len(classes)), key=lambda number: (sizes[classes[number]], classes[number]))


def _greedy(kinds: Sequence[Domains], order: Iterable[int]) -> list[int]:
    """Give each in turn the first class that has none of its sets in another domain.

    Classes are bits of whole numbers, so all of them are looked at together.
    """
    of_set: dict[str, int] = defaultdict(int)
    of_domain: dict[tuple[str, int], int] = defaultdict(int)
    classes = [0] * len(kinds)
    for number in order:
        taken = 0
        for name, lane in kinds[number]:
            taken |= of_set[name] & ~of_domain[name, lane]
        first_free = ~taken & (taken + 1)
        classes[number] = first_free.bit_length() - 1
        for name, lane in kinds[number]:
            of_set[name] |= first_free
            of_domain[name, lane] |= first_free
    return classes


class _Search:
    """Looks for the least number of classes, most constrained thing first.

    Source: Brélaz, "New methods to color the vertices of a graph", 1979.
    """

    def __init__(
        self, kinds: Sequence[Domains], best: list[int], least: int, limit: int | None
    ) -> None:
        graph = conflict_graph({str(number): kind for number, kind in enumerate(kinds)})
        self.neighbours = [
            [int(each) for each in graph.neighbors(str(number))] for number in range(len(kinds))
        ]
        self.best, self.least = best, least
        self.steps_left = limit
        self.classes = [-1] * len(kinds)

    @property
    def is_cut_short(self) -> bool:
        """Whether fewer classes may do than were found."""
        return self.steps_left == 0 and max(self.best) + 1 > self.least

    def run(self, used: int = 0) -> None:
        """Try everything that may need fewer classes than the best so far."""
        if used > max(self.best) or max(self.best) + 1 <= self.least or self.steps_left == 0:
            return
        if self.steps_left is not None:
            self.steps_left -= 1
        waiting = [number for number, each in enumerate(self.classes) if each < 0]
        if not waiting:
            self.best = list(self.classes)
            return
        taken = {number: self._taken(number) for number in waiting}
        chosen = max(waiting, key=lambda each: (len(taken[each]), len(self.neighbours[each])))
        for each in range(min(used + 1, max(self.best))):
            if each not in taken[chosen]:
                self.classes[chosen] = each
                self.run(max(used, each + 1))
        self.classes[chosen] = -1

    def _taken(self, number: int) -> set[int]:
        return {self.classes[each] for each in self.neighbours[number]} - {-1}
