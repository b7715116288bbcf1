"""Answers as arrays for the compiled search.

Knows how the arrays grow; what stands in them is said by `answers`, and in which order by `items`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from freezeframe.checking.asking.answers import Answers, Form, Leaf, Node, Path, Row
from freezeframe.properties import Property
from freezeframe.protocol.components import Component, Value
from freezeframe.protocol.instances import ModelError
from freezeframe.protocol.system import State, System

from .items import items_of
from .kernel import NODE_SHIFT, OUT_OF_PLAY, POSITION_MASK, UNKNOWN, WORD_BITS
from .packing import Ints, Packing

_PROPERTIES_MAX = 62
"""Each has a bit of a state's mark, and one bit marks a standstill."""


class Tables:
    """The tables of `system` and of the properties whose questions the search asks as it goes."""

    def __init__(self, system: System, properties: Sequence[Property]) -> None:
        """Number the initial values and lay out the items; every tree is still empty."""
        if len(properties) > _PROPERTIES_MAX:
            raise ModelError(
                f"expected at most {_PROPERTIES_MAX} properties, found {len(properties)}"
            )
        self.system = system
        self.properties = tuple(properties)
        self.answers = Answers(system)
        self.items = items_of(self.answers, properties)
        self.n_rules = len(system.instances)
        # Row 0 would share its code with OUT_OF_PLAY, so it is nobody's.
        self.rows = [Row()]
        self._code_of: dict[Row, int] = {}
        self.bits = dict.fromkeys(self.answers.numberings, 1)
        """For each kind of component, how many bits the number of a value takes."""
        self._pack_parts()
        self._settle_widths()

    def value(self, slot: int, number: int) -> Value:
        """The value that `number` stands for in `slot`."""
        return self.answers.value(slot, number)

    def state(self, words: Ints) -> State:
        """The values of the one state that is packed into `words`."""
        numbers = self.packing.unpack(words[np.newaxis])[0].tolist()
        return tuple(self.value(slot, number) for slot, number in enumerate(numbers))

    def fill_part(self, part: int, ids: Ints) -> bool:
        """Ask what part number `part` does in the state `ids`; True if widths changed and states
        must be repacked.
        """
        form_number, slots = self._parts[part]
        path, leaf = self.forms[form_number].ask(ids[list(slots)].tolist())
        if self._widen():
            return True
        self._plant(form_number, path, self._code(leaf))
        return False

    def fill_tick(self, slot: int, ids: Ints) -> bool:
        """Ask what one unit of time does in `slot`; True if widths changed and states must be
        repacked.
        """
        number = int(ids[slot])
        after = self.answers.tick(slot, number)
        if self._widen():
            return True
        for other in self.ticking:
            if self.system.slots[other].kind is self.system.slots[slot].kind:
                self._set_tick(other, number, after)
        return False

    def rows_taken(self, part: int, ids: Ints) -> Ints:
        """The row of part number `part` in each state of `ids`, where it must be enabled."""
        slots = self.part_slots[self.part_slots_start[part] : self.part_slots_start[part + 1]]
        codes = np.full(len(ids), self.part_root[part])
        while (inner := np.flatnonzero((codes > OUT_OF_PLAY) & (codes & 1 == 0))).size:
            positions, offsets = codes[inner] >> 1 & POSITION_MASK, codes[inner] >> NODE_SHIFT
            codes[inner] = self.nodes[offsets + ids[inner, slots[positions]]]
        return codes >> 1

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
            self.item_may_clash,
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
        steps = [step for item in self.items for step in item.steps]
        every = parts + [asked for asked, _ in steps]
        self.forms = list(dict.fromkeys(form for form, _ in every))
        number_of = {form: number for number, form in enumerate(self.forms)}
        self._parts = [(number_of[form], slots) for form, slots in every]
        self.part_form = np.array([form for form, _ in self._parts], np.int64)
        self.part_slots_start = _starts(len(slots) for _, slots in every)
        self.part_slots = np.array([slot for _, slots in every for slot in slots], np.int64)
        self.item_parts = _starts(len(item.parts) for item in self.items)
        self.item_property = np.array([item.property_bit for item in self.items], np.int64)
        self.item_is_fair = np.array([item.is_fair for item in self.items], np.bool_)
        self.item_may_clash = np.array([item.may_clash for item in self.items], np.bool_)
        self.step_start = _starts(len(item.steps) for item in self.items[: self.n_rules])
        self.step_part = np.arange(len(parts), len(every), dtype=np.int64)
        self.step_property = np.array([bit for _, bit in steps], np.int64)
        self._parts_of: dict[int, list[int]] = {}
        for part, (form, _) in enumerate(self._parts):
            self._parts_of.setdefault(form, []).append(part)
        self._headed_by: dict[int, list[int]] = {}
        for number, item in enumerate(self.items):
            self._headed_by.setdefault(number_of[item.parts[0][0]], []).append(number)

    def _code(self, leaf: Leaf) -> int:
        """What stands for a leaf in the arrays."""
        if leaf.row is None:
            return OUT_OF_PLAY
        code = self._code_of.get(leaf.row)
        if code is None:
            code = self._code_of[leaf.row] = len(self.rows) << 1 | 1
            self.rows.append(leaf.row)
        return code

    # Arrays for the kernel
    def _widen(self) -> bool:
        numberings = self.answers.numberings.items()
        if all(len(each.values) <= 1 << self.bits[kind] for kind, each in numberings):
            return False
        self._settle_widths()
        return True

    def _settle_widths(self) -> None:
        for kind, each in self.answers.numberings.items():
            while len(each.values) > 1 << self.bits[kind]:
                self.bits[kind] += 1
        self.packing = Packing([self.bits[slot.kind] for slot in self.system.slots])
        self._pack_items()
        self._pack_trees()
        self._pack_ticks()

    def _pack_items(self) -> None:
        self.item_words = -(-len(self.items) // WORD_BITS)
        lengths = [self.item_words << bits for bits in self.packing.bits]
        self.alive_base = _starts(lengths)
        rows = np.full((int(self.alive_base[-1]) // self.item_words, self.item_words), -1, np.int64)
        rows &= (1 << WORD_BITS) - 1
        rows[:, -1] = (1 << (len(self.items) - 1) % WORD_BITS + 1) - 1
        self.alive = rows.ravel()

    def _pack_trees(self) -> None:
        self.nodes = np.zeros(1 << 12, np.int64)
        self._nodes_used = 1
        self.part_root = np.zeros(self.part_form.size, np.int64)
        for number, form in enumerate(self.forms):
            self._set_root(number, self._planted(form, form.root))
            if isinstance(form.root, tuple):
                position, children = form.root
                for value, child in children.items():
                    if isinstance(child, Leaf) and child.row is None:
                        self._put_out_of_play(number, position, value)
        self._pack_rows()

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
        self.tick = np.full(sum(1 << self.packing.bits[slot] for slot in ticking), -1, np.int64)
        used = 0
        for slot in ticking:
            self.tick_base[slot] = used
            for number, after in self.answers.ticks[slots[slot].kind].items():
                self._set_tick(slot, number, after)
            used += 1 << self.packing.bits[slot]

    def _set_tick(self, slot: int, number: int, after: int) -> None:
        self.tick[self.tick_base[slot] + number] = (number ^ after) << int(self.packing.shift[slot])

    def _set_root(self, form_number: int, code: int) -> None:
        for part in self._parts_of[form_number]:
            self.part_root[part] = code
        if code == OUT_OF_PLAY:
            for item in self._headed_by.get(form_number, ()):
                self.alive[item // WORD_BITS :: self.item_words] &= ~(1 << item % WORD_BITS)

    def _planted(self, form: Form, tree: Node) -> int:
        if tree is None:
            return UNKNOWN
        if isinstance(tree, Leaf):
            return self._code(tree)
        position, children = tree
        node = self._new_node(form, position)
        for value, child in children.items():
            self.nodes[(node >> NODE_SHIFT) + value] = self._planted(form, child)
        return node

    def _new_node(self, form: Form, position: int) -> int:
        size = 1 << self.bits[form.kinds[position]]
        while self._nodes_used + size > self.nodes.shape[0]:
            self.nodes = np.concatenate([self.nodes, np.zeros_like(self.nodes)])
        offset = self._nodes_used
        self._nodes_used += size
        return offset << NODE_SHIFT | position << 1

    def _plant(self, form_number: int, path: Path, code: int) -> None:
        """Enter one path into the arrays, which the tree holds already."""
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
