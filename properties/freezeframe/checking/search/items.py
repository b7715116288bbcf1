"""What the search tries in each state: the instances of the rules, then the questions.

Owns the order of the items, and which questions a step may answer otherwise. It must not know how
an item is tried.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from operator import itemgetter

from freezeframe.checking.asking.answers import Answers, Form
from freezeframe.checking.asking.questions import Question, questions_of
from freezeframe.properties import Kind, Property, Scope
from freezeframe.protocol.instances import Instance

Asked = tuple[Form, tuple[int, ...]]
"""A form, and the slots that it is asked about."""

_Steps = dict[int, list[tuple[int, Question, int]]]
"""Questions about steps, with their numbers and property bits, by the slot that a step must change
for them to be asked: of a large fleet, each instance is asked but a few of them.
"""


@dataclass(frozen=True)
class Item:
    """An instance of a rule, or a question about the state."""

    parts: tuple[Asked, ...]
    property_bit: int = 0
    is_fair: bool = False
    may_clash: bool = False
    steps: tuple[tuple[Asked, int], ...] = ()
    """Questions about the step, whose slots after it have `n_slots` added, and their property
    bits.
    """


def items_of(answers: Answers, properties: Sequence[Property]) -> list[Item]:
    """Every instance of a rule in the order of the system, then every question of `properties`."""
    questions: list[Item] = []
    steps: _Steps = defaultdict(list)
    numbers = count()
    for bit, prop in enumerate(properties):
        if prop.kind is not Kind.ALWAYS or prop.scope is Scope.STANDSTILL:
            continue
        for question in questions_of(answers.system.topology, prop):
            if prop.scope is Scope.STEP:
                steps[question.slots[-1]].append((next(numbers), question, bit))
            else:
                asked = (answers.of_question(question.form), question.slots)
                questions.append(Item((asked,), property_bit=bit))
    instances = answers.system.instances
    return [_rule_item(answers, instance, steps) for instance in instances] + questions


def _rule_item(answers: Answers, instance: Instance, steps: _Steps) -> Item:
    written = {part.slots[i] for part in instance.parts for i in part.form.writable}
    asked = sorted((each for slot in written for each in steps.get(slot, ())), key=itemgetter(0))
    return Item(
        tuple((answers.of_part(part.form), part.slots) for part in instance.parts),
        is_fair=instance.rule.is_fair,
        may_clash=instance.may_clash,
        steps=tuple((_asked_of_step(answers, question), bit) for _, question, bit in asked),
    )


def _asked_of_step(answers: Answers, question: Question) -> Asked:
    n_slots = len(answers.system.slots)
    slots = tuple(
        slot + n_slots * is_after
        for slot, is_after in zip(question.slots, question.is_after, strict=True)
    )
    return answers.of_question(question.form), slots
