"""A naive search of what can happen to a fleet: the rules, run as plainly as can be.

It takes the grounded functions of a `System` and nothing else of it: it builds components, calls
the functions, and collects what they did, with neither tables nor memory of earlier calls. Whatever
searches faster must agree with it. It must not know how the search under test works.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_type_hints

import networkx as nx

from freezeframe.lifecycles import LifecycleError
from freezeframe.properties import ALL, Kind, Property, Scope
from freezeframe.protocol.components import VM, Value
from freezeframe.protocol.instances import Instance
from freezeframe.protocol.language import Blocked, Clock, Evaluation, Waiting, evaluating
from freezeframe.protocol.system import State, System
from freezeframe.protocol.topology import Grounding
from freezeframe.protocol.views import VIEWED, view_of

AFTER = "after"
NOWHERE = -1
"""Where an edge leads that is never taken."""
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
        if not form.is_cut_short:
            is_due = is_due or evaluation.due
            pulls += evaluation.pulls
        for position, slot in enumerate(part.slots):
            value = handles[position].freeze()
            if form.is_cut_short and value != state[slot]:
                value = form.kinds[position].journalled(state[slot], value)
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
    tuples = list(_tuples(system, prop))
    if prop.scope is Scope.STEP:
        asked = [(each, _untimed(system, each)) for each in tuples]
        depths = [
            graph.depth_of[number]
            for number, edges in enumerate(graph.edges)
            for _, to in edges
            if not all(
                _holds(system, prop, each, graph.states[number], graph.states[to])
                for each, (slot, fields) in asked
                if _differs(graph.states[number][slot], graph.states[to][slot], fields)
            )
        ]
        return min(depths, default=None)
    truth = [
        [_holds(system, prop, each, state, state) for each in tuples] for state in graph.states
    ]
    if prop.scope is Scope.STANDSTILL:
        owing = {number for number, row in enumerate(truth) if not all(row)}
        return -1 if _can_avoid(system, _without_time(graph), owing) else None
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


def _untimed(system: System, grounding: Grounding) -> tuple[int, tuple[int, ...]]:
    """The slot that a step must change, and the fields of its component that are no clocks: time
    alone is no step.
    """
    last = grounding.slots[-1]
    kind = system.slots[last].kind
    hints = get_type_hints(kind)
    return last, tuple(i for i, name in enumerate(kind.FIELDS) if hints[name] is not Clock)


def _differs(before: Value, after: Value, fields: tuple[int, ...]) -> bool:
    return before != after and any(before[field] != after[field] for field in fields)


def _without_time(graph: Graph) -> Graph:
    """The graph for a time that stands still: time that would change something leads nowhere."""
    edges = [
        [(by, NOWHERE if by is None and to != number else to) for by, to in out]
        for number, out in enumerate(graph.edges)
    ]
    return replace(graph, edges=edges)


def _can_avoid(system: System, graph: Graph, states: set[int]) -> bool:
    """Whether a strongly fair run can stay in `states` for ever.

    Such a run comes to visit just the states of some strongly connected part again and again. If
    something reliable is possible in one of them and never happens among them, then that one cannot
    be visited again and again; the parts of what remains are asked in turn.
    """
    if any(not any(_is_fair(system, by) for by, _ in graph.edges[number]) for number in states):
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
            for by, to in graph.edges[n]
            if to == NOWHERE or (by not in done and _is_fair(system, by))
        }
        if not impatient or _can_avoid(system, graph, part - impatient):
            return True
    return False


def _is_fair(system: System, by: int | None) -> bool:
    return by is None or system.instances[by].rule.is_fair
