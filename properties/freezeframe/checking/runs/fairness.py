"""Going on fairly: without faults, customers or guests, nobody who can be relied upon kept waiting
for ever.

Finds out whether a promise of the kind `eventually` is broken on the way that it takes. It takes
one way of many, so it proves a breach where it finds one, and proves nothing where it finds none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from .simulation import Breach, Move, Simulation


@dataclass(frozen=True)
class Ending:
    """How a run ended that went on fairly.

    `loop_moves` is how many of the last moves can be repeated for ever, fairly; None if the run was
    given up before.
    """

    breach: Breach | None
    loop_moves: int | None


def go_on_fairly(simulation: Simulation, moves_max: int, script: Sequence[Move] = ()) -> Ending:
    """Take up to `moves_max` fair moves, until a promise is broken or the same can go on for ever.

    The first are those of `script`, all of which must be possible, and need not be fair. The move
    taken after them is the one that was taken longest ago. What is possible again and again is
    thereby taken again and again, which is strong fairness, as `liveness` demands it. A loop counts
    only if it is fair itself: each fair instance that is possible somewhere in it is taken in it,
    and so is time.
    """
    return _Journey(simulation).run(moves_max, script)


def fair_moves(simulation: Simulation) -> list[Move]:
    """What can be relied upon to happen at last, if it stays possible."""
    moves: list[Move] = [
        instance
        for rule in simulation.lookup.fair_rules
        for instance in simulation.enabled_of(rule)
    ]
    return moves if simulation.must_act else [*moves, None]


class _Journey:
    """One fair run, with what is needed to see that it repeats itself."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.possible: list[Sequence[Move]] = []
        self.taken: list[Move] = []
        self.last_taken: dict[Move, int] = {}
        self.visits: dict[tuple[int, ...], list[int]] = defaultdict(list)
        self.unkept_since: dict[int, int] = {}
        self.could_pass_last = -1
        """Before which move time could pass and change something last."""
        self.unsettled: set[int] = set()
        """The questions about standstills that are not answered as if the maintenance were over."""
        self.over_last = dict.fromkeys(simulation.lookup.at_standstill, -1)
        """Before which move each promise about standstills saw the maintenance over last."""

    def run(self, moves_max: int, script: Sequence[Move]) -> Ending:
        simulation = self.simulation
        for number in range(moves_max + 1):
            if simulation.breach is not None:
                return Ending(simulation.breach, None)
            self._note_promises(number)
            visits = self.visits[tuple(simulation.ids)]
            ending = self._ending(visits, number)
            if ending is not None:
                return ending
            visits.append(number)
            moves = fair_moves(simulation)
            if not moves and number >= len(script):
                # Only where a rule of the fleet's own makes time wait for what is not fair.
                return Ending(self._never_kept(), 0)
            move = script[number] if number < len(script) else min(moves, key=self._age)
            self.possible.append(moves)
            self.taken.append(move)
            self.last_taken[move] = number
            if number < moves_max:
                simulation.take(move)
        return Ending(None, None)

    def _age(self, move: Move) -> tuple[int, float]:
        return self.last_taken.get(move, -1), float("inf") if move is None else move

    def _note_promises(self, number: int) -> None:
        """Ask again about what the last move changed; of all, at first."""
        lookup, simulation = self.simulation.lookup, self.simulation
        asked = set(lookup.eventual)
        if number:
            asked = {each for slot in simulation.changed for each in lookup.eventually[slot]}
        broken = lookup.broken(asked, simulation.ids)
        for question in asked.difference(broken):
            self.unkept_since.pop(question, None)
        for question in broken:
            self.unkept_since.setdefault(question, number)
        if lookup.at_standstill:
            self._note_standstill(number)

    def _note_standstill(self, number: int) -> None:
        lookup, simulation = self.simulation.lookup, self.simulation
        if simulation.can_wait:
            self.could_pass_last = number
        slots = simulation.changed if number else range(len(simulation.ids))
        asked = {each for slot in slots for each in lookup.settling[slot]}
        self.unsettled = (self.unsettled - asked) | set(lookup.broken(asked, simulation.ids))
        for prop, questions in lookup.at_standstill.items():
            if self.unsettled.isdisjoint(questions):
                self.over_last[prop] = number

    def _ending(self, visits: Sequence[int], number: int) -> Ending | None:
        """The breach of the first promise that a fair loop back to an earlier visit never keeps; or
        just the loop.
        """
        fair = [first for first in visits if self._is_fair(first, number)]
        if not fair:
            return None
        for question in sorted(self.unkept_since):
            for first in fair:
                if first >= self.unkept_since[question]:
                    return Ending(self.simulation.breach_of(question), number - first)
        for prop, over in self.over_last.items():
            for first in fair:
                if first > max(over, self.could_pass_last):
                    return Ending(self.simulation.standstill_breach(prop), number - first)
        return Ending(None, number - fair[0])

    def _never_kept(self) -> Breach | None:
        """The breach of the first promise that is not kept where a run may end."""
        question = min(self.unkept_since, default=None)
        return None if question is None else self.simulation.breach_of(question)

    def _is_fair(self, first: int, last: int) -> bool:
        possible = {move for moves in self.possible[first:last] for move in moves}
        return possible <= set(self.taken[first:last])
