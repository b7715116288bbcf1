"""The four readings of each lifecycle agree: table, live machine, diagrams, explorer."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from tests.fleets import COARSE, WEB, WEB_0, WEB_1, A, B, one_vm, span

from freezeframe.checking.search.coverage import pulls_taken
from freezeframe.checking.search.explorer import explore
from freezeframe.fleet import (
    CustomerActions,
    Faults,
    Limits,
    OperatorActions,
    Update,
    UpdateKind,
)
from freezeframe.lifecycles import ALL, Lifecycle, machine
from freezeframe.protocol.policies import load_policy
from freezeframe.protocol.system import System
from freezeframe.reporting.diagrams import Drawing, drawings

Edges = set[tuple[str, str, str]]

EACH_LIFECYCLE = pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)

SMALL = one_vm(
    vms=(WEB_0,),
    availability_sets=(WEB,),
    timing=replace(COARSE, update=span(5, 5), recovery=span(0, 5)),
)
FLEETS = (
    replace(
        SMALL,
        name="two hosts of a domain",
        hosts=(A, B),
        vms=(WEB_0, replace(WEB_1, update_domain=0)),
        operator=OperatorActions(cancel=1),
    ),
    replace(
        SMALL,
        name="power",
        faults=Faults(power_loss=1, update_failure=1),
        customer=CustomerActions(start=1, delete=1),
    ),
    replace(SMALL, name="failures", faults=Faults(pause_failure=1, resume_failure=1)),
    replace(SMALL, name="crash", faults=Faults(vm_crash=1)),
    replace(SMALL, name="I/O error", faults=Faults(io_error=1)),
    replace(SMALL, name="approvals", customer=CustomerActions(approve_again=2)),
    replace(SMALL, name="customer", customer=CustomerActions(create=1, delete=1, start=1, stop=1)),
    replace(
        SMALL,
        name="hang, and a customer's own pause",
        faults=Faults(update_hang=1),
        customer=CustomerActions(suspend=1),
    ),
    replace(
        SMALL,
        name="disruptive",
        update=Update(UpdateKind.DISRUPTIVE),
        customer=CustomerActions(suspend=1),
    ),
    replace(
        SMALL,
        name="a pause that takes long",
        timing=replace(SMALL.timing, pause=span(0, 15)),
        limits=Limits(pause_ms=20_000, notice_ms=5_000),
    ),
)
"""Small fleets that between them take every row of every lifecycle."""


@cache
def taken() -> frozenset[tuple[str, str, str]]:
    policy = load_policy("one-update-domain")
    return frozenset().union(*(pulls_taken(explore(System(fleet, policy))) for fleet in FLEETS))


def edges_of_table(table: Lifecycle[Any]) -> Edges:
    return {
        (source.value, row.trigger, row.destination.value)
        for row in table.rows
        for source in row.sources
    }


def drawing_of(table: Lifecycle[Any]) -> Drawing:
    name = f"lifecycle-{table.name.lower().replace(' ', '-')}"
    return next(each for each in drawings("one-update-domain") if each.name == name)


def edges_in_dot(dot: str, states: set[str]) -> Edges:
    """Read DOT as its reader would: an edge into a point goes on where the point's edge goes."""
    name = r'("[^"]*"|\w+)'
    drawn = [
        (source.strip('"'), re.findall(r">([a-z_]+)</font>", rest), to.strip('"'))
        for source, to, rest in re.findall(rf"^\s*{name} -> {name}(.*)$", dot, re.MULTILINE)
    ]
    assert len(drawn) == dot.count(" -> ")
    through = {source: (triggers, to) for source, triggers, to in drawn if source not in states}
    found: Edges = set()
    for source, triggers, to in drawn:
        if source in states:
            labels, end = through.get(to, (triggers, to))
            assert labels, f"an edge from {source} without a label"
            found |= {(source, trigger, end) for trigger in labels}
    return found


@EACH_LIFECYCLE
def test_the_live_machine_has_the_edges_of_the_table(table: Lifecycle[Any]) -> None:
    found = {
        (table.states[source].value, trigger, table.states[change.dest].value)
        for trigger, event in machine(table).events.items()
        for source, changes in event.transitions.items()
        for change in changes
    }
    assert found == edges_of_table(table)


@EACH_LIFECYCLE
def test_the_dot_diagram_has_the_edges_of_the_table(table: Lifecycle[Any]) -> None:
    states = {state.value for state in table.states}
    assert edges_in_dot(drawing_of(table).dot, states) == edges_of_table(table)


@EACH_LIFECYCLE
def test_the_dot_diagram_shows_every_state_with_its_meaning(table: Lifecycle[Any]) -> None:
    dot = drawing_of(table).dot.replace("<br/>", " ").replace("&#x27;", "'")
    for state, meaning in table.meanings.items():
        assert f"<b>{state.value}</b>" in dot
        assert meaning in dot


@EACH_LIFECYCLE
def test_the_mermaid_diagram_has_the_edges_of_the_table(table: Lifecycle[Any]) -> None:
    text = drawing_of(table).mermaid
    names = {short: name for name, short in re.findall(r'state "([^"]+)" as (\w+)', text)}
    found = {
        (names[source], trigger, names[to])
        for source, to, triggers in re.findall(r"(\w+) --> (\w+) : (.+)", text)
        for trigger in triggers.split(", ")
    }
    assert found == edges_of_table(table)
    assert names[re.findall(r"\[\*\] --> (\w+)", text)[0]] == table.initial.value


@EACH_LIFECYCLE
def test_small_fleets_take_every_row_of_the_table(table: Lifecycle[Any]) -> None:
    explored = {
        (source, trigger, table.destination(table.states(source), trigger).value)
        for lifecycle, source, trigger in taken()
        if lifecycle == table.name
    }
    assert explored == edges_of_table(table)
