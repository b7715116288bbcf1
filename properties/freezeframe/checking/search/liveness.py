"""Promises of the kind `eventually`, decided on the explored graph.

A promise is broken by a run that is fair and never keeps it. Fair means strongly fair for every
instance of a rule that can be relied upon (`Rule.is_fair`) and for time: what is possible again and
again is done again and again. Guests, customers and faults may act or not. Such a run exists just
if some strongly connected part of the states that do not keep the promise is closed under what
fairness demands. Source: Emerson and Lei, "Modalities for model checking", 1985 (strong fairness by
removing, component by component, the states where a demand cannot be met).
"""

from __future__ import annotations

import numpy as np

from .cycles import fair_states
from .lassos import Lasso, LoopSearch
from .space import Bools, Space


def find_lasso(space: Space, kept: Bools) -> Lasso | None:
    """A fair run that stays for ever where `kept` is False, or None if none was found, which proves
    that there is none if `space` is complete.

    It is the shortest, as `LoopSearch` says; where a run may end in as many steps, one that ends.
    """
    kept = kept.copy()
    kept[space.n_expanded :] = True  # What follows from these is unknown.
    fair = _fair(space)
    found = []
    ends = np.concatenate([[0], np.cumsum(fair[space.edge_by])])[space.edge_start]
    dead = np.flatnonzero((np.diff(ends) == 0) & ~kept[: space.n_expanded])
    if dead.size:
        found.append(Lasso(int(dead[0]), (), space.level_of(int(dead[0]))))
    lasting = fair_states(space.edge_start, space.edge_to, space.edge_by, fair, ~kept)
    if lasting.any():
        found.append(LoopSearch(space, fair, lasting).lasso())
    return min(found, key=lambda lasso: lasso.length, default=None)


def find_standstill(space: Space, is_over: Bools) -> Lasso | None:
    """A fair run in which time stands still from some moment on, and that is never after that where
    `is_over` is True; None as in `find_lasso`.

    Time stands still where it cannot pass, or changes nothing. Where it can change something again
    and again it does so, for time is fair; so such a run stays at last where it cannot.
    """
    passes = np.flatnonzero(space.edge_by == space.tables.n_rules)
    of = np.searchsorted(space.edge_start, passes, side="right") - 1
    goes_on = np.zeros(space.n_states, np.bool_)
    goes_on[of[space.edge_to[passes] != of]] = True
    return find_lasso(space, is_over | goes_on)


def _fair(space: Space) -> Bools:
    rules = space.tables.item_is_fair[: space.tables.n_rules]
    return np.append(rules, True)
