"""Strongly connected parts of a graph, and those in which fairness is met; the loops compiled.

Knows nothing of rules or promises: it sees numbered states with numbered edges, each edge by a
numbered item. The compiled functions get all their room from outside and call nothing, which
halves the time that the very first check spends compiling.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .native import native

Bools = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.uint32]


def fair_states(
    edge_start: npt.NDArray[np.int64],
    edge_to: Numbers,
    edge_by: npt.NDArray[np.unsignedinteger[Any]],
    is_fair: Bools,
    candidates: Bools,
) -> Bools:
    """Which states lie in some part of `candidates` in which one can stay for ever, fairly.

    That is a strongly connected part with an edge inside it, and with one by each fair item that
    any edge from it is by. Where a fair item is missing, the states that demand it are left out,
    and what remains of the part is looked at again.
    """
    lasting = np.zeros(candidates.size, np.bool_)
    while candidates.any():
        part_of, members = strong_parts(edge_start, edge_to, candidates)
        remaining = np.zeros(candidates.size, np.bool_)
        marks = np.zeros((2, is_fair.size), np.uint32)
        _judge(members, part_of, edge_start, edge_to, edge_by, is_fair, marks, lasting, remaining)
        candidates = remaining
    return lasting


def strong_parts(
    edge_start: npt.NDArray[np.int64], edge_to: Numbers, candidates: Bools
) -> tuple[Numbers, Numbers]:
    """The number, from 1 on, of each candidate's strongly connected part, 0 elsewhere; and the
    candidates, part by part.

    Source: Tarjan, "Depth-first search and linear graph algorithms", 1972; without recursion.
    """
    part_of = np.zeros(candidates.size, np.uint32)
    members = np.zeros(np.count_nonzero(candidates), np.uint32)
    room = np.zeros((3, candidates.size), np.uint32)
    next_edge = edge_start[:-1].copy()
    _number(edge_start, edge_to, candidates, part_of, members, room, next_edge)
    return part_of, members


@native(results=0)
def _number(edge_start, edge_to, candidates, part_of, members, room, next_edge):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, C901, PLR0917
    order, low, path = room[0], room[1], room[2]
    # Those that have their part fill the array from the left, those that wait for it the right.
    waiting = members.shape[0]
    visited = done = number = 0
    for root in range(candidates.shape[0]):
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
                elif candidates[to] and part_of[to] == 0 and order[to] < low[state]:
                    low[state] = order[to]
                continue
            depth -= 1
            if depth >= 0 and low[state] < low[path[depth]]:
                low[path[depth]] = low[state]
            if low[state] == order[state]:
                number += 1
                while part_of[state] == 0:
                    each = members[waiting]
                    waiting += 1
                    part_of[each] = number
                    members[done] = each
                    done += 1


@native(results=0)
def _judge(  # type: ignore[no-untyped-def]  # noqa: ANN202, C901, PLR0917
    members,  # noqa: ANN001
    part_of,  # noqa: ANN001
    edge_start,  # noqa: ANN001
    edge_to,  # noqa: ANN001
    edge_by,  # noqa: ANN001
    is_fair,  # noqa: ANN001
    marks,  # noqa: ANN001
    lasting,  # noqa: ANN001
    remaining,  # noqa: ANN001
):
    """Mark the states of parts that meet fairness as lasting, and as remaining those of the others
    that demand nothing that is missing inside.

    The first row of `marks` holds the part that last demanded an item, the second that with one
    inside.
    """
    last = 0
    while last < members.shape[0]:
        first = last
        number = part_of[members[first]]
        has_edge = False
        while last < members.shape[0] and part_of[members[last]] == number:
            state = members[last]
            for edge in range(edge_start[state], edge_start[state + 1]):
                item = edge_by[edge]
                if is_fair[item]:
                    marks[0, item] = number
                if part_of[edge_to[edge]] == number:
                    marks[1, item] = number
                    has_edge = True
            last += 1
        if not has_edge:
            continue
        is_met = True
        for item in range(is_fair.shape[0]):
            if marks[0, item] == number and marks[1, item] != number:
                is_met = False
        for at in range(first, last):
            state = members[at]
            if is_met:
                lasting[state] = True
                continue
            remaining[state] = True
            for edge in range(edge_start[state], edge_start[state + 1]):
                item = edge_by[edge]
                if marks[0, item] == number and marks[1, item] != number:
                    remaining[state] = False
