"""From a run that breaks a promise to the shortest that breaks it, so far as that can be found quickly.

First drops moves while the promise stays broken; then searches breadth first no deeper than that, in the whole fleet
if it is small enough, else among the components or the moves of the run alone. Chooses among equals as `paths` does,
so for a small fleet the result is the counterexample of the exhaustive search. It must not know how the run was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from freezeframe.properties import Kind, Property, Scope
from freezeframe.protocol.components import Alarm, Budget, Controller
from freezeframe.protocol.language import Actor
from freezeframe.protocol.system import Instance
from freezeframe.reporting import Counterexample

from .counterexamples import narrate, replay
from .fairness import go_on_fairly
from .lookup import Lookup
from .simulation import Breach, Move, Simulation

_WORK_MAX = 4_000_000
"""Bound of one search: instances of the fleet times edges; seconds, and some hundred megabytes."""

_EDGES_MAX = 30_000

_ENTRIES_MAX = 500
"""How many states a search tries for a loop of their own."""

_LOOP_MOVES_MAX = 60

_TRIES_MAX = 600
"""How often a run may be tried with moves dropped."""

_Key = tuple[int, Actor | None]
"""A state, and the actor who led there."""

_SINGLETONS = (Alarm, Budget, Controller)


@dataclass(frozen=True)
class Finding:
    """A run that breaks a promise; `loop_moves` of its last moves repeat for ever, None for a run that ends."""

    breach: Breach
    moves: tuple[Move, ...]
    loop_moves: int | None = None


def counterexample_of(lookup: Lookup, finding: Finding) -> Counterexample:
    """What a finding shows, every move of it taken again by the rules themselves."""
    system = lookup.system
    moves = [None if move is None else system.instances[move] for move in finding.moves]
    run = replay(system, moves)
    breach = finding.breach
    return narrate(system, run, breach.property.name, breach.subjects, finding.loop_moves)


def shortened(lookup: Lookup, finding: Finding) -> Finding:
    """The shortest finding for the same promise that can be found quickly; never a longer one."""
    narrow = lookup.narrowed(finding.breach.property)
    return _Shortening(narrow, finding.breach.property).run(finding)


class _Shortening:
    """One finding on its way to the shortest; `lookup` asks of its promise alone."""

    def __init__(self, lookup: Lookup, prop: Property) -> None:
        self.lookup = lookup
        self.property = prop
        self.start = Simulation(lookup)
        edges = _WORK_MAX // max(1, len(lookup.parts))
        self.edges_max = min(_EDGES_MAX, edges)

    def run(self, finding: Finding) -> Finding:
        best = self._with_moves_dropped(finding)
        for allowed in self._neighbourhoods(best):
            search = _Search(self, allowed, best)
            if (found := search.run()) is not None:
                return found
        return best

    def tried(self, moves: Sequence[Move], moves_max: int) -> Finding | None:
        """The finding of at most `moves_max` moves that these lead to, without those that are not possible."""
        simulation = self.start.fork()
        for move in moves:
            if simulation.breach is not None:
                break
            if simulation.can(move):
                simulation.take(move)
        return self.judged(simulation, moves_max)

    def judged(self, simulation: Simulation, moves_max: int) -> Finding | None:
        """The finding of at most `moves_max` moves that `simulation` is, or comes to when it goes on fairly."""
        if simulation.breach is not None:
            return Finding(simulation.breach, tuple(simulation.moves))
        if self.property.kind is not Kind.EVENTUALLY:
            return None
        ending = go_on_fairly(simulation, moves_max - len(simulation.moves))
        if ending.breach is None:
            return None
        return Finding(ending.breach, tuple(simulation.moves), ending.loop_moves)

    def _with_moves_dropped(self, finding: Finding) -> Finding:
        best, tries = finding, 0
        size = max(1, len(best.moves) // 2)
        while size and tries < _TRIES_MAX:
            at, has_dropped = len(_stem(best)) - size, False
            while at > -size and tries < _TRIES_MAX:
                stem = _stem(best)
                tries += 1
                rest = (*stem[: max(at, 0)], *stem[max(at, 0) + size :])
                shorter = self.tried(rest, len(best.moves) - 1)
                if shorter is not None:
                    best, has_dropped = shorter, True
                at -= size
            if size > 1:
                size //= 2
            elif not has_dropped:
                break
        return best

    def _neighbourhoods(self, finding: Finding) -> Iterator[list[int]]:
        """The instances to search among: all, those of the rules or of the components of the run, those of the run."""
        lookup = self.lookup
        order = range(len(lookup.parts))
        used = {move for move in finding.moves if move is not None}
        rules = {lookup.rule_of[move] for move in used}
        near = self._components(finding.moves)
        yield list(order)
        yield [each for each in order if lookup.rule_of[each] in rules]
        yield [each for each in order if self._head(each) <= near]
        yield [each for each in order if each in used]

    def _components(self, moves: Sequence[Move]) -> set[int]:
        """The slots that some move of a run is about, or changes."""
        simulation = self.start.fork()
        slots: set[int] = set()
        for move in moves:
            if move is not None:
                effect = simulation.effect(move)
                slots |= self._head(move)
                slots |= {slot for slot, _ in effect.changes} if effect else set()
            simulation.take(move)
        return slots

    def _head(self, instance: int) -> set[int]:
        system = self.lookup.system
        slots = system.instances[instance].parts[0].slots
        return {slot for slot in slots if system.slots[slot].kind not in _SINGLETONS}


class _Search:
    """A search breadth first from the initial state, by moves of `allowed` and time, for a shorter finding."""

    def __init__(self, work: _Shortening, allowed: Sequence[int], finding: Finding) -> None:
        self.work = work
        self.allowed = allowed
        self.finding = finding
        self.goals = self._repeating(finding)
        self.is_step = work.property.scope is Scope.STEP
        self.edges = 0
        self.entries_left = _ENTRIES_MAX
        self.numbers = {tuple(work.start.ids): 0}
        self.layers: list[list[tuple[int, Move, int]]] = []

    def run(self) -> Finding | None:
        """The finding, None if the search was too much work, or found nothing within the depth of what is known."""
        level = [(0, self.work.start.fork())]
        for _ in range(len(_stem(self.finding)) + 1):
            wanted = {number for number, each in level if self._is_goal(each)}
            following: list[tuple[int, Simulation]] = []
            layer: list[tuple[int, Move, int]] = []
            for number, simulation in () if wanted else level:
                for move in self._moves(simulation):
                    self.edges += 1
                    if self.edges > self.work.edges_max:
                        return None
                    self._follow(number, simulation, move, layer, following, wanted)
            if wanted:
                return self._finding(wanted)
            self.layers.append(layer)
            level = following
        return None

    def _moves(self, simulation: Simulation) -> list[Move]:
        moves: list[Move] = [each for each in self.allowed if simulation.can(each)]
        return [*moves, None] if simulation.can(None) else moves

    def _follow(
        self,
        number: int,
        simulation: Simulation,
        move: Move,
        layer: list[tuple[int, Move, int]],
        following: list[tuple[int, Simulation]],
        wanted: set[int],
    ) -> None:
        key = tuple(simulation.after(move))
        if key not in self.numbers or self.is_step:
            twin = simulation.fork()
            twin.take(move)
            if self.is_step and twin.breach is not None:
                wanted.add(number)
                return
            if key not in self.numbers:
                self.numbers[key] = len(self.numbers)
                following.append((self.numbers[key], twin))
        layer.append((number, move, self.numbers[key]))

    def _is_goal(self, simulation: Simulation) -> bool:
        if self.goals is None:
            return simulation.breach is not None
        if tuple(simulation.ids) in self.goals:
            return True
        if not self.entries_left:
            return False
        self.entries_left -= 1
        twin = simulation.fork()
        ending = go_on_fairly(twin, _LOOP_MOVES_MAX)
        return ending.breach is not None and ending.loop_moves == len(twin.moves)

    def _repeating(self, finding: Finding) -> set[tuple[int, ...]] | None:
        """The states that repeat for ever; None for a run that ends."""
        if finding.loop_moves is None:
            return None
        simulation = self.work.start.fork()
        found = set()
        for number, move in enumerate(finding.moves):
            if number >= len(finding.moves) - finding.loop_moves:
                found.add(tuple(simulation.ids))
            simulation.take(move)
        return found

    def _finding(self, wanted: set[int]) -> Finding | None:
        layers = []
        for layer in reversed(self.layers):
            layers.append([edge for edge in layer if edge[2] in wanted])
            wanted = {source for source, _, _ in layers[-1]}
        path = least_changing(layers[::-1], self.work.lookup.system.instances)
        simulation = self.work.start.fork()
        for move in path:
            simulation.take(move)
        if self.is_step:
            simulation.take(self._breaking(simulation))
        return self.work.judged(simulation, len(self.finding.moves))

    def _breaking(self, simulation: Simulation) -> Move:
        for move in [*simulation.enabled(), None]:
            twin = simulation.fork()
            if twin.can(move):
                twin.take(move)
                if twin.breach is not None:
                    return move
        raise AssertionError("the search came to a state from which a step breaks the promise")


def least_changing(
    layers: Sequence[Sequence[tuple[int, Move, int]]], instances: Sequence[Instance]
) -> tuple[Move, ...]:
    """The path through `layers` of edges (source, move, target) on which the actor changes least often.

    It begins in state 0. Among equals it is the first in the order of the rules, as in `paths`.
    """
    best: dict[_Key, tuple[int, int]] = {(0, None): (0, 0)}
    came: list[dict[_Key, tuple[_Key, Move]]] = []
    for layer in layers:
        reachable: dict[int, list[_Key]] = {}
        for key in best:
            reachable.setdefault(key[0], []).append(key)
        following: dict[_Key, tuple[int, int, int]] = {}
        back: dict[_Key, tuple[_Key, Move]] = {}
        for source, move, target in layer:
            actor = Actor.TIME if move is None else instances[move].rule.actor
            for key in reachable.get(source, ()):
                changes, rank = best[key]
                changes += key[1] is not None and key[1] is not actor
                ranked = (changes, rank, len(instances) if move is None else move)
                if ranked < following.get((target, actor), (*ranked[:2], ranked[2] + 1)):
                    following[target, actor] = ranked
                    back[target, actor] = (key, move)
        order = sorted(following, key=lambda key: following[key][1:])
        best = {key: (following[key][0], rank) for rank, key in enumerate(order)}
        came.append(back)
    at = min(best, key=lambda key: best[key])
    path: list[Move] = []
    for back in reversed(came):
        at, move = back[at]
        path.append(move)
    return tuple(reversed(path))


def _stem(finding: Finding) -> tuple[Move, ...]:
    """The moves before those that repeat for ever."""
    return finding.moves[: len(finding.moves) - (finding.loop_moves or 0)]
