"""What the rules and the predicates answered so far: values numbered as they appear, and a decision
tree for each form, filled as it is asked.

A tree holds, for the values of the components that the function read, what it did. It holds nothing
that the function did not say: each leaf comes from one run of it. Knows nothing of arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from freezeframe.checking.search.kernel import OUT_OF_PLAY, UNKNOWN
from freezeframe.properties import Kind, Property, Scope
from freezeframe.protocol.components import Component, Value
from freezeframe.protocol.language import Pull
from freezeframe.protocol.system import ModelError, System

from .questions import Question, ask, questions_of

Tree = int | tuple[int, dict[int, Any]]
"""A code for a leaf, or the position to look at with a tree for each value of it."""


@dataclass(frozen=True)
class Row:
    """What an enabled part does: (position, number of the new value), whether time must wait for
    it, and which rows of lifecycles it takes.
    """

    changes: tuple[tuple[int, int], ...]
    is_due: bool
    pulls: tuple[Pull, ...] = ()


@dataclass
class Form:
    """One decision tree, and how to ask for what it does not hold yet."""

    kinds: tuple[type[Component], ...]
    evaluate: Callable[[Sequence[Value]], tuple[Row | None, tuple[int, ...]]]
    tree: Tree = UNKNOWN


@dataclass(frozen=True)
class Item:
    """What the search tries in each state: an instance of a rule, or a question about the state."""

    parts: tuple[tuple[int, tuple[int, ...]], ...]
    """(form, slots) of each part."""
    property_bit: int = 0
    is_fair: bool = False
    step_parts: tuple[tuple[int, tuple[int, ...], int], ...] = ()
    """(form, slots with `n_slots` added for those after the step, property bit)."""


@dataclass
class Numbering:
    """The values of one kind of component, numbered in the order of their appearance."""

    values: list[Value] = field(default_factory=list)
    numbers: dict[Value, int] = field(default_factory=dict)
    bits: int = 1

    def number(self, value: Value) -> int:
        """The number of `value`, a new one if it is new."""
        found = self.numbers.get(value)
        if found is None:
            found = self.numbers[value] = len(self.values)
            self.values.append(value)
        return found

    @property
    def overflows(self) -> bool:
        """Whether the numbers need more bits than are set aside."""
        return len(self.values) > 1 << self.bits


_PROPERTIES_MAX = 62
"""Each has a bit of a state's mark, and one bit marks a standstill."""


class Answers:
    """Every answer of `system` and of the questions about `properties` that was asked for."""

    def __init__(self, system: System, properties: Sequence[Property]) -> None:
        """Number the initial values and lay out the items; every tree is still empty."""
        if len(properties) > _PROPERTIES_MAX:
            raise ModelError(
                f"expected at most {_PROPERTIES_MAX} properties, found {len(properties)}"
            )
        self.system = system
        self.properties = tuple(properties)
        self.numberings: dict[type[Component], Numbering] = {
            slot.kind: Numbering() for slot in system.slots
        }
        self.initial = [self.numberings[slot.kind].number(slot.initial) for slot in system.slots]
        self.guards: dict[str, set[bool]] = {}
        # Row 0 would share its code with OUT_OF_PLAY, so it is nobody's.
        self.rows: list[Row] = [Row((), is_due=False)]
        self.forms: list[Form] = []
        self._form_of: dict[Hashable, int] = {}
        self._row_of: dict[Row, int] = {}
        self.n_rules = len(system.instances)
        self.items = self._lay_out()

    def pulls_of(self, form: int) -> frozenset[Pull]:
        """The rows of lifecycles that some outcome of a form, met or only asked for, takes."""
        return frozenset(
            pull for code in _leaves(self.forms[form].tree) for pull in self.rows[code >> 1].pulls
        )

    def _lay_out(self) -> list[Item]:
        state_items: list[Item] = []
        steps: list[tuple[Question, int, int]] = []
        for bit, prop in enumerate(self.properties):
            if prop.kind is not Kind.ALWAYS:
                continue
            for question in questions_of(self.system.topology, prop):
                form = self._form(question.form, question.form.kinds, self._asking(question))
                if prop.scope is Scope.STEP:
                    steps.append((question, form, bit))
                else:
                    state_items.append(Item(((form, question.slots),), property_bit=bit))
        n_slots = len(self.system.slots)
        rule_items = []
        for instance in self.system.instances:
            parts = tuple(
                (self._form(part.form, part.form.kinds, self._evaluating(part.form)), part.slots)
                for part in instance.parts
            )
            written = {part.slots[i] for part in instance.parts for i in part.form.writable}
            mine = tuple(
                (
                    form,
                    tuple(
                        slot + n_slots * after
                        for slot, after in zip(q.slots, q.is_after, strict=True)
                    ),
                    bit,
                )
                for q, form, bit in steps
                if written & set(q.slots)
            )
            rule_items.append(Item(parts, is_fair=instance.rule.is_fair, step_parts=mine))
        return rule_items + state_items

    def _form(self, key: Hashable, kinds: tuple[type[Component], ...], evaluate: Any) -> int:  # noqa: ANN401
        if key not in self._form_of:
            self._form_of[key] = len(self.forms)
            self.forms.append(Form(kinds, evaluate))
        return self._form_of[key]

    def _evaluating(self, part_form: Any) -> Any:  # noqa: ANN401
        def evaluate(values: Sequence[Value]) -> tuple[Row | None, tuple[int, ...]]:
            outcome = self.system.evaluate(part_form, values)
            for guard, holds in outcome.guards:
                self.guards.setdefault(guard, set()).add(holds)
            if not outcome.is_enabled:
                return None, outcome.touched
            changes = tuple(
                (position, self.numberings[part_form.kinds[position]].number(value))
                for position, value in outcome.changes
            )
            return Row(changes, outcome.is_due, outcome.pulls), outcome.touched

        return evaluate

    def _asking(self, question: Question) -> Any:  # noqa: ANN401
        def evaluate(values: Sequence[Value]) -> tuple[Row | None, tuple[int, ...]]:
            answer = ask(question.form, values, self.system.settings)
            return (None if answer.is_kept else Row((), is_due=False)), answer.touched

        return evaluate

    def ask(self, form: Form, numbers: Sequence[int]) -> tuple[list[tuple[int, int]], int]:
        """What a form does with the numbered values: what it read, in order, and its code."""
        values = [
            self.numberings[kind].values[number]
            for kind, number in zip(form.kinds, numbers, strict=True)
        ]
        row, touched = form.evaluate(values)
        path = [(position, numbers[position]) for position in touched]
        if row is None:
            return path, OUT_OF_PLAY
        if row not in self._row_of:
            self._row_of[row] = len(self.rows)
            self.rows.append(row)
        return path, self._row_of[row] << 1 | 1


def inserted(tree: Tree, path: Sequence[tuple[int, int]], code: int) -> Tree:
    """`tree` with one more path; raises `ModelError` where it contradicts an earlier answer."""
    if not path:
        return code
    (position, value), rest = path[0], path[1:]
    if tree == UNKNOWN:
        tree = (position, {})
    if not isinstance(tree, tuple) or tree[0] != position:
        raise ModelError(
            "a rule or a predicate read its components in another order with the same values; "
            "it must depend on nothing but its parameters"
        )
    tree[1][value] = inserted(tree[1].get(value, UNKNOWN), rest, code)
    return tree


def _leaves(tree: Tree) -> Iterator[int]:
    if not isinstance(tree, tuple):
        yield tree
        return
    for child in tree[1].values():
        yield from _leaves(child)
