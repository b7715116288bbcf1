"""Strongly connected parts of a graph, and those in which fairness is met; compiled.

Knows nothing of rules or promises: it sees numbered states with numbered edges, each edge by a
numbered item.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

_NO_EDGE: Final = 0
_UNMET: Final = 1
_MET: Final = 2


@njit(cache=True)
def fair_part(edge_start, edge_to, edge_by, is_fair, candidates):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """The states, in order, of a part of `candidates` in which one can stay for ever, fairly.

    That is a strongly connected part with an edge inside it, and with one by each fair item that
    any edge from it is by. Among several it is the one with the least state; empty if there is
    none. Where a fair item is missing, the states that demand it are left out, and what remains of
    the part is looked at again.
    """
    demanded = np.zeros(is_fair.shape[0], np.uint32)
    inside = np.zeros(is_fair.shape[0], np.uint32)
    best = np.zeros(0, np.uint32)
    while best.shape[0] == 0 and candidates.any():
        part_of, members = strong_parts(edge_start, edge_to, candidates)
        demanded[:] = 0
        inside[:] = 0
        remaining = np.zeros(candidates.shape[0], np.bool_)
        last = 0
        while last < members.shape[0]:
            first = last
            number = part_of[members[first]]
            while last < members.shape[0] and part_of[members[last]] == number:
                last += 1
            part = members[first:last]
            found = _judge(part, edge_start, edge_to, edge_by, is_fair, part_of, demanded, inside)
            if found == _MET and (best.shape[0] == 0 or part.min() < best.min()):
                best = part
            elif found == _UNMET:
                _keep(part, number, edge_start, edge_by, demanded, inside, remaining)
        candidates = remaining
    return np.sort(best)


@njit(cache=True)
def strong_parts(edge_start, edge_to, candidates):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, C901
    """The number, from 1 on, of each candidate's strongly connected part, 0 elsewhere; and the
    candidates, part by part.

    Source: Tarjan, "Depth-first search and linear graph algorithms", 1972; without recursion.
    """
    size = candidates.shape[0]
    part_of = np.zeros(size, np.uint32)
    order = np.zeros(size, np.uint32)
    low = np.zeros(size, np.uint32)
    next_edge = edge_start[:size].copy()
    path = np.zeros(size, np.uint32)
    # Those that have their part fill the array from the left, those that wait for it the right.
    members = np.zeros(np.count_nonzero(candidates), np.uint32)
    waiting = members.shape[0]
    visited = done = number = 0
    for root in range(size):
        if not candidates[root] or order[root] != 0:
            continue
        depth = 0
        path[0] = root
        while depth >= 0:
            state = path[depth]
            if order[state] == 0:
                visited += 1
                order[state] = low[state] = visited
                waiting -= 1
                members[waiting] = state
            if next_edge[state] < edge_start[state + 1]:
                to = edge_to[next_edge[state]]
                next_edge[state] += 1
                if candidates[to] and order[to] == 0:
                    depth += 1
                    path[depth] = to
                elif candidates[to] and part_of[to] == 0:
                    low[state] = min(low[state], order[to])
                continue
            depth -= 1
            if depth >= 0:
                low[path[depth]] = min(low[path[depth]], low[state])
            if low[state] == order[state]:
                number += 1
                while part_of[state] == 0:
                    each = members[waiting]
                    waiting += 1
                    part_of[each] = number
                    members[done] = each
                    done += 1
    return part_of, members


@njit(cache=True)
def _judge(part, edge_start, edge_to, edge_by, is_fair, part_of, demanded, inside):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    """Whether a part has edges inside it, and one for each fair item; marks both by its number."""
    number = part_of[part[0]]
    found = _NO_EDGE
    for state in part:
        for edge in range(edge_start[state], edge_start[state + 1]):
            if is_fair[edge_by[edge]]:
                demanded[edge_by[edge]] = number
            if part_of[edge_to[edge]] == number:
                inside[edge_by[edge]] = number
                found = _MET
    for item in range(is_fair.shape[0]):
        if found == _MET and demanded[item] == number and inside[item] != number:
            found = _UNMET
    return found


@njit(cache=True)
def _keep(part, number, edge_start, edge_by, demanded, inside, remaining):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    """Mark as remaining the states of a part that demand nothing that is missing inside it."""
    for state in part:
        remaining[state] = True
        for edge in range(edge_start[state], edge_start[state + 1]):
            item = edge_by[edge]
            if demanded[item] == number and inside[item] != number:
                remaining[state] = False
