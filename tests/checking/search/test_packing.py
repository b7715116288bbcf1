"""States come out of their words as they went in, whatever the widths of their numbers."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from freezeframe.checking.search.kernel import WORD_BITS
from freezeframe.checking.search.packing import Packing

widths = st.lists(st.integers(1, 20), min_size=1, max_size=40)


@given(st.data(), widths)
def test_unpacking_undoes_packing(data: st.DataObject, bits: list[int]) -> None:
    packing = Packing(bits)
    row = st.tuples(*[st.integers(0, (1 << width) - 1) for width in bits])
    ids = np.array(data.draw(st.lists(row, min_size=1, max_size=4)), np.int64)
    words = packing.pack(ids)
    assert (packing.unpack(words) == ids).all()
    assert (words >= 0).all()
    assert words.shape == (len(ids), packing.n_words)


@given(widths)
def test_no_number_is_split_and_no_word_is_empty(bits: list[int]) -> None:
    packing = Packing(bits)
    assert all(shift + width <= WORD_BITS for shift, width in zip(packing.shift, bits, strict=True))
    assert sorted(set(packing.word.tolist())) == list(range(packing.n_words))
