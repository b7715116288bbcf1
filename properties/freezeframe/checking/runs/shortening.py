"""From a run that breaks a promise to the shortest that breaks it, as far as that is found quickly.

First drops moves while the promise stays broken; then searches no deeper than that, in the whole
fleet if it is small enough, else among the components or the moves of the run alone. It must not
know how the run was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .findings import Finding, judged
from .lookup import Lookup
from .nearest import NearestBreach
from .simulation import Move, Simulation

_TRIES_MAX = 600
"""How often a run may be tried with moves dropped."""


def shortened(lookup: Lookup, finding: Finding) -> Finding:
    """The shortest finding for the same promise that is found quickly; never a longer one.

    Where the fleet is small enough to be searched that deep, there is no shorter one at all.
    """
    start = Simulation(lookup.narrowed(finding.breach.property))
    best = _with_moves_dropped(start, finding)
    for allowed in _neighbourhoods(start, best):
        nearest = NearestBreach(start, allowed, best).run()
        if nearest is not None and len(nearest.moves) <= len(best.moves):
            return nearest
    return best


def tried(start: Simulation, moves: Sequence[Move], moves_max: int) -> Finding | None:
    """The finding of at most `moves_max` moves that these lead to, the impossible left out."""
    simulation = start.fork()
    for move in moves:
        if simulation.breach is not None:
            break
        if simulation.can(move):
            simulation.take(move)
    return judged(simulation, moves_max)


def _with_moves_dropped(start: Simulation, finding: Finding) -> Finding:
    best, tries = finding, 0
    size = max(1, len(best.moves) // 2)
    while size and tries < _TRIES_MAX:
        at, has_dropped = len(best.stem) - size, False
        while at > -size and tries < _TRIES_MAX:
            stem = best.stem
            tries += 1
            rest = (*stem[: max(at, 0)], *stem[max(at, 0) + size :])
            shorter = tried(start, rest, len(best.moves) - 1)
            if shorter is not None:
                best, has_dropped = shorter, True
            at -= size
        if size > 1:
            size //= 2
        elif not has_dropped:
            break
    return best


def _neighbourhoods(start: Simulation, finding: Finding) -> Iterator[list[int]]:
    """The instances to search among: all, those of the rules or of the components of the run,
    those of the run.
    """
    lookup = start.lookup
    order = range(len(lookup.parts))
    used = {move for move in finding.moves if move is not None}
    rules = {lookup.rule_of[move] for move in used}
    near = _components(start, finding.moves)
    yield list(order)
    yield [each for each in order if lookup.rule_of[each] in rules]
    yield [each for each in order if lookup.heads[each] <= near]
    yield [each for each in order if each in used]


def _components(start: Simulation, moves: Sequence[Move]) -> set[int]:
    """The slots that some move of a run is about, or changes."""
    simulation = start.fork()
    slots: set[int] = set()
    for move in moves:
        if move is not None:
            effect = simulation.effect(move)
            slots |= start.lookup.heads[move]
            slots |= {slot for slot, _ in effect.changes} if effect else set()
        simulation.take(move)
    return slots
