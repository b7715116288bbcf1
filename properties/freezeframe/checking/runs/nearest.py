"""The nearest breach of one promise: a search breadth first over a simulation, bounded in its work.

Where it searches everything, it comes to what the exhaustive search comes to. It must not know from
where the bounds come.
"""

from __future__ import annotations

from collections.abc import Sequence

from freezeframe.checking.turns import Edge, least_changing
from freezeframe.properties import Scope
from freezeframe.protocol.language import Actor

from .fairness import go_on_fairly
from .findings import Finding, judged
from .simulation import Move, Simulation

_WORK_MAX = 2_000_000
"""Instances of the fleet times edges: seconds, and some hundred megabytes."""

_EDGES_MAX = 30_000

_ENTRIES_MAX = 500
"""How many states are tried for a loop of their own."""

_LOOP_MOVES_MAX = 60


class NearestBreach:
    """One search from `start`, whose lookup asks about one promise, by moves of `allowed` and time.

    It goes no deeper than `known`, a finding about that promise.
    """

    def __init__(self, start: Simulation, allowed: Sequence[int], known: Finding) -> None:
        """Lay out the search; `run` does it."""
        self.start = start
        self.allowed = allowed
        self.known = known
        self._goals = self._repeating()
        self._actors = [each.rule.actor for each in start.lookup.system.instances] + [Actor.TIME]
        self._is_step = start.lookup.properties[0].scope is Scope.STEP
        self._edges_left = min(_EDGES_MAX, _WORK_MAX // max(1, len(start.lookup.parts)))
        self._entries_left = _ENTRIES_MAX
        self._numbers = {tuple(start.ids): 0}
        self._layers: list[list[Edge]] = []
        self._wanted: set[int] = set()

    def run(self) -> Finding | None:
        """The nearest finding; None if it is too much work to look for it, or if there is none."""
        level = [(0, self.start.fork())]
        for _ in range(len(self.known.stem) + 1):
            self._wanted = {number for number, each in level if self._is_goal(each)}
            if self._wanted:
                break
            self._layers.append([])
            following = []
            for number, simulation in level:
                for move in self._moves(simulation):
                    self._edges_left -= 1
                    if self._edges_left < 0:
                        return None
                    following += self._follow(number, simulation, move)
            if self._wanted:
                self._layers.pop()
                break
            level = following
        return self._finding() if self._wanted else None

    def _moves(self, simulation: Simulation) -> list[Move]:
        moves: list[Move] = [each for each in self.allowed if simulation.can(each)]
        return [*moves, None] if simulation.can(None) else moves

    def _follow(
        self, number: int, simulation: Simulation, move: Move
    ) -> list[tuple[int, Simulation]]:
        """Note an edge; returns the state that it leads to if that is new."""
        key = tuple(simulation.after(move))
        is_new = key not in self._numbers
        twin = simulation
        if is_new or self._is_step:
            twin = simulation.fork()
            twin.take(move)
            if self._is_step and twin.breach is not None:
                self._wanted.add(number)
                return []
        target = self._numbers.setdefault(key, len(self._numbers))
        by = len(self._actors) - 1 if move is None else move
        self._layers[-1].append((number, by, target))
        return [(target, twin)] if is_new else []

    def _is_goal(self, simulation: Simulation) -> bool:
        if self._goals is None:
            return simulation.breach is not None
        if tuple(simulation.ids) in self._goals:
            return True
        if not self._entries_left:
            return False
        self._entries_left -= 1
        twin = simulation.fork()
        ending = go_on_fairly(twin, _LOOP_MOVES_MAX)
        return ending.breach is not None and ending.loop_moves == len(twin.moves)

    def _repeating(self) -> set[tuple[int, ...]] | None:
        """The states that `known` repeats for ever; None for a run that ends."""
        if self.known.loop_moves is None:
            return None
        simulation = self.start.fork()
        found = set()
        for number, move in enumerate(self.known.moves):
            if number >= len(self.known.stem):
                found.add(tuple(simulation.ids))
            simulation.take(move)
        return found

    def _finding(self) -> Finding | None:
        layers, wanted = [], self._wanted
        for layer in reversed(self._layers):
            layers.append([edge for edge in layer if edge[2] in wanted])
            wanted = {source for source, _, _ in layers[-1]}
        simulation = self.start.fork()
        for by, _ in least_changing(reversed(layers), self._actors):
            simulation.take(None if self._actors[by] is Actor.TIME else by)
        if self._is_step:
            simulation.take(_breaking(simulation))
        return judged(simulation, len(self.known.moves))


def _breaking(simulation: Simulation) -> Move:
    """The first step that breaks the promise."""
    for move in [*simulation.enabled(), None]:
        twin = simulation.fork()
        if twin.can(move):
            twin.take(move)
            if twin.breach is not None:
                return move
    raise AssertionError("the search came to a state from which a step breaks the promise")
