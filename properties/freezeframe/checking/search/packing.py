"""How states are packed into words: where the number of each component's value stands.

It must not know what the numbers mean.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .kernel import WORD_BITS

Ints = npt.NDArray[np.int64]


class Packing:
    """A place for each slot, in as few words as slots fill that are not split."""

    def __init__(self, bits: Sequence[int]) -> None:
        """Give the slot number i as many as `bits[i]` bits."""
        self.bits = tuple(bits)
        word = used = 0
        places = []
        for width in self.bits:
            if used + width > WORD_BITS:
                word, used = word + 1, 0
            places.append((word, used, (1 << width) - 1))
            used += width
        self.n_words = word + 1
        self.word, self.shift, self.mask = np.array(places, np.int64).T.copy()

    @property
    def layout(self) -> tuple[Ints, Ints, Ints]:
        """For each slot the word, how far it is shifted there, and a mask of its bits."""
        return self.word, self.shift, self.mask

    def pack(self, ids: Ints) -> Ints:
        """States given as one number a slot, packed into words."""
        words = np.zeros((ids.shape[0], self.n_words), np.int64)
        for slot in range(ids.shape[1]):
            words[:, self.word[slot]] |= ids[:, slot] << self.shift[slot]
        return words

    def unpack(self, words: Ints) -> Ints:
        """The reverse of `pack`."""
        return np.stack([self.column(words, slot) for slot in range(len(self.bits))], axis=1)

    def column(self, words: Ints, slot: int) -> Ints:
        """The numbers in `slot` of every state of `words`."""
        return np.asarray(words[:, self.word[slot]] >> self.shift[slot] & self.mask[slot], np.int64)
