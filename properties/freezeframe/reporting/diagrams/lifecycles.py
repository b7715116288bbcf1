"""The lifecycles drawn: a node for each state, an edge for each row, in the colour of who takes it.

Reads the tables and the rules. It must not know any state or trigger by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from freezeframe.lifecycles import ALL, Lifecycle
from freezeframe.protocol.language import Actor, Rule

from .drawing import (
    ROAD_FILL,
    Drawing,
    actor_legend,
    captioned,
    line_colour,
    mermaid_text,
    new_graph,
    text_colour,
    titled,
)
from .takers import Trigger, takers_of

if TYPE_CHECKING:
    from graphviz import Digraph

FORK_FROM: Final = 4
"""Sources from which on the edges of one trigger meet in a point and go on as one."""

_GATHER_FROM: Final = 3
"""Sources from which on a state beside the main road counts as one where roads meet."""

_ROAD_BUILDERS: Final = {Actor.CONTROLLER, Actor.HYPERVISOR}


@dataclass(frozen=True)
class Chart:
    """A lifecycle and who takes its rows."""

    lifecycle: Lifecycle[Any]
    takers: Mapping[Trigger, tuple[Actor, ...]]

    @property
    def name(self) -> str:
        """The stem of its files."""
        return f"lifecycle-{self.lifecycle.name.replace(' ', '-').lower()}"

    @property
    def title(self) -> str:
        """What stands above it."""
        name = self.lifecycle.name
        return f"{name[0].upper()}{name[1:]} lifecycle"

    def actors(self, triggers: Iterable[str]) -> tuple[Actor, ...]:
        """Who pulls any of `triggers`."""
        found = {
            actor for each in triggers for actor in self.takers.get((self.lifecycle.name, each), ())
        }
        return tuple(actor for actor in Actor if actor in found)

    def edges(self) -> Mapping[tuple[StrEnum, StrEnum], list[str]]:
        """The triggers from each state to each other, in the order of the table."""
        found: dict[tuple[StrEnum, StrEnum], list[str]] = {}
        for source, trigger, destination in self.lifecycle.edges():
            found.setdefault((source, destination), []).append(trigger)
        return found

    def forks(self) -> Mapping[tuple[str, StrEnum], list[StrEnum]]:
        """The sources of each trigger that leads from at least `FORK_FROM` states to one."""
        found: dict[tuple[str, StrEnum], list[StrEnum]] = {}
        for source, trigger, destination in self.lifecycle.edges():
            found.setdefault((trigger, destination), []).append(source)
        return {key: sources for key, sources in found.items() if len(sources) >= FORK_FROM}

    def road(self) -> tuple[tuple[StrEnum, StrEnum], ...]:
        """The way of a maintenance without mishap, as steps from state to state.

        From the initial state it follows the first row of the table that controller or hypervisor
        takes to another state, until it comes to a state again.
        """
        states = [self.lifecycle.initial]
        while len(states) == len(set(states)):
            onward = (
                destination
                for source, trigger, destination in self.lifecycle.edges()
                if source is states[-1] is not destination
                and _ROAD_BUILDERS & set(self.actors([trigger]))
            )
            following = next(onward, None)
            if following is None:
                break
            states.append(following)
        return tuple(pairwise(states))

    def gathering(self) -> tuple[StrEnum, ...]:
        """The states beside the road to which several states lead; they are drawn side by side."""
        on_road = {state for step in self.road() for state in step}
        sources: dict[StrEnum, int] = {}
        for source, destination in self.edges():
            sources[destination] = sources.get(destination, 0) + (source is not destination)
        return tuple(
            state
            for state in self.lifecycle.states
            if state not in on_road and sources.get(state, 0) >= _GATHER_FROM
        )


def draw_lifecycles(rules: Sequence[Rule]) -> tuple[Drawing, ...]:
    """Each lifecycle, coloured by the actors of `rules`."""
    takers = takers_of(rules)
    charts = [Chart(lifecycle, takers) for lifecycle in ALL]
    return tuple(Drawing(chart.name, _dot(chart), _mermaid(chart)) for chart in charts)


def _dot(chart: Chart) -> str:
    lifecycle = chart.lifecycle
    everyone = chart.actors(row.trigger for row in lifecycle.rows)
    graph = new_graph(chart.name, chart.title, actor_legend(everyone))
    on_road = {state for step in chart.road() for state in step}
    for state in lifecycle.states:
        graph.node(
            state.value,
            titled(state.value, lifecycle.meanings[state]),
            penwidth="2.5" if state is lifecycle.initial else "1",
            **({"group": "road", "fillcolor": ROAD_FILL} if state in on_road else {}),
        )
    with graph.subgraph() as together:
        together.attr(rank="same")
        for state in chart.gathering():
            together.node(state.value)
    _draw_edges(graph, chart)
    _draw_forks(graph, chart)
    return str(graph.source)


def _draw_edges(graph: Digraph, chart: Chart) -> None:
    forks, road = chart.forks(), chart.road()
    for step, triggers in chart.edges().items():
        source, destination = step
        mine = [each for each in triggers if (each, destination) not in forks]
        if mine:
            width = "2.2" if len(chart.actors(mine)) == 1 else "1.5"
            emphasis = {"weight": "20", "penwidth": width} if step in road else {}
            caption = _caption(chart, mine)
            graph.edge(source.value, destination.value, caption, **_line(chart, mine), **emphasis)


def _draw_forks(graph: Digraph, chart: Chart) -> None:
    for (trigger, destination), sources in chart.forks().items():
        line = _line(chart, [trigger])
        graph.node(trigger, "", shape="point", width="0.06", color=line["color"])
        for source in sources:
            graph.edge(source.value, trigger, arrowhead="none", **line)
        graph.edge(trigger, destination.value, _caption(chart, [trigger]), **line)


def _caption(chart: Chart, triggers: Sequence[str]) -> str:
    return captioned((each, text_colour(chart.actors([each]))) for each in triggers)


def _line(chart: Chart, triggers: Sequence[str]) -> dict[str, str]:
    actors = chart.actors(triggers)
    reasons = {row.trigger: row.reason for row in chart.lifecycle.rows}
    told = "\n".join(f"{each}: {reasons[each]}" for each in triggers)
    return {
        "color": line_colour(actors),
        "style": "dashed" if actors == (Actor.FAULT,) else "solid",
        "tooltip": told,
        "labeltooltip": told,
    }


def _mermaid(chart: Chart) -> str:
    lifecycle = chart.lifecycle
    lines = [
        *(f'state "{state.value}" as {_identifier(state)}' for state in lifecycle.states),
        f"[*] --> {_identifier(lifecycle.initial)}",
    ]
    for (source, destination), triggers in chart.edges().items():
        step = f"{_identifier(source)} --> {_identifier(destination)}"
        lines.append(f"{step} : {', '.join(triggers)}")
    return mermaid_text("stateDiagram-v2", lines)


def _identifier(state: StrEnum) -> str:
    return state.value.replace(" ", "_")
