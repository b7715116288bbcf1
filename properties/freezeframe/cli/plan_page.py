"""How a plan is told: as a page, as one JSON object, and as a picture.

It must not know how a plan is made, nor where the words go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from freezeframe.maintenance.planning import Plan, Separation, Wave
from freezeframe.reporting.layout import Line, Span, Style, paragraph, table
from freezeframe.reporting.words import count_text, seconds_text

NAMED_MAX: Final = 8
"""Hosts or domains that a wave of the page names; the JSON object has all of them."""

FORCING_MAX: Final = 4
"""Sets that are named for one separation."""

SEPARATIONS_MAX: Final = 30
"""Separations that the page tells."""

PICTURED_MAX: Final = 60
"""Hosts up to which a picture shows each of them; of more it shows the waves alone."""

LINES_MAX: Final = 120
"""Lines that a picture has at most: more say nothing to the eye, and dot takes for ever."""

_FILLS: Final = ("#ddf4ff", "#dafbe1", "#fff8c5", "#ffeff7", "#fbefff", "#ffe2d5", "#eaeef2")


def plan_page(plan: Plan, *, width: int) -> list[Line]:
    """The waves with their times, and what forces each two of them apart."""
    lines = paragraph(_heading(plan), width=width, style=Style.TITLE)
    lines.append(())
    rows: list[list[list[Span] | str]] = [
        [[Span(text, Style.FAINT)] for text in ("wave", "from", "to", "hosts", "domains")]
    ]
    rows += [_row(number, wave) for number, wave in enumerate(plan.waves, start=1)]
    lines += [
        line for row in table(rows, width=width, wraps=(3, 4), right=(0, 1, 2)) for line in row
    ]
    lines.append(())
    for told in _told(plan):
        lines += paragraph(told, width=width, hanging=2)
    lines += paragraph(
        "Times are the least that the fleet's timing allows, if every guest approves at once. "
        f"If all wait for their notice: {seconds_text(plan.least_with_notice_ms / 1000)}.",
        width=width,
        style=Style.FAINT,
    )
    return lines


def plan_object(plan: Plan) -> dict[str, Any]:
    """The same as one object; waves are numbered from 1."""
    return {
        "fleet": plan.fleet,
        "policy": plan.policy,
        "waves": [
            {
                "hosts": list(wave.hosts),
                "domains": dict(wave.domains),
                "starts_at_seconds": wave.starts_at_ms / 1000,
                "ends_at_seconds": wave.ends_at_ms / 1000,
            }
            for wave in plan.waves
        ],
        "waves_min": plan.waves_min,
        "is_minimal": plan.is_minimal,
        "least_seconds": plan.least_ms / 1000,
        "least_seconds_with_notice": plan.least_with_notice_ms / 1000,
        "separations": [
            {"waves": [each.one + 1, each.other + 1], "sets": list(each.sets)}
            for each in plan.separations
        ],
    }


def plan_dot(plan: Plan) -> str:
    """The conflicts between hosts, or between waves where there are many hosts or conflicts, in
    DOT; where the waves have too many as well, the waves alone, in their order.
    """
    from graphviz import Graph, escape  # noqa: PLC0415 (only a picture pays for it)

    shows_hosts = sum(len(wave.hosts) for wave in plan.waves) <= PICTURED_MAX
    edges = _host_edges(plan) if shows_hosts else _wave_edges(plan)
    if shows_hosts and len(edges) > LINES_MAX:
        shows_hosts, edges = False, _wave_edges(plan)
    drawing = Graph("plan", node_attr={"shape": "box", "style": "filled,rounded"})
    title = escape(_heading(plan))
    if len(edges) > LINES_MAX:
        title += f"\\n{len(edges):,} pairs of waves are apart, too many to draw"
    drawing.attr(label=title, labelloc="t", fontname="Helvetica,Arial,sans-serif")
    drawing.attr("node", fontname="Helvetica,Arial,sans-serif", color="#57606a")
    drawing.attr("edge", fontname="Helvetica,Arial,sans-serif", fontsize="10", color="#57606a")
    for number, wave in enumerate(plan.waves):
        fill = _FILLS[number % len(_FILLS)]
        if not shows_hosts:
            text = f"wave {number + 1}\n{count_text(len(wave.hosts), 'host')}"
            drawing.node(f"wave {number}", escape(text).replace("\n", "\\n"), fillcolor=fill)
            continue
        with drawing.subgraph(name=f"cluster_{number}") as part:
            part.attr(label=f"wave {number + 1}", labeljust="l", color="#d0d7de")
            for host in wave.hosts:
                part.node(f"host {host}", escape(host), fillcolor=fill)
    if len(edges) > LINES_MAX:
        for number in range(1, len(plan.waves)):
            drawing.edge(f"wave {number - 1}", f"wave {number}", dir="forward")
    else:
        for (one, other), sets in edges.items():
            drawing.edge(one, other, escape(_listed(sets, FORCING_MAX)))
    return str(drawing.source)


def _heading(plan: Plan) -> str:
    waves = count_text(len(plan.waves), "wave")
    if plan.is_minimal:
        known = "fewer are not possible" if len(plan.waves) > 1 else "all hosts at once"
    else:
        known = f"at least {plan.waves_min} are needed"
    least = seconds_text(plan.least_ms / 1000)
    return f"{plan.fleet}, under {plan.policy}: {waves} ({known}), at least {least}"


def _row(number: int, wave: Wave) -> list[list[Span] | str]:
    domains = [f"{name} {domain}" for name, domain in wave.domains.items()]
    return [
        str(number),
        seconds_text(wave.starts_at_ms / 1000),
        seconds_text(wave.ends_at_ms / 1000),
        _listed(wave.hosts),
        _listed(domains),
    ]


def _told(plan: Plan) -> Iterator[str]:
    for each in plan.separations[:SEPARATIONS_MAX]:
        yield f"Waves {each.one + 1} and {each.other + 1} are apart for {_forced(plan, each)}."
    more = len(plan.separations) - SEPARATIONS_MAX
    if more > 0:
        yield f"And {more} more pairs of waves are apart; --json has all of them."


def _forced(plan: Plan, apart: Separation) -> str:
    one, other = (plan.waves[number].domains for number in (apart.one, apart.other))
    sets = [f"{name} (domains {one[name]} and {other[name]})" for name in apart.sets]
    return _listed(sets, FORCING_MAX)


def _host_edges(plan: Plan) -> Mapping[tuple[str, str], tuple[str, ...]]:
    from freezeframe.maintenance.colouring import conflict_graph  # noqa: PLC0415 (imports networkx)

    graph = conflict_graph(plan.carried)
    return {(f"host {one}", f"host {other}"): sets for one, other, sets in graph.edges(data="sets")}


def _wave_edges(plan: Plan) -> Mapping[tuple[str, str], tuple[str, ...]]:
    return {(f"wave {each.one}", f"wave {each.other}"): each.sets for each in plan.separations}


def _listed(names: tuple[str, ...] | list[str], most: int = NAMED_MAX) -> str:
    more = len(names) - most
    shown = names if more <= 0 else names[:most]
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
