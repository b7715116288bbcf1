"""What a search reached: rules, guards, rows of lifecycles, values of components.

Counts what is in the explored graph and nothing else: a row counts if some edge takes it, a value
if some state holds it. It must not run a rule; what a rule did is in the tables.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from freezeframe.checking.asking.answers import Form
from freezeframe.lifecycles import ALL
from freezeframe.protocol.language import Pull
from freezeframe.reporting import Coverage

from .packing import Ints
from .space import Space

_FIRST_EDGES = 1 << 16
"""Edges looked at before all others; as a rule they take every row, and no other need be looked at.
"""

_CHUNK = 1 << 15
"""States looked at together; few enough to stay in the processor's cache."""


def coverage_of(space: Space) -> Coverage:
    """The coverage of an exploration; its denominator is what the fleet's grounding contains."""
    system = space.tables.system
    fired = {
        system.instances[by].rule.name
        for by in np.flatnonzero(np.bincount(space.edge_by)).tolist()
        if by < space.tables.n_rules
    }
    asked = space.tables.answers.guards
    guards = {
        guard: frozenset(asked.get(guard, ())) for rule in system.rules for guard in rule.guards
    }
    taken = {row_name(pull) for pull in pulls_taken(space)}
    return Coverage(
        {rule.name: rule.name in fired for rule in system.rules},
        guards,
        {name: name in taken for name in map(row_name, all_pulls())},
        values_reached(space),
    )


def all_pulls() -> tuple[Pull, ...]:
    """Every row of every lifecycle, once for each state that it may leave."""
    return tuple(
        (lifecycle.name, source.value, trigger)
        for lifecycle in ALL
        for source, trigger, _ in lifecycle.edges()
    )


def row_name(pull: Pull) -> str:
    """How coverage names a row of a lifecycle.

    >>> row_name(("VM", "running", "begin_pause"))
    'VM: running -begin_pause-> pausing'
    """
    return _ROW_NAMES[pull]


_ROW_NAMES = {
    (lifecycle.name, source.value, trigger): (
        f"{lifecycle.name}: {source.value} -{trigger}-> {destination.value}"
    )
    for lifecycle in ALL
    for source, trigger, destination in lifecycle.edges()
}


def pulls_taken(space: Space) -> frozenset[Pull]:
    """The rows of lifecycles that at least one explored edge takes."""
    tables = space.tables
    by_form = {form: pulls_of(form) for form in tables.forms}
    # What an instance would take if it met every outcome that any state showed of its parts.
    possible = [
        frozenset().union(*(by_form[form] for form, _ in item.parts))
        for item in tables.items[: tables.n_rules]
    ]
    taken: set[Pull] = set()
    head = space.edge_by[:_FIRST_EDGES]
    for start, by_edge in ((0, head), (len(head), space.edge_by[_FIRST_EDGES:])):
        for by, wanted in enumerate(possible):
            if wanted <= taken:
                continue
            for chunk in _chunks(np.flatnonzero(by_edge == by) + start):
                taken |= pulls_on(space, by, chunk)
                if wanted <= taken:
                    break
    return frozenset(taken)


def pulls_of(form: Form) -> frozenset[Pull]:
    """The rows of lifecycles that some outcome of a form, met or only asked for, takes."""
    return frozenset(pull for leaf in form.leaves() if leaf.row for pull in leaf.row.pulls)


def values_reached(space: Space) -> dict[str, int]:
    """For each kind of component, how many different values its components had, all together."""
    tables = space.tables
    numberings = tables.answers.numberings
    seen = {kind: np.zeros(len(each.values), np.bool_) for kind, each in numberings.items()}
    for start in range(0, space.n_states, _CHUNK):
        words = space.words[start : start + _CHUNK]
        for slot, described in enumerate(tables.system.slots):
            seen[described.kind][tables.packing.column(words, slot)] = True
    return {kind.__name__: int(np.count_nonzero(each)) for kind, each in seen.items()}


def _chunks(edges: Ints) -> Iterator[Ints]:
    return (edges[start : start + _CHUNK] for start in range(0, len(edges), _CHUNK))


def pulls_on(space: Space, by: int, edges: Ints) -> set[Pull]:
    """The rows that `edges`, all of them steps of the instance `by`, take."""
    tables = space.tables
    sources = np.searchsorted(space.edge_start, edges, side="right") - 1
    ids = tables.packing.unpack(space.words[sources])
    first, last = tables.item_parts[by], tables.item_parts[by + 1]
    return {
        pull
        for part in range(int(first), int(last))
        for row in np.unique(tables.rows_taken(part, ids)).tolist()
        for pull in tables.rows[row].pulls
    }
