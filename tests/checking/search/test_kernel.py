"""The table of states tells states apart by all that they are, not by what is kept of their
hashes.
"""

from __future__ import annotations

import numpy as np

from freezeframe.checking.search import kernel

STATES = 1 << 18
"""So many that some share their tag: about sixteen pairs, as birthdays of 2**31 days go."""


def test_states_with_one_tag_that_differ_in_their_last_word_are_two() -> None:
    """And each is found again."""
    states = np.zeros((STATES, 2), np.int64)
    states[:, 1] = np.arange(STATES)
    words, table = np.empty_like(states), np.zeros(4 * STATES, np.int64)
    found, tags = np.empty(STATES, np.uint32), np.zeros(STATES + 1, np.int64)
    known = kernel.enter(STATES, 0, 0, words, table, found, states, tags)
    assert len(np.unique(tags[:STATES])) < STATES
    assert known == STATES
    assert (words == states).all()
    backwards = np.ascontiguousarray(states[::-1])
    assert kernel.enter(STATES, known, 0, words, table, found, backwards, tags) == known
    assert (found == np.arange(STATES)[::-1]).all()
