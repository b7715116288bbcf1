"""Exhaustive search, breadth first, of all that can happen to a fleet.

Drives the compiled loop: supplies what its tables lack, gives it room, and stops it where the
caller wants.
"""

from __future__ import annotations

import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import numpy as np
import numpy.typing as npt

from freezeframe.properties import Property
from freezeframe.protocol.system import System
from freezeframe.reporting import Ending

from . import kernel
from .native import Calls
from .packing import Ints
from .space import Space
from .tables import Tables

MAX_STATES_DEFAULT = 20_000_000
_REPORT_SECONDS = 0.05
"""How long the watcher waits for news within a level, but for what one step takes."""
_RESERVED = 1 << 24
"""States for which room is set aside from the start. It costs addresses only: what is not touched
takes no memory.
"""
_EDGES_RESERVED = 4
"""Edges for each of those."""
_TABLE_LEAST = 1 << 16
_PENDING_LEAST = 1 << 11
"""Successors that are looked up together: enough for the waits to overlap, few enough to stay in
the nearest caches.
"""


@dataclass(frozen=True)
class Progress:
    """How far a search is. `memory_bytes` is the largest the process has been."""

    states: int
    transitions: int
    depth: int
    frontier: int
    seconds: float
    memory_bytes: int


Watcher = Callable[[Progress], None]
Number = TypeVar("Number", bound=np.generic)


def explore(
    system: System,
    properties: Sequence[Property] = (),
    *,
    max_states: int = MAX_STATES_DEFAULT,
    stop_at_mark: bool = False,
    watcher: Watcher | None = None,
) -> Space:
    """Explore `system` until nothing is new, `max_states` are known, or Ctrl-C is pressed.

    Marks each expanded state with the bits of those of `properties` that it, or a step from it,
    breaks. With `stop_at_mark`, stops after the first level in which a state is marked. A space
    that was not explored to the end says so (`Space.is_complete`).
    """
    return _Search(system, properties, max_states, stop_at_mark=stop_at_mark, watcher=watcher).run()


class _Search:
    """The arrays of one search, and the loop around the compiled loop."""

    table: Ints
    """Where each state is, for the compiled loop to look up."""
    pending: Ints
    """Successors that were not looked up yet."""
    n_states: int

    def __init__(
        self,
        system: System,
        properties: Sequence[Property],
        max_states: int,
        *,
        stop_at_mark: bool,
        watcher: Watcher | None,
    ) -> None:
        self.tables = Tables(system, properties)
        self.successors = Calls(kernel.successors)
        self.enter = Calls(kernel.enter)
        self.max_states = min(max_states, kernel.STATES_MAX)
        self.stop_at_mark = stop_at_mark
        self.watcher = watcher
        self.began = self.reported = time.monotonic()
        most_parts = max((len(item.parts) for item in self.tables.items), default=1)
        self.ids = np.zeros(2 * len(system.slots), np.int64)
        self.n_pending = max(_PENDING_LEAST, 2 * (self.tables.n_rules + 1))
        self.tags = np.zeros(self.n_pending + 1, np.int64)
        self.part_rows = np.zeros(most_parts, np.int64)
        capacity = min(self.max_states, _RESERVED) + self.n_pending
        self.words = np.empty((capacity, self.tables.packing.n_words), np.int64)
        self.marks = np.empty(capacity, np.int64)
        self.edge_start = np.empty(capacity + 1, np.int64)
        self.edge_to = np.empty(_EDGES_RESERVED * capacity, np.uint32)
        few = self.tables.n_rules < 1 << 16
        by: type[np.unsignedinteger[Any]] = np.uint16 if few else np.uint32
        self.edge_by = np.empty(_EDGES_RESERVED * capacity, by)
        self.n_edges = self.reached = 0
        self.is_interrupted = False
        self.level_start = [0, 1]
        self._enter_all(self.tables.packing.pack(np.array([self.tables.answers.initial])))

    def run(self) -> Space:
        with self._heeding_interrupts():
            while self.reached < self.n_states and not self._must_stop():
                self._go_on()
                is_level_done = self.reached == self.level_start[-1]
                if is_level_done and self.reached < self.n_states:
                    self.level_start.append(self.n_states)
                if is_level_done or time.monotonic() > self.reported + _REPORT_SECONDS:
                    self._report()
        if self.level_start[-1] != self.n_states:
            self.level_start.append(self.n_states)
        self.edge_start[self.reached] = self.n_edges
        return Space(
            self.tables,
            self.words[: self.n_states],
            self.marks[: self.reached],
            self.edge_start[: self.reached + 1],
            self.edge_to[: self.n_edges],
            self.edge_by[: self.n_edges],
            tuple(self.level_start),
            self.reached,
            self._ending(),
        )

    def _ending(self) -> Ending:
        if self.reached == self.n_states:
            return Ending.COMPLETE
        if self.is_interrupted:
            return Ending.INTERRUPT
        return Ending.MAX_STATES if self.n_states >= self.max_states else Ending.VIOLATION

    @contextmanager
    def _heeding_interrupts(self) -> Iterator[None]:
        """Let Ctrl-C stop the search where what was explored is whole, never amidst a step.

        What was explored is reported then, and the space says that it is not complete. Where
        somebody else heeds Ctrl-C, the watcher does the same by raising `KeyboardInterrupt`.
        """

        def note(*_: object) -> None:
            self.is_interrupted = True

        if (
            threading.current_thread() is not threading.main_thread()
            or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
        ):
            yield
            return
        signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _must_stop(self) -> bool:
        if self.is_interrupted or self.n_states >= self.max_states:
            return True
        if not self.stop_at_mark or self.reached != self.level_start[-2]:
            return False
        # Level 0 alone has no level before it.
        begin = self.level_start[-3] if self.reached > 1 else 0
        last_level = self.marks[begin : self.reached]
        return bool(np.any(last_level & (kernel.STUCK - 1)))

    def _go_on(self) -> None:
        """Explore some states of the last level, as many as there is room for their successors."""
        self._make_room()
        code, reached, what, count = self.successors(
            self.reached,
            self.level_start[-1],
            min(self.n_pending, self.max_states - self.n_states),
            self.n_edges,
            (self.words, self.marks, self.edge_start, self.edge_by),
            self.tables.packing.layout,
            self.tables.kernel_items,
            self.tables.kernel_trees,
            self.tables.kernel_ticks,
            (self.ids, self.part_rows, self.pending),
        )
        self.reached = reached
        self.n_states = self.enter(
            count,
            self.n_states,
            self.n_edges,
            self.words,
            self.table,
            self.edge_to,
            self.pending,
            self.tags,
        )
        self.n_edges += count
        if code != kernel.DONE:
            self._fill(code, what)

    def _fill(self, code: int, what: int) -> None:
        if code == kernel.CLASH:
            self._refuse(what)
        before = self.tables.packing
        fill = self.tables.fill_part if code == kernel.MISSING_PART else self.tables.fill_tick
        if fill(what, self.ids):
            known = before.unpack(self.words[: self.n_states])
            self.words = np.empty((self.words.shape[0], self.tables.packing.n_words), np.int64)
            self._enter_all(self.tables.packing.pack(known))

    def _refuse(self, instance: int) -> NoReturn:
        """Let the rules themselves say what they do that no rule may do."""
        system = self.tables.system
        system.apply(self.tables.state(self.words[self.reached]), system.instances[instance])
        raise AssertionError("the tables hold two changes of one slot that the rules do not make")

    def _enter_all(self, states: Ints) -> None:
        """Begin anew with `states`, all different, in their order."""
        self.pending = np.empty((self.n_pending, self.tables.packing.n_words), np.int64)
        self.table = np.zeros(max(_TABLE_LEAST, 4 << len(states).bit_length()), np.int64)
        no_edges = np.empty(self.n_pending, np.uint32)
        self.n_states = 0
        for start in range(0, len(states), self.n_pending):
            some = states[start : start + self.n_pending]
            self.n_states = kernel.enter(
                len(some), start, 0, self.words, self.table, no_edges, some, self.tags
            )

    def _make_room(self) -> None:
        """See to it that all pending successors fit, even if each is a new state."""
        if self.n_states + self.n_pending > self.words.shape[0]:
            self.words = _doubled(self.words)
            self.marks = _doubled(self.marks)
            self.edge_start = _doubled(self.edge_start)
        if self.n_edges + self.n_pending > self.edge_to.shape[0]:
            self.edge_to = _doubled(self.edge_to)
            self.edge_by = _doubled(self.edge_by)
        if 4 * (self.n_states + self.n_pending) > 3 * self.table.shape[0]:
            larger = np.zeros(2 * self.table.shape[0], np.int64)
            kernel.spread(self.table, larger)
            self.table = larger

    def _report(self) -> None:
        self.reported = time.monotonic()
        if self.watcher is None:
            return
        progress = Progress(
            self.n_states,
            self.n_edges,
            len(self.level_start) - 2,
            self.n_states - self.reached,
            self.reported - self.began,
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        )
        try:
            self.watcher(progress)
        except KeyboardInterrupt:
            self.is_interrupted = True


def _doubled(array: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """`array` with as much room again."""
    longer = np.empty((2 * array.shape[0], *array.shape[1:]), array.dtype)
    longer[: array.shape[0]] = array
    return longer
