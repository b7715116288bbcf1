"""What a search reached: rules that fired, guards seen both ways, rows of the lifecycles that were
taken.
"""

from __future__ import annotations

import numpy as np

from freezeframe.reporting import Coverage

from .space import Space


def coverage_of(space: Space) -> Coverage:
    """The coverage of an exploration; its denominator is what the fleet's grounding contains."""
    system = space.tables.system
    fired = {
        system.instances[by].rule.name
        for by in np.unique(space.edge_by).tolist()
        if by < space.tables.n_rules
    }
    guards = {
        guard: frozenset(space.tables.guards.get(guard, ()))
        for rule in system.rules
        for guard in rule.guards
    }
    return Coverage({rule.name: rule.name in fired for rule in system.rules}, guards, {})
