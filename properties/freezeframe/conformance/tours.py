"""Walks through the lifecycle of a VM that take every edge of it that can be taken here.

Owns which edges an adapter and its means allow, and the walks over them. It must not know how a VM
is made to take an edge; `walking` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from freezeframe.adapters import Capability
from freezeframe.lifecycles import VM_LIFECYCLE, VmStatus
from freezeframe.lifecycles.table import LifecycleError

from .means import CrashesVms, CreatesVms, FailsCalls, HoldsVms, StopsVms
from .needs import Needs
from .twin import Twin

START: Final = Twin()

_UNDER_WAY: Final = frozenset({VmStatus.PAUSING, VmStatus.RESUMING})
"""Nobody can time what others do to fall into these for certain; drawn interleavings may hit it."""


def _is_at_rest(twin: Twin) -> bool:
    return twin.status not in _UNDER_WAY


@dataclass(frozen=True)
class Way:
    """What it takes to have a VM take the edges of a trigger.

    `by_us` tells whether maintenance does it; `only` says for which VMs beyond what the table says.
    """

    needs: Needs
    by_us: bool = False
    only: Callable[[Twin], bool] = lambda _: True


def _way(
    capability: Capability | None = None,
    *means: type,
    by_us: bool = False,
    only: Callable[[Twin], bool] = lambda _: True,
) -> Way:
    capabilities = (Capability.OBSERVE, *((capability,) if capability else ()))
    return Way(Needs(capabilities, means), by_us=by_us, only=only)


WAYS: Final[Mapping[str, Way]] = {
    "begin_pause": _way(Capability.PAUSE, by_us=True),
    "pause_completed": _way(Capability.PAUSE, by_us=True),
    "pause_failed": _way(Capability.PAUSE, FailsCalls, by_us=True),
    "begin_resume": _way(Capability.PAUSE, by_us=True, only=lambda twin: twin.is_ours),
    "resume_completed": _way(Capability.PAUSE, by_us=True),
    "resume_failed": _way(Capability.PAUSE, FailsCalls, by_us=True),
    "clock_set": _way(Capability.SET_CLOCK, by_us=True),
    "hold": _way(None, HoldsVms, only=_is_at_rest),
    "release": _way(None, HoldsVms, only=lambda twin: not (twin.is_ours or twin.is_behind)),
    "release_behind": _way(None, HoldsVms, only=lambda twin: twin.is_behind),
    "shut_down": _way(
        Capability.STOP, StopsVms, by_us=True, only=lambda twin: twin.status is VmStatus.RUNNING
    ),
    "boot": _way(Capability.STOP, StopsVms, by_us=True, only=lambda twin: twin.is_ours),
    "stop": _way(None, StopsVms, only=_is_at_rest),
    "start": _way(None, StopsVms),
    "create": _way(None, CreatesVms),
    "delete": _way(None, CreatesVms, StopsVms),
    "fail": _way(None, CrashesVms, StopsVms, only=_is_at_rest),
}
"""How each trigger of the table can be brought about. `shut_down` is only asked of running VMs."""


@dataclass(frozen=True)
class Step:
    """One edge taken by one VM."""

    before: Twin
    trigger: str
    after: Twin

    @property
    def edge(self) -> tuple[VmStatus, str]:
        """The edge of the table."""
        return self.before.status, self.trigger

    def __str__(self) -> str:
        """From where, by what, to where."""
        return f"{self.before.status} --{self.trigger}--> {self.after.status}"


EDGES: Final = tuple((source, trigger) for source, trigger, _ in VM_LIFECYCLE.edges())
"""Every edge of the table, by where it begins and its trigger."""


def edges_that_can_be_taken() -> tuple[tuple[VmStatus, str], ...]:
    """Those that an adapter with every capability and all means can have a VM take.

    Not among them is `shut_down` of a paused VM, which adapters refuse, nor what others do while a
    pause or a resume is under way.
    """
    return tuple(edge for edge in EDGES if tour_of(edge, frozenset(WAYS)))


def edge_id(edge: tuple[VmStatus, str]) -> str:
    """The name of an edge in the name of a test; stays as long as the table has it."""
    source, trigger = edge
    return f"{source}-{trigger}"


def tour_of(edge: tuple[VmStatus, str], triggers: frozenset[str]) -> tuple[Step, ...] | None:
    """A shortest walk from a running VM through an edge and back, by `triggers` alone.

    None where there is none.
    """
    there, graph = _from(START, triggers), _graph(triggers)
    walks = []
    for step in graph:
        if step.edge == edge and step.before in there:
            back = _from(step.after, triggers).get(START)
            if back is not None:
                walks.append((*there[step.before], step, *back))
    return min(walks, key=_cost, default=None)


def grand_tour(triggers: frozenset[str]) -> tuple[Step, ...]:
    """One walk from a running VM and back that takes every edge that can be, by `triggers` alone.

    Greedy: the nearest edge that was not taken comes next, the first in the table among equals.
    """
    open_edges = {edge for edge in EDGES if tour_of(edge, triggers)}
    here, walk = START, list[Step]()
    while open_edges:
        ways = _from(here, triggers)
        nexts = [
            (*ways[step.before], step)
            for step in _graph(triggers)
            if step.edge in open_edges and step.before in ways
        ]
        walk += min(nexts, key=_cost)
        open_edges -= {step.edge for step in walk}
        here = walk[-1].after
    return (*walk, *_from(here, triggers)[START])


def _cost(walk: Iterable[Step]) -> int:
    """What others do to a VM costs more, so walks lead back by what maintenance does."""
    return sum(1 if WAYS[step.trigger].by_us else 3 for step in walk)


@lru_cache(maxsize=8)
def _graph(triggers: frozenset[str]) -> tuple[Step, ...]:
    """Every step that can be taken from a running VM on, nearest first."""
    found: list[Step] = []
    seen = [START]
    for twin in seen:
        for step in _steps(twin, triggers):
            found.append(step)
            if step.after not in seen:
                seen.append(step.after)
    return tuple(found)


def _steps(twin: Twin, triggers: frozenset[str]) -> Sequence[Step]:
    found = []
    for row in VM_LIFECYCLE.rows:
        way = WAYS[row.trigger]
        if row.trigger in triggers and way.only(twin):
            try:
                after = twin.moved(row.trigger, by_us=way.by_us)
            except LifecycleError:
                continue
            found.append(Step(twin, row.trigger, after))
    return found


@lru_cache(maxsize=64)
def _from(start: Twin, triggers: frozenset[str]) -> Mapping[Twin, tuple[Step, ...]]:
    """A shortest walk from `start` to everything that can be reached."""
    import networkx as nx  # noqa: PLC0415 (only tours pay for the import)

    graph: Any = nx.DiGraph()
    graph.add_node(start)
    for step in _graph(triggers):
        if not graph.has_edge(step.before, step.after):
            graph.add_edge(step.before, step.after, step=step, weight=_cost([step]))
    paths = nx.single_source_dijkstra_path(graph, start)
    return {
        goal: tuple(graph.edges[pair]["step"] for pair in pairwise(path))
        for goal, path in paths.items()
    }
