"""The explored part of a state space: states, levels, edges and marks, as the search left them.

Knows how to look states up and judge predicates over all of them at once; does not search.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from freezeframe.checking.asking.questions import Question, ask
from freezeframe.protocol.instances import Instance
from freezeframe.protocol.system import State
from freezeframe.reporting import Ending

from .packing import Ints
from .tables import Tables

Bools = npt.NDArray[np.bool_]

_KEYS_MAX = 1 << 20
"""Combinations of values up to which a table of them is less work than sorting the states."""


@dataclass(frozen=True)
class Space:
    """What was explored. States are numbered in the order of their discovery, breadth first; 0 is
    the initial one.
    """

    tables: Tables
    words: Ints
    marks: npt.NDArray[np.int64]
    edge_start: Ints
    """Where the edges of each expanded state begin; one more entry at the end."""
    edge_to: npt.NDArray[np.uint32]
    edge_by: npt.NDArray[np.unsignedinteger[Any]]
    level_start: tuple[int, ...]
    """Where each level begins; one more entry at the end."""
    n_expanded: int
    ending: Ending
    """Why the search went no farther."""

    @property
    def n_states(self) -> int:
        """How many states were discovered."""
        return int(self.words.shape[0])

    @property
    def n_transitions(self) -> int:
        """How many steps were found between them, those that change nothing included."""
        return int(self.edge_to.shape[0])

    @property
    def is_complete(self) -> bool:
        """Whether every state that was discovered was also expanded."""
        return self.n_expanded == self.n_states

    @property
    def depth(self) -> int:
        """The number of steps to the farthest state."""
        return len(self.level_start) - 2

    def level_of(self, state: int) -> int:
        """The number of steps to `state`."""
        return int(np.searchsorted(np.asarray(self.level_start), state, side="right")) - 1

    def state(self, number: int) -> State:
        """The values of a state."""
        return self.tables.state(self.words[number])

    def instance(self, by: int) -> Instance | None:
        """The rule's instance that an edge stands for, or None for time."""
        return self.tables.system.instances[by] if by < self.tables.n_rules else None

    def kept(self, question: Question) -> Bools:
        """For every state, whether the predicate of `question` is true."""
        columns = [self.tables.packing.column(self.words, slot) for slot in question.slots]
        key = np.zeros(self.n_states, np.int64)
        n_keys = 1
        for column in columns:
            size = int(column.max()) + 1
            key = key * size + column
            n_keys *= size
        if n_keys > _KEYS_MAX:
            _, examples, key = np.unique(key, return_index=True, return_inverse=True)
        else:
            example_of = np.full(n_keys, -1)
            example_of[key] = np.arange(self.n_states)
            examples = example_of[example_of >= 0]
            key = np.cumsum(example_of >= 0)[key] - 1
        answers = [self._answer(question, columns, state) for state in examples.tolist()]
        return np.array(answers, np.bool_)[key]

    def _answer(self, question: Question, columns: list[Any], state: int) -> bool:
        values = [
            self.tables.value(slot, int(column[state]))
            for slot, column in zip(question.slots, columns, strict=True)
        ]
        return ask(question.form, values, self.tables.system.settings).is_kept
