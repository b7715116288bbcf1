"""A naive search of what can happen to a fleet: the rules, run as plainly as can be.

It takes the grounded functions of a `System` and nothing else of it: it builds components, calls
the functions, and collects what they did, with neither tables nor memory of earlier calls. Whatever
searches faster must agree with it. It must not know how the search under test works.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import networkx as nx

from freezeframe.lifecycles import LifecycleError
from freezeframe.properties import ALL, Kind, Property, Scope
from freezeframe.protocol.components import VM, Component, Host, Value
from freezeframe.protocol.instances import Instance
from freezeframe.protocol.language import Blocked, Evaluation, Waiting, evaluating
from freezeframe.protocol.system import State, System
from freezeframe.protocol.topology import Grounding
from freezeframe.protocol.views import VIEWED, view_of

AFTER = "after"
Edge = tuple[int | None, int]
"""(number of the instance, None for time; number of the state it leads to)."""


@dataclass
class Graph:
    """All that can happen: states in the order of discovery, and the edges of each."""

    states: list[State]
    depth_of: list[int]
    edges: list[list[Edge]]
    fired: set[str] = field(default_factory=set)
    """Rules that some edge takes."""
    rows: set[tuple[str, str, str]] = field(default_factory=set)
    """Rows of lifecycles that some edge takes."""
    guards: dict[str, set[bool]] = field(default_factory=lambda: defaultdict(set))
    """How each guard was answered."""

    @property
    def transitions(self) -> int:
        """How many edges there are, those that lead back to their own state included."""
        return sum(map(len, self.edges))


def search(system: System) -> Graph:
    """Everything that can happen in `system`, breadth first."""
    initial = tuple(slot.initial for slot in system.slots)
    graph = Graph([initial], [0], [])
    number_of = {initial: 0}
    for number, state in enumerate(graph.states):  # grows while it is walked
        graph.edges.append([])
        for by, after in _steps(system, graph, state):
            if after not in number_of:
                number_of[after] = len(graph.states)
                graph.states.append(after)
                graph.depth_of.append(graph.depth_of[number] + 1)
            graph.edges[number].append((by, number_of[after]))
    return graph


def _steps(system: System, graph: Graph, state: State) -> Iterator[tuple[int | None, State]]:
    is_anything_due = False
    for by, instance in enumerate(system.instances):
        found = _taken(system, graph, state, instance)
        if found is not None:
            after, is_due = found
            is_anything_due = is_anything_due or is_due
            graph.fired.add(instance.rule.name)
            yield by, after
    if not is_anything_due:
        yield None, _later(system, state)


def _taken(
    system: System, graph: Graph, state: State, instance: Instance
) -> tuple[State, bool] | None:
    """The state after `instance`, and whether time must wait for it; None if it is not possible."""
    written: dict[int, Value] = {}
    is_due = False
    pulls: list[tuple[str, str, str]] = []
    for part in instance.parts:
        form = part.form
        handles: dict[Any, Any] = {
            position: form.kinds[position](state[slot]) for position, slot in enumerate(part.slots)
        }
        if any(handles[position].place != seat for position, seat in form.seats):
            if form.blocks_elsewhere:
                return None
            continue
        evaluation = Evaluation(
            form.rule, system.settings.spans, system.settings.deadlines, system.without
        )
        arguments = [handles[value] if is_slot else value for is_slot, value in form.arguments]
        try:
            with evaluating(evaluation):
                form.function(*arguments)
        except (Blocked, Waiting, LifecycleError):
            return None
        finally:
            for guard, answer in evaluation.guards:
                graph.guards[guard].add(answer)
        is_due = is_due or evaluation.due
        pulls += evaluation.pulls
        for position, slot in enumerate(part.slots):
            value = handles[position].freeze()
            if value != state[slot]:
                assert slot not in written, f"{instance}: two functions change slot {slot}"
                written[slot] = value
    graph.rows.update(pulls)
    return tuple(written.get(slot, value) for slot, value in enumerate(state)), is_due


def _later(system: System, state: State) -> State:
    """One unit of time later."""
    handles = [slot.kind(value) for slot, value in zip(system.slots, state, strict=True)]
    for handle in handles:
        handle.tick(system.settings, 1)
    return tuple(handle.freeze() for handle in handles)


def broken(system: System, graph: Graph, properties: Sequence[Property] = ALL) -> dict[str, int]:
    """The properties that are broken, with the least depth of a state where one is.

    Those of the kinds `sometimes` and `eventually`, which are not broken in a state, have depth -1.
    """
    found = {}
    for prop in properties:
        where = _where_broken(system, graph, prop)
        if where is not None:
            found[prop.name] = where
    return found


def _where_broken(system: System, graph: Graph, prop: Property) -> int | None:
    if prop.scope is Scope.STANDSTILL:
        numbers = (
            n for n in range(len(graph.states)) if not _is_kept_at_rest(system, graph, prop, n)
        )
        return min((graph.depth_of[number] for number in numbers), default=None)
    tuples = list(_tuples(system, prop))
    if prop.scope is Scope.STEP:
        depths = [
            graph.depth_of[number]
            for number, edges in enumerate(graph.edges)
            for _, to in edges
            if not all(
                _holds(system, prop, each, graph.states[number], graph.states[to])
                for each in tuples
            )
        ]
        return min(depths, default=None)
    truth = [
        [_holds(system, prop, each, state, state) for each in tuples] for state in graph.states
    ]
    if prop.kind is Kind.ALWAYS:
        return min(
            (depth for depth, row in zip(graph.depth_of, truth, strict=True) if not all(row)),
            default=None,
        )
    if prop.kind is Kind.SOMETIMES:
        return None if any(map(any, truth)) else -1
    never = (
        _can_avoid(system, graph, {number for number, row in enumerate(truth) if not row[each]})
        for each in range(len(tuples))
    )
    return -1 if any(never) else None


def _tuples(system: System, prop: Property) -> Iterator[Grounding]:
    """Every related tuple that `prop` is asked of."""
    omit = frozenset({AFTER}) if prop.scope is Scope.STEP else frozenset()
    for grounding in system.topology.ground(prop.predicate, kinds=VIEWED, omit=omit):
        slots = [system.slots[slot] for slot in grounding.slots]
        vms = [system.topology.vms[slot.names[0]] for slot in slots if slot.kind is VM]
        if prop.where is None or prop.where(*vms):
            yield grounding


def _holds(
    system: System, prop: Property, grounding: Grounding, before: State, after: State
) -> bool:
    handles: dict[Any, Any] = {
        position: system.slots[slot].kind(before[slot])
        for position, slot in enumerate(grounding.slots)
    }
    if any(handles[position].place != seat for position, seat in grounding.seats):
        return True
    arguments: list[Any] = [
        view_of(handles[value], system.settings) if is_slot else value
        for is_slot, value in grounding.arguments
    ]
    if prop.scope is Scope.STEP:
        last = grounding.slots[-1]
        arguments.append(view_of(system.slots[last].kind(after[last]), system.settings))
    return prop.predicate(*arguments)


def _is_kept_at_rest(system: System, graph: Graph, prop: Property, number: int) -> bool:
    """Whether something reliable changes the state `number`, or `prop` is content with it."""
    for by, to in graph.edges[number]:
        is_fair = by is None or system.instances[by].rule.is_fair
        if is_fair and to != number:
            return True
    hosts: list[Component] = [
        slot.kind(value)
        for slot, value in zip(system.slots, graph.states[number], strict=True)
        if slot.kind is Host
    ]
    return prop.predicate(tuple(view_of(host, system.settings) for host in hosts))


def _can_avoid(system: System, graph: Graph, states: set[int]) -> bool:
    """Whether a strongly fair run can stay in `states` for ever.

    Such a run comes to visit just the states of some strongly connected part again and again. If
    something reliable is possible in one of them and never happens among them, then that one cannot
    be visited again and again; the parts of what remains are asked in turn.
    """
    if any(not graph.edges[number] for number in states):
        return True
    inside = nx.DiGraph()
    inside.add_edges_from((n, to) for n in states for _, to in graph.edges[n] if to in states)
    for part in nx.strongly_connected_components(inside):
        done = {by for n in part for by, to in graph.edges[n] if to in part}
        if not done:
            continue
        impatient = {
            n
            for n in part
            for by, _ in graph.edges[n]
            if by not in done and (by is None or system.instances[by].rule.is_fair)
        }
        if not impatient or _can_avoid(system, graph, part - impatient):
            return True
    return False
