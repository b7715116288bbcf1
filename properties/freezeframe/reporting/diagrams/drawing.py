"""What a drawing is, and how all of them look: fonts, colours, the header with its legend.

Owns every choice of looks that drawings share. It must not know what is drawn.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from freezeframe.protocol.language import Actor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from graphviz import Digraph

MARK: Final = "Written by `freezeframe draw`, which overwrites what is changed by hand."

FONT: Final = "Helvetica,Arial,sans-serif"
INK: Final = "#24292f"
FAINT: Final = "#57606a"
PLAIN_FILL: Final = "#f6f8fa"
ROAD_FILL: Final = "#ddf4ff"

ACTOR_COLOURS: Final = {
    Actor.CONTROLLER: "#0550ae",
    Actor.HYPERVISOR: "#0f766e",
    Actor.GUEST: "#8250df",
    Actor.CUSTOMER: "#9a6700",
    Actor.OPERATOR: "#1a7f37",
    Actor.FAULT: "#cf222e",
    Actor.TIME: FAINT,
}
"""Each at least 4.5 : 1 against white, the background of every drawing, in dark mode too."""

_WIDTH: Final = 24
"""Characters in a line of a node's small print."""


@dataclass(frozen=True)
class Drawing:
    """A picture in two languages. Both texts are the same from run to run, on every machine.

    `name` is the stem of its files.
    """

    name: str
    dot: str
    mermaid: str


def new_graph(
    name: str,
    title: str,
    legend: Iterable[tuple[str, str]] = (),
    note: str = "",
    **attributes: str,
) -> Digraph:
    """An empty directed graph with the common looks, headed by `title`, `note` and `legend`.

    `legend` holds (colour, meaning); `note` says how to read what no legend explains.
    """
    from graphviz import Digraph  # noqa: PLC0415 (only drawing pays for the import)

    graph = Digraph(name, comment=MARK)
    graph.attr(
        "graph",
        bgcolor="white",
        pad="0.3",
        fontname=FONT,
        labelloc="t",
        label=_header(title, note, tuple(legend)),
        **{"nodesep": "0.35", "ranksep": "0.5", **attributes},
    )
    graph.attr(
        "node",
        shape="box",
        style="rounded,filled",
        fillcolor=PLAIN_FILL,
        color=FAINT,
        fontcolor=INK,
        fontname=FONT,
        fontsize="12",
        margin="0.14,0.08",
    )
    graph.attr("edge", color=FAINT, fontcolor=INK, fontname=FONT, fontsize="10", arrowsize="0.7")
    return graph


def titled(name: str, text: str, width: int = _WIDTH) -> str:
    """The label of a node: its name, and below it what it means, in small print."""
    lines = "<br/>".join(escape(line) for line in textwrap.wrap(text, width))
    small = f'<br/><font point-size="9.5" color="{FAINT}">{lines}</font>' if lines else ""
    return f"<<b>{escape(name)}</b>{small}>"


def captioned(lines: Iterable[tuple[str, str]]) -> str:
    """The label of an edge: each of `lines`, given as (text, colour), clear of the line itself."""
    text = "<br/>".join(f'<font color="{colour}">{escape(line)}</font>' for line, colour in lines)
    return (
        '<<table border="0" cellborder="0" cellspacing="0" cellpadding="3">'
        f"<tr><td>{text}</td></tr></table>>"
    )


def mermaid_text(kind: str, lines: Iterable[str]) -> str:
    """A Mermaid diagram of `kind` with `lines`, marked as ours."""
    return "\n    ".join([f"%% {MARK}\n{kind}", *lines]) + "\n"


def actor_legend(actors: Iterable[Actor]) -> tuple[tuple[str, str], ...]:
    """A legend of the colours of `actors`, in the order of the protocol."""
    present = set(actors)
    return tuple((ACTOR_COLOURS[actor], actor.value) for actor in Actor if actor in present)


def line_colour(actors: Sequence[Actor]) -> str:
    """The colour of a line that belongs to `actors`; those of several run side by side."""
    return ":".join(ACTOR_COLOURS[actor] for actor in actors) or FAINT


def text_colour(actors: Sequence[Actor]) -> str:
    """The colour of a word that belongs to `actors`; a word of several is plain."""
    return ACTOR_COLOURS[actors[0]] if len(actors) == 1 else INK


def _header(title: str, note: str, legend: Sequence[tuple[str, str]]) -> str:
    keys = "".join(
        f'<td><font point-size="11" color="{colour}">&#9632;&nbsp;{escape(meaning)}</font></td>'
        for colour, meaning in legend
    )
    rows = [f'<font point-size="16" color="{INK}"><b>{escape(title)}</b></font>']
    if note:
        rows.append(f'<font point-size="11" color="{FAINT}">{escape(note)}</font>')
    if keys:
        rows.append(f'<table border="0" cellspacing="5"><tr>{keys}</tr></table>')
    cells = "".join(f"<tr><td>{row}</td></tr>" for row in rows)
    return f'<<table border="0" cellborder="0">{cells}</table>>'
