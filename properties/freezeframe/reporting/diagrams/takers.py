"""Who takes the rows of the lifecycles: the actors of the rules that pull each trigger.

Reads the rules' own text, since a drawing is of all that could be pulled and not of what one fleet
does. It must not know how anything is drawn.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, get_type_hints

from freezeframe.lifecycles import ALL, Lifecycle
from freezeframe.protocol.components import Component
from freezeframe.protocol.language import Actor, Rule
from freezeframe.protocol.topology import components_of

Trigger = tuple[str, str]
"""(lifecycle, trigger)"""

Kinds = Mapping[str, type[Component]]
"""The kind of component that each name of a function stands for."""


def takers_of(rules: Sequence[Rule]) -> Mapping[Trigger, tuple[Actor, ...]]:
    """For each trigger that `rules` may pull, who pulls it, in the order of the protocol's actors.

    A trigger counts as pulled where a function of a rule, or a method that it calls of one of its
    components, hands the trigger's name to such a method as a literal.
    """
    found: dict[Trigger, set[Actor]] = {}
    for rule in rules:
        for function in (rule.head, *rule.each):
            for pulled in _pulled_by(function, components_of(function)):
                found.setdefault(pulled, set()).add(rule.actor)
    return {
        pulled: tuple(actor for actor in Actor if actor in actors)
        for pulled, actors in found.items()
    }


def lifecycle_of(kind: type[Component]) -> Lifecycle[Any] | None:
    """The lifecycle that a component of `kind` goes through, if it has one."""
    states = get_type_hints(kind).get("status")
    return next((lifecycle for lifecycle in ALL if lifecycle.states is states), None)


def _pulled_by(function: Callable[..., Any], kinds: Kinds) -> Iterator[Trigger]:
    for call in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        if not (isinstance(call.func.value, ast.Name) and call.func.value.id in kinds):
            continue
        kind = kinds[call.func.value.id]
        yield from _named_in(call, kind)
        method = getattr(kind, call.func.attr)
        yield from _pulled_by(method, {**components_of(method), "self": kind})


def _named_in(call: ast.Call, kind: type[Component]) -> Iterator[Trigger]:
    lifecycle = lifecycle_of(kind)
    if lifecycle is None:
        return
    triggers = {row.trigger for row in lifecycle.rows}
    for argument in call.args:
        for node in ast.walk(argument):
            if isinstance(node, ast.Constant) and node.value in triggers:
                yield lifecycle.name, str(node.value)
