"""The form of a lifecycle: states, rows, and the checks that every table passes when it is built.

Knows nothing of VMs or hosts; those tables are beside it, one file each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Generic, TypeVar

S = TypeVar("S", bound=StrEnum)


class LifecycleError(ValueError):
    """A table that contradicts itself, or a trigger that its table does not allow."""


@dataclass(frozen=True)
class Row(Generic[S]):
    """One declared change of state.

    `trigger` is a verb in the imperative or a participle, `sources` the states it may leave,
    `reason` why it exists, and `source` the document, paper or design decision that it comes from.
    """

    trigger: str
    sources: tuple[S, ...]
    destination: S
    reason: str
    source: str


@dataclass(frozen=True)
class Lifecycle(Generic[S]):
    """A whole table: what each state means, where life begins, and every way on.

    Raises `LifecycleError` when it is built from rows that name unknown states, leave a state
    unreachable, leave a state without meaning, or offer two destinations for one trigger in one
    state.
    """

    name: str
    states: type[S]
    meanings: Mapping[S, str]
    initial: S
    rows: tuple[Row[S], ...]

    def __post_init__(self) -> None:
        """Refuse a table that contradicts itself."""
        object.__setattr__(self, "meanings", MappingProxyType(dict(self.meanings)))
        self._refuse_unknown_states()
        self._refuse_ambiguous_rows()
        self._refuse_unreachable_states()
        object.__setattr__(self, "_moves", _moves(self.rows))

    def destination(self, state: S, trigger: str) -> S:
        """Where `trigger` leads from `state`; raises `LifecycleError` if no row allows it."""
        moves: Mapping[tuple[S, str], S] = self._moves  # type: ignore[attr-defined]
        try:
            return moves[state, trigger]
        except KeyError:
            legal = sorted(name for source, name in moves if source is state)
            raise LifecycleError(
                f"{self.name}: expected one of {', '.join(legal) or 'no trigger'} "
                f"in state {state.value!r}, found {trigger!r}"
            ) from None

    def edges(self) -> tuple[tuple[S, str, S], ...]:
        """Every (source, trigger, destination), in the order in which they are declared."""
        return tuple(
            (source, row.trigger, row.destination) for row in self.rows for source in row.sources
        )

    def _refuse_unknown_states(self) -> None:
        known = set(self.states)
        named = {self.initial, *self.meanings}
        for row in self.rows:
            named.update(row.sources, (row.destination,))
        for state in named - known:
            raise LifecycleError(
                f"{self.name}: expected a state of {self.states.__name__}, found {state!r}"
            )
        for state in self.states:
            if state not in self.meanings:
                raise LifecycleError(f"{self.name}: state {state.value!r} has no meaning")

    def _refuse_ambiguous_rows(self) -> None:
        seen: dict[tuple[S, str], S] = {}
        for source, trigger, destination in self.edges():
            if (source, trigger) in seen:
                raise LifecycleError(
                    f"{self.name}: {trigger!r} in state {source.value!r} leads both to "
                    f"{seen[source, trigger].value!r} and to {destination.value!r}; keep one row"
                )
            seen[source, trigger] = destination

    def _refuse_unreachable_states(self) -> None:
        reached = {self.initial}
        frontier = [self.initial]
        while frontier:
            state = frontier.pop()
            for source, _, destination in self.edges():
                if source is state and destination not in reached:
                    reached.add(destination)
                    frontier.append(destination)
        for state in self.states:
            if state not in reached:
                raise LifecycleError(
                    f"{self.name}: no row leads from {self.initial.value!r} to {state.value!r}; "
                    "add one or remove the state"
                )


def _moves(rows: Iterable[Row[S]]) -> Mapping[tuple[S, str], S]:
    return {(source, row.trigger): row.destination for row in rows for source in row.sources}
