"""The search proper: one compiled loop over tables, the same for every model.

Knows nothing of rules, fleets or properties: it sees numbered values in numbered slots, and for
each item (an instance of a rule, or a question) a decision tree over slots. A tree's code is 0
where nobody asked before, 1 where the item is out of play, odd above that for a row, and otherwise
twice the offset of a node: the position of the slot to look at, followed by a code for each value
of it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

DONE: Final = 0
MISSING_PART: Final = 1
MISSING_TICK: Final = 2
FULL: Final = 3

UNKNOWN: Final = 0
OUT_OF_PLAY: Final = 1

WORD_BITS: Final = 62
"""Bits used of a signed 64-bit word, so that no shift meets the sign."""

STUCK: Final = 1 << 31
"""Mark of a state after which nothing that can be relied upon changes anything."""

_DE_BRUIJN: Final = 0x03F79D71B4CB0A89
_BIT_OF = np.zeros(64, np.int64)
for _bit in range(64):
    _BIT_OF[((_DE_BRUIJN << _bit) & ((1 << 64) - 1)) >> 58] = _bit
_MIX: Final = 0x2545F4914F6CDD1D
_TAG: Final = 0x7FFFFFFF


@njit(cache=True)
def _hashed(buffer, row, width):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    value = np.int64(0)
    for word in range(width):
        value = (value ^ buffer[row, word]) * np.int64(_MIX)
        value ^= (value >> 29) & np.int64(0x7FFFFFFFF)
    value *= np.int64(_MIX)
    return value ^ ((value >> 32) & np.int64(0xFFFFFFFF))


@njit(cache=True)
def _find(table, hashed, buffer, row, words, width):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Where in `table` the state in `buffer[row]` is, or is to go: (place, index or -1)."""
    mask = table.shape[0] - 1
    place = hashed & mask
    tag = (hashed >> 33) & np.int64(_TAG)
    while table[place] != 0:
        entry = table[place]
        if entry >> 32 == tag:
            index = (entry & np.int64(0xFFFFFFFF)) - 1
            same = True
            for word in range(width):
                if words[index, word] != buffer[row, word]:
                    same = False
                    break
            if same:
                return place, index
        place = (place + 1) & mask
    return place, np.int64(-1)


@njit(cache=True)
def rehash(words, count, width, table):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Enter the first `count` states of `words`, all different, into the empty `table`."""
    mask = table.shape[0] - 1
    for index in range(count):
        hashed = _hashed(words, index, width)
        place = hashed & mask
        while table[place] != 0:
            place = (place + 1) & mask
        table[place] = (((hashed >> 33) & np.int64(_TAG)) << 32) | np.int64(index + 1)


@njit(cache=True)
def _leaf(code, nodes, part_slots, base, ids):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    while code > 1 and code & 1 == 0:
        offset = code >> 1
        code = nodes[offset + 1 + ids[part_slots[base + nodes[offset]]]]
    return code


@njit(cache=True)
def expand(  # type: ignore[no-untyped-def]  # noqa: ANN201, C901, PLR0912, PLR0915
    # One loop, on purpose: calls with this many arrays would cost more than the work in them.
    start,  # noqa: ANN001
    stop,  # noqa: ANN001
    n_states,  # noqa: ANN001
    n_edges,  # noqa: ANN001
    store,  # noqa: ANN001
    layout,  # noqa: ANN001
    items,  # noqa: ANN001
    trees,  # noqa: ANN001
    ticks,  # noqa: ANN001
    ids,  # noqa: ANN001
    scratch,  # noqa: ANN001
):
    """Expand the states from `start` up to, but not including, `stop`.

    Returns (why it returned, the state reached, the part or slot that is missing, states, edges). A
    state is either expanded completely or not at all, so the caller can supply what is missing and
    go on with the state reached.
    """
    words, table, marks, edge_start, edge_to, edge_by = store
    slot_word, slot_shift, slot_mask = layout
    (
        bucket_start,
        bucket_words,
        bucket_items,
        alive,
        alive_base,
        item_parts,
        part_form,
        part_slots_start,
        part_slots,
        item_property,
        item_is_fair,
        step_start,
        step_part,
        step_property,
    ) = items
    form_root, nodes, row_due, row_start, row_position, row_value = trees
    ticking, tick_base, tick = ticks
    buffer, by, hashes, part_rows = scratch
    n_slots = slot_word.shape[0]
    n_rules = step_start.shape[0] - 1
    width = words.shape[1]

    for state in range(start, stop):
        if (
            n_states + buffer.shape[0] > words.shape[0]
            or n_edges + buffer.shape[0] > edge_to.shape[0]
        ):
            return FULL, state, 0, n_states, n_edges
        for slot in range(n_slots):
            ids[slot] = (words[state, slot_word[slot]] >> slot_shift[slot]) & slot_mask[slot]
        count = 0
        mark = np.int64(STUCK)
        must_wait = False
        for slot in range(n_slots):
            row_of_bits = alive_base[slot] + ids[slot] * bucket_words[slot]
            for word in range(bucket_words[slot]):
                bits = alive[row_of_bits + word]
                while bits != 0:
                    lowest = bits & -bits
                    bits ^= lowest
                    bit = _BIT_OF[((lowest * np.int64(_DE_BRUIJN)) >> 58) & 63]
                    item = bucket_items[bucket_start[slot] + word * WORD_BITS + bit]
                    first, last = item_parts[item], item_parts[item + 1]
                    is_enabled = True
                    for part in range(first, last):
                        code = _leaf(
                            form_root[part_form[part]],
                            nodes,
                            part_slots,
                            part_slots_start[part],
                            ids,
                        )
                        if code == UNKNOWN:
                            return MISSING_PART, state, part, n_states, n_edges
                        if code == OUT_OF_PLAY:
                            is_enabled = False
                            break
                        part_rows[part - first] = code >> 1
                    if not is_enabled:
                        continue
                    if item >= n_rules:
                        mark |= np.int64(1) << item_property[item]
                        continue
                    for other in range(width):
                        buffer[count, other] = words[state, other]
                    has_steps = step_start[item + 1] > step_start[item]
                    if has_steps:
                        for other in range(n_slots):
                            ids[n_slots + other] = ids[other]
                    is_change = False
                    for part in range(first, last):
                        row = part_rows[part - first]
                        if row_due[row]:
                            must_wait = True
                        for change in range(row_start[row], row_start[row + 1]):
                            changed = part_slots[part_slots_start[part] + row_position[change]]
                            value = row_value[change]
                            where = slot_word[changed]
                            shift = slot_shift[changed]
                            buffer[count, where] = (
                                buffer[count, where] & ~(slot_mask[changed] << shift)
                            ) | (value << shift)
                            is_change = True
                            ids[n_slots + changed] = value
                    for step in range(step_start[item], step_start[item + 1]):
                        part = step_part[step]
                        code = _leaf(
                            form_root[part_form[part]],
                            nodes,
                            part_slots,
                            part_slots_start[part],
                            ids,
                        )
                        if code == UNKNOWN:
                            return MISSING_PART, state, part, n_states, n_edges
                        if code != OUT_OF_PLAY:
                            mark |= np.int64(1) << step_property[step]
                    if is_change and item_is_fair[item]:
                        mark &= ~np.int64(STUCK)
                    by[count] = item
                    count += 1
        if not must_wait:
            for other in range(width):
                buffer[count, other] = words[state, other]
            for index in range(ticking.shape[0]):
                slot = ticking[index]
                value = tick[tick_base[slot] + ids[slot]]
                if value < 0:
                    return MISSING_TICK, state, slot, n_states, n_edges
                if value != ids[slot]:
                    mark &= ~np.int64(STUCK)
                    where = slot_word[slot]
                    shift = slot_shift[slot]
                    buffer[count, where] = (buffer[count, where] & ~(slot_mask[slot] << shift)) | (
                        value << shift
                    )
            by[count] = n_rules
            count += 1
        marks[state] = mark
        edge_start[state] = n_edges
        for row in range(count):
            hashes[row] = _hashed(buffer, row, width)
        # The places are looked up before any is used, so that the waits for memory overlap.
        seen = np.int64(0)
        for row in range(count):
            seen ^= table[hashes[row] & (table.shape[0] - 1)]
        hashes[count] = seen
        for row in range(count):
            place, index = _find(table, hashes[row], buffer, row, words, width)
            if index < 0:
                index = np.int64(n_states)
                for word in range(width):
                    words[index, word] = buffer[row, word]
                table[place] = (((hashes[row] >> 33) & np.int64(_TAG)) << 32) | (index + 1)
                n_states += 1
            edge_to[n_edges] = index
            edge_by[n_edges] = by[row]
            n_edges += 1
    return DONE, stop, 0, n_states, n_edges
