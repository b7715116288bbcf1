"""What each instance does and what each question answers, looked up by numbered values and
remembered.

For searches that visit states one by one and only ask about what changed. It holds nothing that the
rules and the predicates did not say, and must not know who walks through the states, nor in which
order.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from freezeframe.checking.asking.questions import Question, ask, is_over, questions_of
from freezeframe.properties import Kind, Property, Scope
from freezeframe.protocol.components import VM, Alarm, Budget, Component, Controller, Value
from freezeframe.protocol.system import ModelError, Outcome, State, System

Ids = list[int]
"""A state: for each slot the number of its component's value."""

_SINGLETONS = (Alarm, Budget, Controller)

Changes = tuple[tuple[int, int], ...]
"""Slots (or positions of a part's slots) with the numbers of their new values."""


@dataclass(frozen=True, eq=False)
class Leaf:
    """What one part does, or one question answers, with certain values."""

    is_open: bool
    """Whether the part is enabled, or the promise is kept."""
    is_due: bool
    changes: Changes
    guards: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Effect:
    """What an enabled instance does, and whether time must wait for it."""

    changes: Changes
    is_due: bool


class Tree:
    """The leaves of one form, found by looking only at the components that the form's function
    read.
    """

    def __init__(
        self,
        kinds: tuple[type[Component], ...],
        fill: Callable[[Sequence[int]], tuple[Leaf, tuple[int, ...]]],
    ) -> None:
        """Begin empty; `fill` says, for the numbers of all values, the leaf and which positions it
        depends on.
        """
        self.kinds = kinds
        self.fill = fill
        self.root: Any = None

    def find(self, ids: Sequence[int], slots: Sequence[int]) -> Leaf:
        """The leaf for the components in `slots`."""
        node = self.root
        while type(node) is tuple:
            node = node[1].get(ids[slots[node[0]]])
        return node if node is not None else self._insert([ids[slot] for slot in slots])

    def _insert(self, numbers: Sequence[int]) -> Leaf:
        leaf, touched = self.fill(numbers)
        if not touched:
            self.root = leaf
            return leaf
        if self.root is None:
            self.root = (touched[0], {})
        node = self.root
        for position, following in zip(touched, (*touched[1:], None), strict=True):
            if node[0] != position:
                raise ModelError(
                    "a rule or a predicate read its components in another order with the same "
                    "values; one that reads a clock, a random number or a global would explain it"
                )
            if following is None:
                node[1][numbers[position]] = leaf
            else:
                node = node[1].setdefault(numbers[position], (following, {}))
        return leaf


class Lookup:
    """All that can be asked of `system` and `properties`, shared by any number of runs."""

    def __init__(self, system: System, properties: Sequence[Property]) -> None:
        """Number the initial values, and find out which slots each instance and each question
        reads.
        """
        self.system = system
        self.properties = tuple(properties)
        self._values: dict[type[Component], list[Value]] = defaultdict(list)
        self._numbers: dict[type[Component], dict[Value, int]] = defaultdict(dict)
        self._ticks: dict[type[Component], dict[int, int]] = defaultdict(dict)
        self._trees: dict[Hashable, Tree] = {}
        self.initial: Ids = [self._number(slot.kind, slot.initial) for slot in system.slots]
        self.parts = [
            tuple((self._tree_of_part(part.form), part.slots) for part in instance.parts)
            for instance in system.instances
        ]
        self.readers = self._watchers(
            [part.slots for part in each.parts] for each in system.instances
        )
        self._ticking = [
            (index, self._ticks[slot.kind], slot.kind)
            for index, slot in enumerate(system.slots)
            if slot.kind.tick is not Component.tick
        ]
        self.vm_slots = [index for index, slot in enumerate(system.slots) if slot.kind is VM]
        self._lay_out_questions()

    def narrowed(self, prop: Property) -> Lookup:
        """The same, asking of one property alone; what is remembered is shared."""
        narrow = copy.copy(self)
        narrow.properties = (prop,)
        narrow._lay_out_questions()  # noqa: SLF001 (a twin of the same class)
        return narrow

    def effect(self, instance: int, ids: Ids, leaves: set[Leaf] | None = None) -> Effect | None:
        """What an instance does in a state, None if it is not enabled; leaves that were met go into
        `leaves`.
        """
        parts = self.parts[instance]
        if len(parts) == 1:
            ((tree, slots),) = parts
            leaf = tree.find(ids, slots)
            if leaves is not None:
                leaves.add(leaf)
            return self._effect_of(leaf, slots)
        changes: Changes = ()
        is_due = False
        for tree, slots in parts:
            leaf = tree.find(ids, slots)
            if leaves is not None:
                leaves.add(leaf)
            if not leaf.is_open:
                return None
            is_due = is_due or leaf.is_due
            if leaf.changes:
                changes += tuple((slots[position], number) for position, number in leaf.changes)
        return Effect(changes, is_due)

    def tick(self, ids: Ids) -> Changes:
        """What one unit of time changes."""
        changes = []
        for slot, after, kind in self._ticking:
            number = ids[slot]
            found = after.get(number)
            if found is None:
                value = self.system.tick(slot, self._values[kind][number])
                found = after[number] = self._number(kind, value)
            if found != number:
                changes.append((slot, found))
        return tuple(changes)

    def broken(self, questions: Iterable[int], ids: Ids) -> list[int]:
        """Those of the questions about one state that are not answered as promised."""
        found = []
        for question in questions:
            tree, slots = self._asked[question]
            # As in `Tree.find`; a call for each of a big fleet's pairs of VMs would cost too much.
            node = tree.root
            while type(node) is tuple:
                node = node[1].get(ids[slots[node[0]]])
            if not (node or tree.find(ids, slots)).is_open:
                found.append(question)
        return found

    def is_kept_by_step(self, question: int, before: Ids, after: Ids) -> bool:
        """Whether a question about a step is answered as promised."""
        tree, _ = self._asked[question]
        asked = self.questions[question]
        numbers = [
            (after if is_after else before)[slot]
            for slot, is_after in zip(asked.slots, asked.is_after, strict=True)
        ]
        return tree.find(numbers, range(len(numbers))).is_open

    def is_over(self, prop: Property, ids: Ids) -> bool:
        """Whether the maintenance is over in a state, as the standstill property `prop` says."""
        return is_over(self.system, prop, self.state(ids))

    def value(self, slot: int, number: int) -> Value:
        """The value that `number` stands for in `slot`."""
        return self._values[self.system.slots[slot].kind][number]

    def state(self, ids: Ids) -> State:
        """The values that the numbers stand for."""
        return tuple(
            self._values[slot.kind][number]
            for slot, number in zip(self.system.slots, ids, strict=True)
        )

    @cached_property
    def rule_of(self) -> list[int]:
        """For each instance the number of its rule in `System.rules`."""
        numbers = {rule.name: number for number, rule in enumerate(self.system.rules)}
        return [numbers[instance.rule.name] for instance in self.system.instances]

    @cached_property
    def heads(self) -> list[frozenset[int]]:
        """For each instance the slots that it is about: what there is but once is left out."""
        slots = self.system.slots
        return [
            frozenset(slot for slot in parts[0][1] if slots[slot].kind not in _SINGLETONS)
            for parts in self.parts
        ]

    @cached_property
    def fair_rules(self) -> list[int]:
        """The numbers of the rules that can be relied upon."""
        return [number for number, rule in enumerate(self.system.rules) if rule.is_fair]

    def _effect_of(self, leaf: Leaf, slots: Sequence[int]) -> Effect | None:
        if not leaf.is_open:
            return None
        return Effect(
            tuple((slots[position], number) for position, number in leaf.changes), leaf.is_due
        )

    def _lay_out_questions(self) -> None:
        self.questions: list[Question] = []
        self.property_of: list[int] = []
        self._asked: list[tuple[Tree, tuple[int, ...]]] = []
        by_use: dict[tuple[Kind, Scope], list[int]] = defaultdict(list)
        for number, prop in enumerate(self.properties):
            for question in questions_of(self.system.topology, prop):
                by_use[prop.kind, prop.scope].append(len(self.questions))
                self.questions.append(question)
                self.property_of.append(number)
                self._asked.append((self._tree_of_question(question), question.slots))

        def watching(kind: Kind, scope: Scope) -> list[list[int]]:
            chosen = by_use[kind, scope]
            found = self._watchers([self.questions[each].slots] for each in chosen)
            return [[chosen[index] for index in watchers] for watchers in found]

        self.always = watching(Kind.ALWAYS, Scope.STATE)
        self.steps = watching(Kind.ALWAYS, Scope.STEP)
        self.has_step_questions = bool(by_use[Kind.ALWAYS, Scope.STEP])
        self.eventually = watching(Kind.EVENTUALLY, Scope.STATE)
        self.occasional = tuple(by_use[Kind.SOMETIMES, Scope.STATE])
        self.eventual = tuple(by_use[Kind.EVENTUALLY, Scope.STATE])
        self.standstill = tuple(each for each in self.properties if each.scope is Scope.STANDSTILL)

    def _watchers(self, slots_of_each: Iterator[list[Any]] | Any) -> list[list[int]]:  # noqa: ANN401
        found: list[list[int]] = [[] for _ in self.system.slots]
        for index, groups in enumerate(slots_of_each):
            for slot in {slot for group in groups for slot in group}:
                found[slot].append(index)
        return found

    def _tree_of_part(self, form: Any) -> Tree:  # noqa: ANN401
        def fill(numbers: Sequence[int]) -> tuple[Leaf, tuple[int, ...]]:
            outcome: Outcome = self.system.evaluate(form, self._named(form.kinds, numbers))
            changes = tuple(
                (position, self._number(form.kinds[position], value))
                for position, value in outcome.changes
            )
            leaf = Leaf(outcome.is_enabled, outcome.is_due, changes, outcome.guards)
            return leaf, outcome.touched

        return self._trees.setdefault(form, Tree(form.kinds, fill))

    def _tree_of_question(self, question: Question) -> Tree:
        form = question.form

        def fill(numbers: Sequence[int]) -> tuple[Leaf, tuple[int, ...]]:
            answer = ask(form, self._named(form.kinds, numbers), self.system.settings)
            return Leaf(answer.is_kept, is_due=False, changes=(), guards=()), answer.touched

        return self._trees.setdefault(form, Tree(form.kinds, fill))

    def _named(self, kinds: Sequence[type[Component]], numbers: Sequence[int]) -> list[Value]:
        return [self._values[kind][number] for kind, number in zip(kinds, numbers, strict=True)]

    def _number(self, kind: type[Component], value: Value) -> int:
        numbers = self._numbers[kind]
        if value not in numbers:
            numbers[value] = len(self._values[kind])
            self._values[kind].append(value)
        return numbers[value]
