"""What each instance does and what each question answers in one state, given as numbered values.

For searches that visit states one by one and only ask about what changed. It must not know who
walks through the states, nor in which order.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from freezeframe.checking.asking.answers import Answers, Changes, Form, Leaf
from freezeframe.checking.asking.questions import Question, questions_of
from freezeframe.properties import Kind, Property, Scope
from freezeframe.protocol.components import VM, Alarm, Budget, Component, Controller
from freezeframe.protocol.system import State, System

Ids = list[int]
"""A state: for each slot the number of its component's value."""

_SINGLETONS = (Alarm, Budget, Controller)


@dataclass(frozen=True)
class Effect:
    """What an enabled instance does, and whether time must wait for it."""

    changes: Changes
    is_due: bool


class Lookup:
    """All that can be asked of `system` and `properties`, shared by any number of runs."""

    def __init__(self, system: System, properties: Sequence[Property]) -> None:
        """Number the initial values, and find out which slots each instance and each question
        reads.
        """
        self.system = system
        self.properties = tuple(properties)
        self.answers = Answers(system)
        self.initial: Ids = list(self.answers.initial)
        self.parts = [
            tuple((self.answers.of_part(part.form), part.slots) for part in instance.parts)
            for instance in system.instances
        ]
        self.readers = self._watchers(
            [part.slots for part in each.parts] for each in system.instances
        )
        self._ticking = [
            (index, self.answers.ticks[slot.kind])
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
        changes: Changes = ()
        is_due = False
        for form, slots in parts:
            leaf = form.find(ids, slots)
            if leaves is not None:
                leaves.add(leaf)
            row = leaf.row
            if row is None:
                return None
            is_due = is_due or row.is_due
            if row.changes:
                changes += tuple((slots[position], number) for position, number in row.changes)
        if self.system.instances[instance].may_clash:
            self.system.instances[instance].refuse_clash([slot for slot, _ in changes])
        return Effect(changes, is_due)

    def tick(self, ids: Ids) -> Changes:
        """What one unit of time changes."""
        changes = []
        for slot, after in self._ticking:
            number = ids[slot]
            found = after.get(number)
            if found is None:
                found = self.answers.tick(slot, number)
            if found != number:
                changes.append((slot, found))
        return tuple(changes)

    def broken(self, questions: Iterable[int], ids: Ids) -> list[int]:
        """Those of the questions about one state that are not answered as promised."""
        found = []
        for question in questions:
            form, slots = self._asked[question]
            # As in `Form.find`; a call for each of a big fleet's pairs of VMs would cost too much.
            node: Any = form.root
            while type(node) is tuple:
                node = node[1].get(ids[slots[node[0]]])
            if (node or form.find(ids, slots)).row is not None:
                found.append(question)
        return found

    def is_kept_by_step(self, question: int, before: Ids, after: Ids) -> bool:
        """Whether a question about a step is answered as promised."""
        form, _ = self._asked[question]
        asked = self.questions[question]
        numbers = [
            (after if is_after else before)[slot]
            for slot, is_after in zip(asked.slots, asked.is_after, strict=True)
        ]
        return form.find(numbers, range(len(numbers))).row is None

    def is_over(self, prop: Property, ids: Ids) -> bool:
        """Whether the maintenance is over in a state, as the standstill property `prop` says."""
        return not self.broken(self.at_standstill[prop], ids)

    def state(self, ids: Ids) -> State:
        """The values that the numbers stand for."""
        return tuple(self.answers.value(slot, number) for slot, number in enumerate(ids))

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

    def _lay_out_questions(self) -> None:
        self.questions: list[Question] = []
        self.property_of: list[int] = []
        self._asked: list[tuple[Form, tuple[int, ...]]] = []
        by_use: dict[tuple[Kind, Scope], list[int]] = defaultdict(list)
        for number, prop in enumerate(self.properties):
            for question in questions_of(self.system.topology, prop):
                by_use[prop.kind, prop.scope].append(len(self.questions))
                self.questions.append(question)
                self.property_of.append(number)
                self._asked.append((self.answers.of_question(question.form), question.slots))

        def watching(kind: Kind, scope: Scope) -> list[list[int]]:
            chosen = by_use[kind, scope]
            found = self._watchers([self.questions[each].slots] for each in chosen)
            return [[chosen[index] for index in watchers] for watchers in found]

        self.always = watching(Kind.ALWAYS, Scope.STATE)
        steps = by_use[Kind.ALWAYS, Scope.STEP]
        found = self._watchers([self.questions[each].slots[-1:]] for each in steps)
        self.steps = [[steps[index] for index in watchers] for watchers in found]
        self.has_step_questions = bool(by_use[Kind.ALWAYS, Scope.STEP])
        self.eventually = watching(Kind.EVENTUALLY, Scope.STATE)
        self.occasional = tuple(by_use[Kind.SOMETIMES, Scope.STATE])
        self.eventual = tuple(by_use[Kind.EVENTUALLY, Scope.STATE])
        self.settling = watching(Kind.ALWAYS, Scope.STANDSTILL)
        self.at_standstill = {
            prop: [
                question
                for question in by_use[prop.kind, Scope.STANDSTILL]
                if self.properties[self.property_of[question]] is prop
            ]
            for prop in self.properties
            if prop.scope is Scope.STANDSTILL
        }

    def _watchers(self, slots_of_each: Iterator[list[Any]] | Any) -> list[list[int]]:  # noqa: ANN401
        found: list[list[int]] = [[] for _ in self.system.slots]
        for index, groups in enumerate(slots_of_each):
            for slot in {slot for group in groups for slot in group}:
                found[slot].append(index)
        return found
