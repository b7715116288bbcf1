"""A fleet that runs: its present state, what can happen next, and which promise the last move
broke.

Evaluates again only what the last move can have changed, so a move costs as much in a fleet of
hundreds of VMs as in one of a few. Means the same as `System.steps`. It must not choose moves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from freezeframe.checking.asking.answers import Changes, Leaf
from freezeframe.properties import Property
from freezeframe.protocol.instances import Instance, ModelError
from freezeframe.protocol.system import State

from .lookup import Effect, Ids, Lookup

Move = int | None
"""The number of an instance in `System.instances`, or None for one unit of time."""


@dataclass(frozen=True)
class Breach:
    """A promise that is broken, and whose; `question` orders breaches as the catalogue does."""

    property: Property
    subjects: tuple[str, ...]
    question: int


class Simulation:
    """A fleet from its initial state on.

    `moves` is its history, and `changed` the slots that the last move changed.

    `leaves` collects what was met on the way, for coverage; None saves the trouble.
    """

    def __init__(self, lookup: Lookup, leaves: set[Leaf] | None = None) -> None:
        """Stand in the initial state."""
        self.lookup = lookup
        self.leaves = leaves
        self.ids: Ids = list(lookup.initial)
        self.moves: list[Move] = []
        self.changed: list[int] = []
        self._effects: list[Effect | None] = [None] * len(lookup.parts)
        self._enabled: list[set[int]] = [set() for _ in lookup.system.rules]
        self._due: set[int] = set()
        self._passing: Changes | None = None
        self._refresh(range(len(lookup.parts)))
        every = {question for asked in lookup.always for question in asked}
        self.breach: Breach | None = self._first_broken(every) or self._standstill()

    def fork(self) -> Simulation:
        """Another fleet in the same state, without history, and whose leaves are not collected."""
        twin = object.__new__(Simulation)
        twin.lookup = self.lookup
        twin.leaves = None
        twin.ids = list(self.ids)
        twin.moves = []
        twin.changed = []
        twin._effects = list(self._effects)
        twin._enabled = [set(each) for each in self._enabled]
        twin._due = set(self._due)
        twin._passing = self._passing
        twin.breach = self.breach
        return twin

    @property
    def state(self) -> State:
        """The value of every component."""
        return self.lookup.state(self.ids)

    @property
    def must_act(self) -> bool:
        """Whether time may not pass, because something promised is due."""
        return bool(self._due)

    @property
    def can_wait(self) -> bool:
        """Whether time may pass, and changes anything."""
        return not self._due and bool(self._changes(None))

    def enabled(self) -> list[int]:
        """The instances that can be taken, in the order of `System.instances`."""
        return sorted(instance for each in self._enabled for instance in each)

    def enabled_of(self, rule: int) -> set[int]:
        """The instances of the rule with this number (see `Lookup.rule_of`) that can be taken."""
        return self._enabled[rule]

    def effect(self, instance: int) -> Effect | None:
        """What an instance would do now; None if it cannot be taken."""
        return self._effects[instance]

    def instance(self, number: int) -> Instance:
        """The instance with this number."""
        return self.lookup.system.instances[number]

    def can(self, move: Move) -> bool:
        """Whether `move` is possible now."""
        return not self._due if move is None else self._effects[move] is not None

    def after(self, move: Move) -> Ids:
        """The state that a possible move leads to."""
        after = list(self.ids)
        for slot, number in self._changes(move):
            after[slot] = number
        return after

    def take(self, move: Move) -> None:
        """Take a possible move; sets `breach` if that breaks a promise of the kind `always`.

        Raises `ModelError` if the move is not possible.
        """
        if not self.can(move):
            name = "time" if move is None else self.instance(move)
            raise ModelError(f"expected a move that the rules allow now, found {name}")
        changes = self._changes(move)
        self._passing = None
        before = list(self.ids) if self.lookup.has_step_questions else self.ids
        for slot, number in changes:
            self.ids[slot] = number
        self.moves.append(move)
        slots = self.changed = [slot for slot, _ in changes]
        self._refresh({each for slot in slots for each in self.lookup.readers[slot]})
        self.breach = self._judged(slots, before)

    def wait(self, units: int = 1) -> int:
        """Let up to `units` units of time pass, until something is due or broken; returns how many
        passed.
        """
        for passed in range(units):
            if self._due or (passed and self.breach):
                return passed
            self.take(None)
        return units

    def patience(self, longest: int) -> int:
        """How many units may pass, up to `longest`, before something is due or nothing changes any
        more.
        """
        twin = self.fork()
        for units in range(longest):
            if not twin.can_wait:
                return units
            twin.take(None)
        return longest

    def is_stuck(self) -> bool:
        """Whether nothing that can be relied upon changes anything any more."""
        for rule in self.lookup.fair_rules:
            for instance in self._enabled[rule]:
                effect = self._effects[instance]
                if effect is not None and effect.changes:
                    return False
        return not self.can_wait

    def _changes(self, move: Move) -> Changes:
        if move is None:
            if self._passing is None:
                self._passing = self.lookup.tick(self.ids)
            return self._passing
        effect = self._effects[move]
        return effect.changes if effect else ()

    def _refresh(self, instances: Iterable[int]) -> None:
        lookup, rule_of = self.lookup, self.lookup.rule_of
        for instance in instances:
            before = self._effects[instance]
            now = self._effects[instance] = lookup.effect(instance, self.ids, self.leaves)
            if now is None:
                if before is not None:
                    self._enabled[rule_of[instance]].discard(instance)
                    self._due.discard(instance)
                continue
            if before is None:
                self._enabled[rule_of[instance]].add(instance)
            if now.is_due:
                self._due.add(instance)
            elif before is not None:
                self._due.discard(instance)

    def _judged(self, slots: list[int], before: Ids) -> Breach | None:
        lookup = self.lookup
        asked = {question for slot in slots for question in lookup.always[slot]}
        found = self._first_broken(asked)
        if lookup.has_step_questions and self.moves[-1] is not None:
            broken = [
                question
                for question in {each for slot in slots for each in lookup.steps[slot]}
                if not lookup.is_kept_by_step(question, before, self.ids)
            ]
            if broken and (found is None or min(broken) < found.question):
                found = self.breach_of(min(broken))
        return found or self._standstill()

    def _first_broken(self, asked: Iterable[int]) -> Breach | None:
        broken = self.lookup.broken(asked, self.ids)
        return self.breach_of(min(broken)) if broken else None

    def _standstill(self) -> Breach | None:
        if not self.lookup.at_standstill or not self.is_stuck():
            return None
        for prop in self.lookup.at_standstill:
            if not self.lookup.is_over(prop, self.ids):
                return self.standstill_breach(prop)
        return None

    def standstill_breach(self, prop: Property) -> Breach:
        """The breach of a promise about standstills, which is nobody's in particular."""
        return Breach(prop, (), len(self.lookup.questions))

    def breach_of(self, question: int) -> Breach:
        """The breach that a question not answered as promised stands for."""
        lookup = self.lookup
        prop = lookup.properties[lookup.property_of[question]]
        return Breach(prop, lookup.questions[question].subjects, question)
