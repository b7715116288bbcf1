"""An explored space as a graph that other programs can read, for spaces small enough to look at.

Owns what a node and an edge carry. It must not know how the space was explored.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast, get_type_hints

from freezeframe.checking.counterexamples import WAIT
from freezeframe.fleet import FreezeframeError
from freezeframe.properties import Kind
from freezeframe.protocol.language import Actor, Clock

from . import kernel

if TYPE_CHECKING:
    from networkx import MultiDiGraph

    from .space import Space

STATES_MAX: Final = 5_000
"""States of the largest space that is written; layout programs give up at about as many."""

_FORMATS: Final = (".dot", ".graphml")

_COLOURS: Final = {"fillcolor": "#ffe3e3", "color": "#c92a2a"}
"""What marks a state that breaks a promise."""


class GraphError(FreezeframeError):
    """A space that cannot be written as a graph; the text says why and what to do."""


def to_networkx(space: Space) -> MultiDiGraph:
    """Every explored state as a node, numbered in breadth-first order, and every step as an edge.

    A node carries `level` (steps from the initial state), `violated` (names of promises broken in
    it or by a step from it, joined by commas), `is_stuck` (nothing that can be relied upon changes
    anything any more), `is_expanded` (its steps are there), and a text for each variable of each
    component, called `component variable`; no two nodes have the same texts. An edge carries `rule`
    (`wait` for one unit of time), `actor`, and `subjects`, joined by blanks.

    Raises `GraphError` for more than `STATES_MAX` states.
    """
    from networkx import MultiDiGraph  # noqa: PLC0415 (only graphs pay for the import)

    refuse_too_many(space.n_states)
    graph = MultiDiGraph(fleet=space.tables.system.fleet.name)
    for number in range(space.n_states):
        graph.add_node(number, **_node(space, number))
    for number in range(space.n_expanded):
        for edge in range(int(space.edge_start[number]), int(space.edge_start[number + 1])):
            graph.add_edge(number, int(space.edge_to[edge]), **_edge(space, edge))
    return graph


def write_graph(space: Space, path: Path) -> None:
    """Write `space` as DOT or GraphML, as the suffix of `path` says.

    Raises `GraphError` for another suffix, for too many states, and if the file cannot be written.
    """
    refuse_other_formats(path)
    text = _dot(space) if path.suffix == ".dot" else _graphml(space)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise GraphError(f"graph: cannot write {path}: {error.strerror}") from error


def refuse_other_formats(path: Path) -> None:
    """Raise `GraphError` unless the suffix of `path` names a format that can be written."""
    if path.suffix not in _FORMATS:
        raise GraphError(f"graph: expected a file name in {' or '.join(_FORMATS)}, found {path}")


def refuse_too_many(states: int) -> None:
    """Raise `GraphError` for more states than can be written; a search may ask as it goes."""
    if states > STATES_MAX:
        raise GraphError(
            f"graph: expected at most {STATES_MAX:,} states, found {states:,}; "
            "check a smaller fleet, or stop the search with --max-states"
        )


def _node(space: Space, number: int) -> dict[str, Any]:
    is_expanded = number < space.n_expanded
    mark = int(space.marks[number]) if is_expanded else 0
    return {
        "level": space.level_of(number),
        "violated": ", ".join(
            prop.name
            for bit, prop in enumerate(space.tables.properties)
            if prop.kind is Kind.ALWAYS and mark >> bit & 1
        ),
        "is_stuck": bool(mark & kernel.STUCK),
        "is_expanded": is_expanded,
        **_variables(space, number),
    }


def _variables(space: Space, number: int) -> dict[str, str]:
    system = space.tables.system
    told = {}
    for slot, value in zip(system.slots, space.state(number), strict=True):
        kinds = get_type_hints(slot.kind)
        for name, item in zip(slot.kind.FIELDS, value, strict=True):
            if kinds[name] is Clock:
                text = f"{system.settings.seconds(cast('int', item)):g} s"
            else:
                text = str(item.value if isinstance(item, StrEnum) else item).lower()
            told[f"{slot.label} {name.replace('_', ' ')}"] = text
    return told


def _edge(space: Space, edge: int) -> dict[str, str]:
    instance = space.instance(int(space.edge_by[edge]))
    if instance is None:
        return {"rule": WAIT, "actor": Actor.TIME.value, "subjects": ""}
    return {
        "rule": instance.rule.name,
        "actor": instance.rule.actor.value,
        "subjects": " ".join(instance.subjects),
    }


def _graphml(space: Space) -> str:
    from networkx import generate_graphml  # noqa: PLC0415 (likewise)

    return "\n".join(generate_graphml(to_networkx(space))) + "\n"


def _dot(space: Space) -> str:
    """DOT with all that `to_networkx` knows; a label tells what differs from the initial state."""
    from graphviz import Digraph  # noqa: PLC0415 (likewise)

    graph = to_networkx(space)
    drawing = Digraph(space.tables.system.fleet.name, node_attr={"shape": "box", "style": "filled"})
    drawing.attr("node", fillcolor="#ffffff", fontname="Helvetica,Arial,sans-serif")
    drawing.attr("edge", fontname="Helvetica,Arial,sans-serif", fontsize="10")
    initial = graph.nodes[0]
    for number, node in graph.nodes(data=True):
        told = [
            f"{name.removesuffix(' status')} {value}"
            for name, value in node.items()
            if " " in name and initial.get(name) != value
        ]
        label = "\n".join([str(number), *([node["violated"]] if node["violated"] else []), *told])
        colours = _COLOURS if node["violated"] else {}
        drawing.node(str(number), _literal(label), **_texts(node), **colours)
    for source, to, edge in graph.edges(data=True):
        label = f"{edge['rule']} {edge['subjects']}".strip()
        drawing.edge(str(source), str(to), _literal(label), **_texts(edge))
    return str(drawing.source)


def _texts(attributes: dict[str, Any]) -> dict[str, str]:
    return {name: _literal(str(value)) for name, value in attributes.items()}


def _literal(text: str) -> str:
    """The text as it is, whatever of it would be an escape or HTML in DOT."""
    from graphviz import escape  # noqa: PLC0415 (likewise)

    return str(escape(text)).replace("\n", "\\n")
