"""A run that breaks a promise, and what it shows.

Owns when the end of a run is such a finding. It must not know how runs are found or shortened.
"""

from __future__ import annotations

from dataclasses import dataclass

from freezeframe.checking.counterexamples import narrate, replay
from freezeframe.properties import Kind
from freezeframe.reporting import Counterexample

from .fairness import go_on_fairly
from .lookup import Lookup
from .simulation import Breach, Move, Simulation


@dataclass(frozen=True)
class Finding:
    """A run that breaks a promise.

    `loop_moves` of its last moves repeat for ever; it is None for a run that ends.
    """

    breach: Breach
    moves: tuple[Move, ...]
    loop_moves: int | None = None

    @property
    def stem(self) -> tuple[Move, ...]:
        """The moves before those that repeat for ever."""
        return self.moves[: len(self.moves) - (self.loop_moves or 0)]


def judged(simulation: Simulation, moves_max: int) -> Finding | None:
    """The finding of at most `moves_max` moves that a run is, or comes to when it goes on fairly.

    Goes on only if a promise is asked about that only a run without end can break.
    """
    if simulation.breach is not None:
        return Finding(simulation.breach, tuple(simulation.moves))
    lookup = simulation.lookup
    if not lookup.at_standstill and all(
        each.kind is not Kind.EVENTUALLY for each in lookup.properties
    ):
        return None
    ending = go_on_fairly(simulation, moves_max - len(simulation.moves))
    if ending.breach is None:
        return None
    return Finding(ending.breach, tuple(simulation.moves), ending.loop_moves)


def counterexample_of(lookup: Lookup, finding: Finding) -> Counterexample:
    """What a finding shows, every move of it taken again by the rules themselves."""
    system = lookup.system
    moves = [None if move is None else system.instances[move] for move in finding.moves]
    breach = finding.breach
    run = replay(system, moves)
    return narrate(system, run, breach.property, breach.subjects, finding.loop_moves)
