"""Exhaustive search, breadth first, of all that can happen to a fleet.

Drives the compiled loop: supplies what its tables lack, gives it room, and stops it where the
caller wants.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from freezeframe.properties import Property
from freezeframe.protocol.system import System

from . import kernel
from .space import Space
from .tables import Tables

MAX_STATES_DEFAULT = 20_000_000
_BATCH = 1 << 17
"""States expanded between two reports of progress; some tenths of a second."""


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
        self.max_states = max_states
        self.stop_at_mark = stop_at_mark
        self.watcher = watcher
        self.began = time.monotonic()
        most_parts = max((len(item.parts) for item in self.tables.items), default=1)
        self.room = self.tables.n_rules + 1
        self.ids = np.zeros(2 * len(system.slots), np.int64)
        self.by = np.zeros(self.room + 1, np.int64)
        self.hashes = np.zeros(self.room + 1, np.int64)
        self.part_rows = np.zeros(most_parts, np.int64)
        capacity = max(1 << 12, 4 * self.room)
        self.words = np.zeros((capacity, self.tables.width), np.int64)
        self.marks = np.zeros(capacity, np.int64)
        self.edge_start = np.zeros(capacity + 1, np.int64)
        self.edge_to = np.zeros(4 * capacity, np.uint32)
        self.edge_by = np.zeros(4 * capacity, np.uint16)
        self.words[0] = self.tables.pack(np.array([self.tables.initial]))[0]
        self.n_states, self.n_edges, self.reached = 1, 0, 0
        self.level_start = [0, 1]
        self._rehash()

    def run(self) -> Space:
        try:
            while self.reached < self.n_states and not self._must_stop():
                self._batch(min(self.reached + _BATCH, self.level_start[-1]))
                if self.reached == self.level_start[-1] < self.n_states:
                    self.level_start.append(self.n_states)
                self._report()
        except KeyboardInterrupt:
            pass  # What was explored is reported; the space says that it is not complete.
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
        )

    def _must_stop(self) -> bool:
        if self.n_states >= self.max_states:
            return True
        if not self.stop_at_mark or self.reached != self.level_start[-2]:
            return False
        last_level = self.marks[
            self.level_start[-3] if len(self.level_start) > 2 else 0 : self.reached
        ]
        return bool(np.any(last_level & (kernel.STUCK - 1)))

    def _batch(self, stop: int) -> None:
        stop = min(stop, max(self.reached + 1, self.max_states))
        while self.reached < stop:
            scratch = (self.buffer, self.by, self.hashes, self.part_rows)
            code, reached, what, n_states, n_edges = kernel.expand(
                self.reached,
                stop,
                self.n_states,
                self.n_edges,
                (self.words, self.table, self.marks, self.edge_start, self.edge_to, self.edge_by),
                self.tables.kernel_layout,
                self.tables.kernel_items,
                self.tables.kernel_trees,
                self.tables.kernel_ticks,
                self.ids,
                scratch,
            )
            self.reached, self.n_states, self.n_edges = int(reached), int(n_states), int(n_edges)
            if code == kernel.FULL:
                self._grow()
            elif code != kernel.DONE:
                self._fill(int(code), int(what))

    def _fill(self, code: int, what: int) -> None:
        before = (
            self.tables.slot_word.copy(),
            self.tables.slot_shift.copy(),
            self.tables.slot_mask.copy(),
        )
        fill = self.tables.fill_part if code == kernel.MISSING_PART else self.tables.fill_tick
        if fill(what, self.ids):
            word, shift, mask = before
            known = self.words[: self.n_states]
            ids = np.stack(
                [(known[:, w] >> s) & m for w, s, m in zip(word, shift, mask, strict=True)], axis=1
            )
            words = np.zeros((self.words.shape[0], self.tables.width), np.int64)
            words[: self.n_states] = self.tables.pack(ids)
            self.words = words
            self._rehash()

    def _grow(self) -> None:
        if self.n_states + self.room + 1 > self.words.shape[0]:
            more = self.words.shape[0]
            self.words = np.concatenate([self.words, np.zeros_like(self.words)])
            self.marks = np.concatenate([self.marks, np.zeros(more, np.int64)])
            self.edge_start = np.concatenate([self.edge_start, np.zeros(more, np.int64)])
            self._rehash()
        if self.n_edges + self.room + 1 > self.edge_to.shape[0]:
            self.edge_to = np.concatenate([self.edge_to, np.zeros_like(self.edge_to)])
            self.edge_by = np.concatenate([self.edge_by, np.zeros_like(self.edge_by)])

    def _rehash(self) -> None:
        self.buffer = np.zeros((self.room + 1, self.tables.width), np.int64)
        self.table = np.zeros(2 << int(self.words.shape[0] - 1).bit_length(), np.int64)
        kernel.rehash(self.words, self.n_states, self.tables.width, self.table)

    def _report(self) -> None:
        if self.watcher is not None:
            self.watcher(
                Progress(
                    self.n_states,
                    self.n_edges,
                    len(self.level_start) - 2,
                    self.n_states - self.reached,
                    time.monotonic() - self.began,
                    resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                )
            )
