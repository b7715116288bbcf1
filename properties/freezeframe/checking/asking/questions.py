"""Properties asked of a fleet: every related tuple of a property's predicate.

Knows the catalogue's form and the model's components; knows nothing of searching.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from freezeframe.properties import Property, Scope
from freezeframe.protocol.components import VM, Component, Value
from freezeframe.protocol.settings import Settings
from freezeframe.protocol.system import State
from freezeframe.protocol.topology import Topology
from freezeframe.protocol.views import VIEWED, view_of

_AFTER = "after"


@dataclass(frozen=True)
class QuestionForm:
    """What decides an answer besides the values of the components. Questions of one form share
    answers.
    """

    property: Property
    kinds: tuple[type[Component], ...]
    arguments: tuple[tuple[bool, Any], ...]
    seats: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Question:
    """A property about certain components; `is_after` says for each whether it is taken after a
    step.
    """

    form: QuestionForm
    slots: tuple[int, ...]
    is_after: tuple[bool, ...]
    subjects: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """Whether the predicate is true, and the positions of what was read, in order."""

    is_kept: bool
    touched: tuple[int, ...]


def questions_of(topology: Topology, prop: Property) -> tuple[Question, ...]:
    """Every related tuple of `prop` in a fleet; empty where it has no subject."""
    return tuple(_ground(topology, prop))


def ask(form: QuestionForm, values: Sequence[Value], settings: Settings) -> Answer:
    """Ask the predicate about components with `values`; it is kept where a VM is elsewhere, and by
    what is no step (see `Scope.STEP`).
    """
    touched: list[int] = []
    handles: list[Any] = [
        kind(value, position, touched)
        for position, (kind, value) in enumerate(zip(form.kinds, values, strict=True))
    ]
    for position, seat in form.seats:
        if handles[position].place != seat:
            return Answer(is_kept=True, touched=tuple(touched))
    if form.property.scope is Scope.STEP:
        handles[-2].touch()
        handles[-1].touch()
        before, after = (form.kinds[-1].without_clocks(value) for value in values[-2:])
        if before == after:
            return Answer(is_kept=True, touched=tuple(touched))
    arguments = [
        view_of(handles[value], settings) if is_slot else value for is_slot, value in form.arguments
    ]
    return Answer(bool(form.property.predicate(*arguments)), tuple(touched))


def values_for(question: Question, before: State, after: State) -> list[Value]:
    """The values that `question` is about, for a step from `before` to `after`."""
    return [
        (after if is_after else before)[slot]
        for slot, is_after in zip(question.slots, question.is_after, strict=True)
    ]


def _ground(topology: Topology, prop: Property) -> Iterator[Question]:
    is_step = prop.scope is Scope.STEP
    omit = frozenset({_AFTER}) if is_step else frozenset()
    for grounding in topology.ground(prop.predicate, kinds=VIEWED, omit=omit):
        slots, arguments = grounding.slots, grounding.arguments
        if is_step:
            slots, arguments = (*slots, slots[-1]), (*arguments, (True, len(slots)))
        names = [topology.slots[slot] for slot in slots]
        vms = [topology.vms[each.names[0]] for each in names if each.kind is VM]
        if prop.where is not None and not prop.where(*vms):
            continue
        form = QuestionForm(prop, tuple(each.kind for each in names), arguments, grounding.seats)
        is_after = tuple(is_step and position == len(slots) - 1 for position in range(len(slots)))
        subjects = tuple(dict.fromkeys(each.label for each in names))
        yield Question(form, slots, is_after, subjects)
