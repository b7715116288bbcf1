"""Answers as arrays for the compiled search, and how states are packed into words.

Knows how the arrays grow; what stands in them is said by `answers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from freezeframe.checking.asking.answers import Answers, Form, Tree, inserted
from freezeframe.properties import Property
from freezeframe.protocol.components import Component, Value
from freezeframe.protocol.system import System

from .kernel import NODE_SHIFT, OUT_OF_PLAY, POSITION_MASK, UNKNOWN, WORD_BITS

Ints = npt.NDArray[np.int64]


class Tables:
    """The tables of `system` and of the properties whose questions the search asks as it goes."""

    def __init__(self, system: System, properties: Sequence[Property]) -> None:
        """Number the initial values and lay out the items; every tree is still empty."""
        self.system = system
        self.answers = Answers(system, properties)
        self.properties = self.answers.properties
        self.numberings = self.answers.numberings
        self.initial = self.answers.initial
        self.guards = self.answers.guards
        self.rows = self.answers.rows
        self.forms = self.answers.forms
        self.items = self.answers.items
        self.n_rules = self.answers.n_rules
        self._ticks: dict[type[Component], dict[int, int]] = {kind: {} for kind in self.numberings}
        self._pack_parts()
        self._settle_widths()

    def value(self, slot: int, number: int) -> Value:
        """The value that `number` stands for in `slot`."""
        return self.numberings[self.system.slots[slot].kind].values[number]

    def fill_part(self, part: int, ids: Ints) -> bool:
        """Ask what part number `part` does in the state `ids`; True if widths changed and states
        must be repacked.
        """
        form_number, slots = self._parts[part]
        form = self.forms[form_number]
        numbers = ids[list(slots)].tolist()
        path, code = self.answers.ask(form, numbers)
        form.tree = inserted(form.tree, path, code)
        if self._widen():
            return True
        self._plant(form_number, path, code)
        return False

    def fill_tick(self, slot: int, ids: Ints) -> bool:
        """Ask what one unit of time does in `slot`; True if widths changed and states must be
        repacked.
        """
        kind = self.system.slots[slot].kind
        number = int(ids[slot])
        after = self.numberings[kind].number(self.system.tick(slot, self.value(slot, number)))
        self._ticks[kind][number] = after
        if self._widen():
            return True
        for other in self.ticking:
            if self.system.slots[other].kind is kind:
                self._set_tick(other, number, after)
        return False

    def pack(self, ids: Ints) -> Ints:
        """States given as one number a slot, packed into words."""
        words = np.zeros((ids.shape[0], self.width), np.int64)
        for slot in range(ids.shape[1]):
            words[:, self.slot_word[slot]] |= ids[:, slot] << self.slot_shift[slot]
        return words

    def unpack(self, words: Ints) -> Ints:
        """The reverse of `pack`, with the present widths."""
        return np.stack(
            [self.column(words, slot) for slot in range(len(self.system.slots))], axis=1
        )

    def column(self, words: Ints, slot: int) -> Ints:
        """The numbers in `slot` of every state of `words`."""
        shifted = words[:, self.slot_word[slot]] >> self.slot_shift[slot]
        return np.asarray(shifted & self.slot_mask[slot], np.int64)

    def rows_taken(self, part: int, ids: Ints) -> Ints:
        """The row of part number `part` in each state of `ids`, where it must be enabled."""
        slots = self.part_slots[self.part_slots_start[part] : self.part_slots_start[part + 1]]
        codes = np.full(len(ids), self.part_root[part])
        while (inner := np.flatnonzero((codes > OUT_OF_PLAY) & (codes & 1 == 0))).size:
            positions, offsets = codes[inner] >> 1 & POSITION_MASK, codes[inner] >> NODE_SHIFT
            codes[inner] = self.nodes[offsets + ids[inner, slots[positions]]]
        return codes >> 1

    @property
    def kernel_layout(self) -> tuple[Ints, Ints, Ints]:
        """What the kernel wants to know of how states are packed."""
        return self.slot_word, self.slot_shift, self.slot_mask

    @property
    def kernel_items(self) -> tuple[Any, ...]:
        """What the kernel wants to know of the items."""
        return (
            self.alive,
            self.alive_base,
            self.item_parts,
            self.part_root,
            self.part_slots_start,
            self.part_slots,
            self.item_property,
            self.item_is_fair,
            self.step_start,
            self.step_part,
            self.step_property,
        )

    @property
    def kernel_trees(self) -> tuple[Any, ...]:
        """What the kernel wants to know of the trees."""
        return (
            self.nodes,
            self.row_due,
            self.row_start,
            self.row_position,
            self.row_value,
        )

    @property
    def kernel_ticks(self) -> tuple[Ints, Ints, Ints]:
        """What the kernel wants to know of time."""
        return self.ticking, self.tick_base, self.tick

    def _pack_parts(self) -> None:
        parts = [part for item in self.items for part in item.parts]
        steps = [step for item in self.items[: self.n_rules] for step in item.step_parts]
        every = parts + [(form, slots) for form, slots, _ in steps]
        self._parts = every
        self.part_form = np.array([form for form, _ in every], np.int64)
        self.part_slots_start = _starts(len(slots) for _, slots in every)
        self.part_slots = np.array([slot for _, slots in every for slot in slots], np.int64)
        self.item_parts = _starts(len(item.parts) for item in self.items)
        self.item_property = np.array([item.property_bit for item in self.items], np.int64)
        self.item_is_fair = np.array([item.is_fair for item in self.items], np.bool_)
        self.step_start = _starts(len(item.step_parts) for item in self.items[: self.n_rules])
        self.step_part = np.arange(len(parts), len(every), dtype=np.int64)
        self.step_property = np.array([bit for _, _, bit in steps], np.int64)
        self._parts_of: dict[int, list[int]] = {}
        for part, (form, _) in enumerate(every):
            self._parts_of.setdefault(form, []).append(part)
        self._headed_by: dict[int, list[int]] = {}
        for number, item in enumerate(self.items):
            self._headed_by.setdefault(item.parts[0][0], []).append(number)

    # Arrays for the kernel
    def _widen(self) -> bool:
        if not any(each.overflows for each in self.numberings.values()):
            return False
        self._settle_widths()
        return True

    def _settle_widths(self) -> None:
        for numbering in self.numberings.values():
            while numbering.overflows:
                numbering.bits += 1
        self._pack_slots()
        self._pack_items()
        self._pack_trees()
        self._pack_ticks()

    def _bits(self, slot: int) -> int:
        return self.numberings[self.system.slots[slot].kind].bits

    def _pack_slots(self) -> None:
        n_slots = len(self.system.slots)
        self.slot_word = np.zeros(n_slots, np.int64)
        self.slot_shift = np.zeros(n_slots, np.int64)
        self.slot_mask = np.zeros(n_slots, np.int64)
        word = used = 0
        for slot in range(n_slots):
            bits = self._bits(slot)
            if used + bits > WORD_BITS:
                word, used = word + 1, 0
            self.slot_word[slot], self.slot_shift[slot] = word, used
            self.slot_mask[slot] = (1 << bits) - 1
            used += bits
        self.width = word + 1

    def _pack_items(self) -> None:
        self.item_words = -(-len(self.items) // WORD_BITS)
        lengths = [self.item_words << self._bits(slot) for slot in range(len(self.system.slots))]
        self.alive_base = _starts(lengths)
        rows = np.full((int(self.alive_base[-1]) // self.item_words, self.item_words), -1, np.int64)
        rows &= (1 << WORD_BITS) - 1
        rows[:, -1] = (1 << (len(self.items) - 1) % WORD_BITS + 1) - 1
        self.alive = rows.ravel()

    def _pack_trees(self) -> None:
        self.nodes = np.zeros(1 << 12, np.int64)
        self._nodes_used = 1
        self._pack_rows()
        self.part_root = np.zeros(self.part_form.size, np.int64)
        for number, form in enumerate(self.forms):
            self._set_root(number, self._planted(form, form.tree))
            if isinstance(form.tree, tuple):
                position, children = form.tree
                for value, child in children.items():
                    if child == OUT_OF_PLAY:
                        self._put_out_of_play(number, position, value)

    def _pack_rows(self) -> None:
        self.row_due = np.array([row.is_due for row in self.rows], np.bool_)
        self.row_start = _starts(len(row.changes) for row in self.rows)
        changes = [change for row in self.rows for change in row.changes]
        self.row_position = np.array([position for position, _ in changes], np.int64)
        self.row_value = np.array([value for _, value in changes], np.int64)

    def _pack_ticks(self) -> None:
        slots = self.system.slots
        ticking = [i for i, slot in enumerate(slots) if slot.kind.tick is not Component.tick]
        self.ticking = np.array(ticking, np.int64)
        self.tick_base = np.zeros(len(slots), np.int64)
        self.tick = np.full(sum(1 << self._bits(slot) for slot in ticking), -1, np.int64)
        used = 0
        for slot in ticking:
            self.tick_base[slot] = used
            for number, after in self._ticks[slots[slot].kind].items():
                self._set_tick(slot, number, after)
            used += 1 << self._bits(slot)

    def _set_tick(self, slot: int, number: int, after: int) -> None:
        self.tick[self.tick_base[slot] + number] = (number ^ after) << int(self.slot_shift[slot])

    def _set_root(self, form_number: int, code: int) -> None:
        for part in self._parts_of[form_number]:
            self.part_root[part] = code
        if code == OUT_OF_PLAY:
            for item in self._headed_by.get(form_number, ()):
                self.alive[item // WORD_BITS :: self.item_words] &= ~(1 << item % WORD_BITS)

    def _planted(self, form: Form, tree: Tree) -> int:
        if not isinstance(tree, tuple):
            return tree
        position, children = tree
        node = self._new_node(form, position)
        for value, child in children.items():
            self.nodes[(node >> NODE_SHIFT) + value] = self._planted(form, child)
        return node

    def _new_node(self, form: Form, position: int) -> int:
        size = 1 << self.numberings[form.kinds[position]].bits
        while self._nodes_used + size > self.nodes.shape[0]:
            self.nodes = np.concatenate([self.nodes, np.zeros_like(self.nodes)])
        offset = self._nodes_used
        self._nodes_used += size
        return offset << NODE_SHIFT | position << 1

    def _plant(self, form_number: int, path: Sequence[tuple[int, int]], code: int) -> None:
        """Enter one path into the arrays, where `_inserted` entered it into the tree."""
        form = self.forms[form_number]
        if len(self.rows) > self.row_due.shape[0]:
            self._pack_rows()
        if not path:
            self._set_root(form_number, code)
            return
        node = int(self.part_root[self._parts_of[form_number][0]])
        if node == UNKNOWN:
            node = self._new_node(form, path[0][0])
            self._set_root(form_number, node)
        for (_, value), (position, _) in pairwise(path):
            entry = (node >> NODE_SHIFT) + value
            if self.nodes[entry] == UNKNOWN:
                child = self._new_node(form, position)
                self.nodes[entry] = child
            node = int(self.nodes[entry])
        self.nodes[(node >> NODE_SHIFT) + path[-1][1]] = code
        if len(path) == 1 and code == OUT_OF_PLAY:
            self._put_out_of_play(form_number, *path[0])

    def _put_out_of_play(self, form_number: int, position: int, value: int) -> None:
        """Let the search skip every item whose first part does nothing with `value`.

        Those of later parts are tried, so that every guard is asked that the rules would ask.
        """
        for item in self._headed_by.get(form_number, ()):
            slot = self.items[item].parts[0][1][position]
            row = int(self.alive_base[slot]) + value * self.item_words
            self.alive[row + item // WORD_BITS] &= ~(1 << item % WORD_BITS)


def _starts(lengths: Any) -> Ints:  # noqa: ANN401
    return np.concatenate([[0], np.cumsum(list(lengths))]).astype(np.int64)
