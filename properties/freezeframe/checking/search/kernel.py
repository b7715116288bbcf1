"""The search proper: one compiled loop over tables, the same for every model.

Knows nothing of rules, fleets or properties: it sees numbered values in numbered slots, and for
each item (an instance of a rule, or a question) a decision tree over slots for each of its parts. A
tree is a code: UNKNOWN where nobody asked before, OUT_OF_PLAY, odd above that for a row, and
otherwise a node: `offset << NODE_SHIFT | position << 1`, where `position` says which of the part's
slots to look at, and `nodes` has a code for each value of it from `offset` on.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from .machine_code import Helper
from .native import native

DONE: Final = 0
MISSING_PART: Final = 1
MISSING_TICK: Final = 2
CLASH: Final = 3

UNKNOWN: Final = 0
OUT_OF_PLAY: Final = 1
POSITION_MASK: Final = 0xFF
NODE_SHIFT: Final = 9

WORD_BITS: Final = 62
"""Bits used of a signed 64-bit word, so that no shift meets the sign."""

STUCK: Final = 1 << 62
"""Mark of a state after which nothing that can be relied upon changes anything."""

_DE_BRUIJN: Final = 0x03F79D71B4CB0A89
_BIT_OF = np.zeros(64, np.int64)
for _bit in range(64):
    _BIT_OF[((_DE_BRUIJN << _bit) & ((1 << 64) - 1)) >> 58] = _bit
_MIX: Final = 0x2545F4914F6CDD1D


INDEX_BITS: Final = 32
TAG_BITS: Final = 31
"""An entry of the table of states is `tag << INDEX_BITS | index`, and 0 where there is none. A tag
is never 0, and its high bits say where the entry belongs.
"""

STATES_MAX: Final = 3 << (TAG_BITS - 2)
"""As many as the largest table takes at the fullest that it may be."""

_INDEX_MASK: Final = (1 << INDEX_BITS) - 1


@Helper
def _hashed(states, row, width):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """A number below 2**63 whose high bits depend on every bit of the state."""
    value = np.int64(0)
    for word in range(width):
        value = (value ^ states[row, word]) * np.int64(_MIX)
        value ^= (value >> 29) & np.int64(0x7FFFFFFFF)
    return ((value * np.int64(_MIX)) & np.int64(0x7FFFFFFFFFFFFFFF)) | (1 << INDEX_BITS)


@native(results=0)
def spread(table, larger):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Enter all that is in `table` into the empty `larger`; both are gone through in order."""
    shift, mask = _shift_of(larger), larger.shape[0] - 1
    for entry in table:
        if entry != 0:
            place = entry >> INDEX_BITS >> shift
            while larger[place] != 0:
                place = (place + 1) & mask
            larger[place] = entry


@Helper
def _shift_of(table):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """How far to shift a tag to the right for its place in `table`, which is a power of two."""
    shift = TAG_BITS
    size = table.shape[0]
    while size > 1:
        size >>= 1
        shift -= 1
    return shift


@native(results=1)
def enter(count, n_states, n_edges, words, table, edge_to, pending, tags):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, C901, PLR0917
    """Look up the first `count` states of `pending`, enter those that are new, and note the edges.

    Returns how many states there are then. All places are looked at before any is used, so that the
    waits for memory overlap; `tags` keeps what was seen at its end, lest that be left out. There
    must be room for all of them in all arrays, and a quarter of `table` must stay empty.
    """
    width = words.shape[1]
    shift, mask = _shift_of(table), table.shape[0] - 1
    seen = np.int64(0)
    for row in range(count):
        tags[row] = _hashed(pending, row, width) >> INDEX_BITS
    for row in range(count):
        seen ^= table[tags[row] >> shift]
    for row in range(count):
        seen ^= words[table[tags[row] >> shift] & _INDEX_MASK, 0]
    tags[count] = seen
    for row in range(count):
        tag = tags[row]
        place = tag >> shift
        index = np.int64(-1)
        while index < 0:
            entry = table[place]
            if entry == 0:
                index = np.int64(n_states)
                for word in range(width):
                    words[index, word] = pending[row, word]
                table[place] = tag << INDEX_BITS | index
                n_states += 1
            elif entry >> INDEX_BITS == tag:
                index = entry & _INDEX_MASK
                for word in range(width):
                    if words[index, word] != pending[row, word]:
                        index = np.int64(-1)
                        break
            place = (place + 1) & mask
        edge_to[n_edges + row] = index
    return n_states


@Helper
def _leaf(code, nodes, part_slots, base, ids):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    while code & 1 == 0 and code != UNKNOWN:
        code = nodes[(code >> NODE_SHIFT) + ids[part_slots[base + (code >> 1 & POSITION_MASK)]]]
    return code


@native(results=4)
def successors(  # type: ignore[no-untyped-def]  # noqa: ANN201, C901, PLR0912, PLR0915, PLR0917
    # One loop, on purpose: calls with this many arrays would cost more than the work in them.
    start,  # noqa: ANN001
    stop,  # noqa: ANN001
    room,  # noqa: ANN001
    n_edges,  # noqa: ANN001
    store,  # noqa: ANN001
    layout,  # noqa: ANN001
    items,  # noqa: ANN001
    trees,  # noqa: ANN001
    ticks,  # noqa: ANN001
    scratch,  # noqa: ANN001
):
    """Write the successors of states from `start` up to, not including, `stop` into `pending`.

    Stops when there may be no `room` for those of another state; the first always has it. Returns
    (why it stopped, the state reached, the part or slot that is missing or the item whose parts
    change one slot at once, successors). A state is either expanded completely or not at all, so
    the caller can supply what is missing and go on with the state reached.
    """
    words, marks, edge_start, edge_by = store
    ids, part_rows, pending = scratch
    slot_word, slot_shift, slot_mask = layout
    (
        alive,
        alive_base,
        item_parts,
        part_root,
        part_slots_start,
        part_slots,
        item_property,
        item_is_fair,
        item_may_clash,
        step_start,
        step_part,
        step_property,
    ) = items
    nodes, row_due, row_start, row_position, row_value = trees
    ticking, tick_base, tick = ticks
    n_slots = slot_word.shape[0]
    n_rules = step_start.shape[0] - 1
    n_words = (item_parts.shape[0] - 2) // WORD_BITS + 1
    width = words.shape[1]

    count = np.int64(0)
    for state in range(start, stop):
        if count > 0 and count + n_rules + 1 > room:
            return DONE, np.int64(state), np.int64(0), count
        first = count
        for slot in range(n_slots):
            ids[slot] = (words[state, slot_word[slot]] >> slot_shift[slot]) & slot_mask[slot]
        mark = np.int64(STUCK)
        must_wait = False
        for word in range(n_words):
            bits = alive[alive_base[0] + ids[0] * n_words + word]
            for slot in range(1, n_slots):
                bits &= alive[alive_base[slot] + ids[slot] * n_words + word]
            while bits != 0:
                lowest = bits & -bits
                bits ^= lowest
                bit = _BIT_OF[((lowest * np.int64(_DE_BRUIJN)) >> 58) & 63]
                item = word * WORD_BITS + bit
                first_part, last_part = item_parts[item], item_parts[item + 1]
                is_enabled = True
                for part in range(first_part, last_part):
                    code = _leaf(
                        part_root[part],
                        nodes,
                        part_slots,
                        part_slots_start[part],
                        ids,
                    )
                    if code == UNKNOWN:
                        return MISSING_PART, np.int64(state), np.int64(part), first
                    if code == OUT_OF_PLAY:
                        is_enabled = False
                        break
                    part_rows[part - first_part] = code >> 1
                if not is_enabled:
                    continue
                if item >= n_rules:
                    mark |= np.int64(1) << item_property[item]
                    continue
                if item_may_clash[item]:
                    for slot in range(n_slots):
                        ids[n_slots + slot] = 0
                    for part in range(first_part, last_part):
                        row = part_rows[part - first_part]
                        for change in range(row_start[row], row_start[row + 1]):
                            changed = part_slots[part_slots_start[part] + row_position[change]]
                            ids[n_slots + changed] += 1
                            if ids[n_slots + changed] > 1:
                                return CLASH, np.int64(state), np.int64(item), first
                for other in range(width):
                    pending[count, other] = words[state, other]
                has_steps = step_start[item + 1] > step_start[item]
                if has_steps:
                    for other in range(n_slots):
                        ids[n_slots + other] = ids[other]
                is_change = False
                for part in range(first_part, last_part):
                    row = part_rows[part - first_part]
                    if row_due[row]:
                        must_wait = True
                    for change in range(row_start[row], row_start[row + 1]):
                        changed = part_slots[part_slots_start[part] + row_position[change]]
                        value = row_value[change]
                        where = slot_word[changed]
                        shift = slot_shift[changed]
                        pending[count, where] = (
                            pending[count, where] & ~(slot_mask[changed] << shift)
                        ) | (value << shift)
                        is_change = True
                        ids[n_slots + changed] = value
                for step in range(step_start[item], step_start[item + 1]):
                    part = step_part[step]
                    code = _leaf(
                        part_root[part],
                        nodes,
                        part_slots,
                        part_slots_start[part],
                        ids,
                    )
                    if code == UNKNOWN:
                        return MISSING_PART, np.int64(state), np.int64(part), first
                    if code != OUT_OF_PLAY:
                        mark |= np.int64(1) << step_property[step]
                if is_change and item_is_fair[item]:
                    mark &= ~np.int64(STUCK)
                edge_by[n_edges + count] = item
                count += 1
        if not must_wait:
            for other in range(width):
                pending[count, other] = words[state, other]
            moved = np.int64(0)
            for index in range(ticking.shape[0]):
                slot = ticking[index]
                change = tick[tick_base[slot] + ids[slot]]
                if change < 0:
                    return MISSING_TICK, np.int64(state), np.int64(slot), first
                moved |= change
                pending[count, slot_word[slot]] ^= change
            if moved != 0:
                mark &= ~np.int64(STUCK)
            edge_by[n_edges + count] = n_rules
            count += 1
        marks[state] = mark
        edge_start[state] = n_edges + first
    return DONE, stop, np.int64(0), count
