"""What the rules and the predicates answered so far: values numbered as they appear, and a decision
tree for each form, filled as it is asked.

A tree holds, for the values of the components that the function read, what it did. It holds nothing
that the function did not say: each leaf comes from one run of it. It must not know who asks, nor
in which order.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from freezeframe.protocol.components import Component, Value
from freezeframe.protocol.instances import ModelError, PartForm
from freezeframe.protocol.language import Pull
from freezeframe.protocol.system import System

from .questions import QuestionForm, ask

Changes = tuple[tuple[int, int], ...]
"""Slots (or positions of a part's slots) with the numbers of their new values."""

Path = tuple[tuple[int, int], ...]
"""What a function read, in order: positions of components, with the numbers of their values."""


@dataclass(frozen=True)
class Row:
    """What an enabled part does: to which positions, whether time must wait for it, and which rows
    of lifecycles it takes.
    """

    changes: Changes = ()
    is_due: bool = False
    pulls: tuple[Pull, ...] = ()


@dataclass(frozen=True, eq=False)
class Leaf:
    """What one part does with certain values, or one question answers.

    `row` is None where the part is not enabled, or the promise is kept; a promise that is broken
    has an empty row.
    """

    row: Row | None
    guards: tuple[tuple[str, bool], ...] = ()


Node = Leaf | tuple[int, dict[int, Any]] | None
"""A leaf, or the position to look at with a node for each number there; None if nobody asked."""


@dataclass
class Numbering:
    """The values of one kind of component, numbered in the order of their appearance."""

    values: list[Value] = field(default_factory=list)
    numbers: dict[Value, int] = field(default_factory=dict)

    def number(self, value: Value) -> int:
        """The number of `value`, a new one if it is new."""
        found = self.numbers.get(value)
        if found is None:
            found = self.numbers[value] = len(self.values)
            self.values.append(value)
        return found


class Form:
    """One decision tree, and how to ask for what it does not hold yet."""

    def __init__(
        self,
        kinds: tuple[type[Component], ...],
        evaluate: Callable[[Sequence[int]], tuple[Leaf, tuple[int, ...]]],
    ) -> None:
        """Begin empty; `evaluate` says, for the numbers of all values, the leaf, and which
        positions it depends on.
        """
        self.kinds = kinds
        self.root: Node = None
        self._evaluate = evaluate

    def find(self, ids: Sequence[int], slots: Sequence[int]) -> Leaf:
        """The leaf for the components in `slots`, asked for if nobody did before."""
        node: Any = self.root
        while type(node) is tuple:
            node = node[1].get(ids[slots[node[0]]])
        return node if node is not None else self.ask([ids[slot] for slot in slots])[1]

    def ask(self, numbers: Sequence[int]) -> tuple[Path, Leaf]:
        """Run the function on the numbered values, and remember what it read and did.

        Raises `ModelError` where that contradicts an earlier answer.
        """
        leaf, touched = self._evaluate(numbers)
        path = tuple((position, numbers[position]) for position in touched)
        self.root = _entered(self.root, path, leaf)
        return path, leaf

    def leaves(self) -> Iterator[Leaf]:
        """Every answer so far."""
        return _leaves(self.root)


class Answers:
    """Every answer of `system`, and of the questions about it, that somebody asked for."""

    def __init__(self, system: System) -> None:
        """Number the initial values; every tree is still empty."""
        self.system = system
        self.numberings: dict[type[Component], Numbering] = {
            slot.kind: Numbering() for slot in system.slots
        }
        self.initial = [self.numberings[slot.kind].number(slot.initial) for slot in system.slots]
        self.ticks: dict[type[Component], dict[int, int]] = {kind: {} for kind in self.numberings}
        """By the number of a value, that of the value one unit of time later."""
        self._forms: dict[Hashable, Form] = {}

    def value(self, slot: int, number: int) -> Value:
        """The value that `number` stands for in `slot`."""
        return self.numberings[self.system.slots[slot].kind].values[number]

    def tick(self, slot: int, number: int) -> int:
        """The number of the value in `slot` one unit of time later."""
        kind = self.system.slots[slot].kind
        after = self.ticks[kind].get(number)
        if after is None:
            value = self.system.tick(slot, self.value(slot, number))
            after = self.ticks[kind][number] = self.numberings[kind].number(value)
        return after

    def of_part(self, form: PartForm) -> Form:
        """What a part of a rule does."""

        def evaluate(numbers: Sequence[int]) -> tuple[Leaf, tuple[int, ...]]:
            outcome = self.system.evaluate(form, self._values(form.kinds, numbers))
            if not outcome.is_enabled:
                return Leaf(None, outcome.guards), outcome.touched
            changes = tuple(
                (position, self.numberings[form.kinds[position]].number(value))
                for position, value in outcome.changes
            )
            return Leaf(
                Row(changes, outcome.is_due, outcome.pulls), outcome.guards
            ), outcome.touched

        return self._forms.setdefault(form, Form(form.kinds, evaluate))

    def of_question(self, form: QuestionForm) -> Form:
        """How a question is answered."""

        def evaluate(numbers: Sequence[int]) -> tuple[Leaf, tuple[int, ...]]:
            answer = ask(form, self._values(form.kinds, numbers), self.system.settings)
            return Leaf(None if answer.is_kept else Row()), answer.touched

        return self._forms.setdefault(form, Form(form.kinds, evaluate))

    @property
    def guards(self) -> dict[str, set[bool]]:
        """What each guard that was asked was seen to be."""
        seen: dict[str, set[bool]] = {}
        for form in self._forms.values():
            for leaf in form.leaves():
                for guard, holds in leaf.guards:
                    seen.setdefault(guard, set()).add(holds)
        return seen

    def _values(self, kinds: Sequence[type[Component]], numbers: Sequence[int]) -> list[Value]:
        return [
            self.numberings[kind].values[number]
            for kind, number in zip(kinds, numbers, strict=True)
        ]


def _entered(node: Node, path: Path, leaf: Leaf) -> Node:
    """`node` with one more path."""
    if not path:
        if node is not None:
            raise _contradiction()
        return leaf
    (position, number), rest = path[0], path[1:]
    if node is None:
        node = (position, {})
    if not isinstance(node, tuple) or node[0] != position:
        raise _contradiction()
    node[1][number] = _entered(node[1].get(number), rest, leaf)
    return node


def _contradiction() -> ModelError:
    return ModelError(
        "a rule or a predicate read its components in another order with the same values; "
        "one that reads a clock, a random number or a global would explain it"
    )


def _leaves(node: Node) -> Iterator[Leaf]:
    if isinstance(node, Leaf):
        yield node
    elif node is not None:
        for child in node[1].values():
            yield from _leaves(child)
