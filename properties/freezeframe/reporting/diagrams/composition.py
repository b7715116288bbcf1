"""The composition drawn: the kinds of components, and which actors' rules touch them.

Reads what the rules are grounded to. It must not know any rule, actor or component by name.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final

from freezeframe.fleet import example
from freezeframe.protocol.components import Component
from freezeframe.protocol.language import Actor
from freezeframe.protocol.system import System

from .drawing import (
    ACTOR_COLOURS,
    ROAD_FILL,
    Drawing,
    mermaid_text,
    new_graph,
    titled,
)

if TYPE_CHECKING:
    from graphviz import Digraph

    from freezeframe.fleet import Fleet
    from freezeframe.protocol.policies import Policy

RICH_EXAMPLE: Final = "eventful"
"""An example in which every rule has something to be about, once everything may happen."""

_NAME: Final = "composition"
_TITLE: Final = "Who may touch what"
_NOTE: Final = (
    "left: actors who are relied upon; right: actors who may act or not; "
    "the thicker a line, the more rules"
)
_RULES_WIDTH: Final = 34
_KIND_WIDTH: Final = 28
_TICK: Final = "one unit passes"


@dataclass(frozen=True)
class Composition:
    """For each actor, its rules and the kinds of components that each of them touches."""

    touched: Mapping[Actor, Mapping[str, frozenset[type[Component]]]]
    reliable: frozenset[Actor]
    """Those with at least one rule that is taken at last if it is possible again and again."""
    kinds: tuple[type[Component], ...]

    def rules_on(self, actor: Actor, kind: type[Component]) -> tuple[str, ...]:
        """The rules of `actor` that touch components of `kind`."""
        return tuple(rule for rule, kinds in self.touched[actor].items() if kind in kinds)


def composition_of(policy: Policy) -> Composition:
    """The composition under `policy`, from every rule grounded to a fleet where all may happen."""
    system = System(_anything_goes(example(RICH_EXAMPLE)), policy)
    touched: dict[Actor, dict[str, frozenset[type[Component]]]] = {actor: {} for actor in Actor}
    for instance in system.instances:
        mine = {kind for part in instance.parts for kind in part.form.kinds}
        rules = touched[instance.rule.actor]
        rules[instance.rule.name] = rules.get(instance.rule.name, frozenset()) | mine
    kinds = tuple(dict.fromkeys(slot.kind for slot in system.slots))
    ticking = frozenset(kind for kind in kinds if kind.tick is not Component.tick)
    touched[Actor.TIME][_TICK] = ticking
    fair = {instance.rule.actor for instance in system.instances if instance.rule.is_fair}
    return Composition(touched, frozenset(fair | {Actor.TIME}), kinds)


def draw_composition(policy: Policy) -> Drawing:
    """Actors whom the protocol relies upon on the left, the others on the right."""
    composition = composition_of(policy)
    return Drawing(_NAME, _dot(composition), _mermaid(composition))


def kind_name(kind: type[Component]) -> str:
    """How a kind of component is called.

    >>> from freezeframe.protocol.components import AvailabilitySet
    >>> kind_name(AvailabilitySet)
    'availability set'
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__)
    return words if words.isupper() else words.lower()


def _anything_goes(fleet: Fleet) -> Fleet:
    """The fleet with each fault, customer's and operator's action allowed once."""
    groups = ("faults", "customer", "operator")
    allowed = {
        group: replace(
            getattr(fleet, group), **{each.name: 1 for each in fields(getattr(fleet, group))}
        )
        for group in groups
    }
    return replace(fleet, **allowed)


def _dot(composition: Composition) -> str:
    graph = new_graph(_NAME, _TITLE, note=_NOTE, rankdir="LR", ranksep="1.9", nodesep="0.22")
    with graph.subgraph() as middle:
        middle.attr(rank="same")
        for kind in composition.kinds:
            sentence = " ".join(inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0].split())
            label = titled(kind_name(kind), sentence.rstrip("."), _KIND_WIDTH)
            middle.node(kind.__name__, label, fillcolor=ROAD_FILL)
    for is_left in (True, False):
        with graph.subgraph() as side:
            side.attr(rank="same")
            for actor in composition.touched:
                if (actor in composition.reliable) is is_left:
                    _draw_actor(side, composition, actor)
    for actor in composition.touched:
        for kind in composition.kinds:
            if rules := composition.rules_on(actor, kind):
                _draw_touch(graph, composition, actor, kind, rules)
    return str(graph.source)


def _draw_actor(graph: Digraph, composition: Composition, actor: Actor) -> None:
    rules = ", ".join(name.replace("_", " ") for name in composition.touched[actor])
    colour = ACTOR_COLOURS[actor]
    graph.node(
        actor.value, titled(actor.value, rules, _RULES_WIDTH), color=colour, fontcolor=colour
    )


def _draw_touch(
    graph: Digraph,
    composition: Composition,
    actor: Actor,
    kind: type[Component],
    rules: tuple[str, ...],
) -> None:
    looks = {
        "color": ACTOR_COLOURS[actor],
        "penwidth": f"{1 + len(rules) / 8:.2f}",
        "tooltip": f"{actor.value}, {kind_name(kind)}: {', '.join(rules)}",
    }
    if actor in composition.reliable:
        graph.edge(f"{actor.value}:e", kind.__name__, **looks)
    else:
        graph.edge(kind.__name__, f"{actor.value}:w", dir="back", **looks)


def _mermaid(composition: Composition) -> str:
    lines = [f"{kind.__name__}[{kind_name(kind)}]" for kind in composition.kinds]
    for actor in composition.touched:
        lines.append(f"by_{actor.value}([{actor.value}])")
        for kind in composition.kinds:
            count = len(composition.rules_on(actor, kind))
            if count:
                noun = "rule" if count == 1 else "rules"
                lines.append(f"by_{actor.value} -->|{count} {noun}| {kind.__name__}")
    return mermaid_text("flowchart LR", lines)
