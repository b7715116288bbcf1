"""What the table of a witness guest must be, worked out without the guest.

Owns the same arithmetic as guest/witness.c, in another language; `witness.py` describes it. It
must not know of heartbeats.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WORDS = 512
"""Words of 64 bits in a page."""

_GAMMA, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_FACTOR = 0x5851F42D4C957F2D
_MODULUS = 2**64

_Words = NDArray[np.uint64]


class Table:
    """The table of a guest with this seed, first as it is after no rewriting."""

    def __init__(self, seed: int, pages: int) -> None:
        """Work the whole table out, which takes some 10 ms for 256 pages."""
        self._seed, self._pages, self._rewrites = seed, pages, 0
        self._page_factor = pow(_FACTOR, WORDS, _MODULUS)
        powers = np.full(WORDS, _FACTOR, dtype=np.uint64)
        powers[0] = 1
        self._powers: _Words = np.cumprod(powers, dtype=np.uint64)[::-1]
        self._sums = self._page_sums(0, pages)
        self._checksum = 0
        for each in self._sums:
            self._checksum = (self._checksum * self._page_factor + each) % _MODULUS

    def can_reach(self, rewrites: int) -> bool:
        """Return whether the table is not yet beyond so many rewritings."""
        return self._rewrites <= rewrites

    def checksum_after(self, rewrites: int) -> int:
        """Go on to so many rewritings; return the checksum of the table then.

        Raises:
            ValueError: The table is beyond that already.

        """
        if not self.can_reach(rewrites):
            raise ValueError(f"expected at least {self._rewrites} rewritings, found {rewrites}")
        if rewrites - self._rewrites > self._pages:  # each page would be written more than once
            self._rewrites = rewrites - self._pages
        # Writing page p for the g-th time is writing number g * pages + p, counted from the start.
        new = self._page_sums(self._rewrites + self._pages, rewrites + self._pages)
        for number, each in enumerate(new, start=self._rewrites):
            page = number % self._pages
            place = pow(self._page_factor, self._pages - 1 - page, _MODULUS)
            self._checksum = (self._checksum + (each - self._sums[page]) * place) % _MODULUS
            self._sums[page] = each
        self._rewrites = rewrites
        return self._checksum

    def _page_sums(self, start: int, stop: int) -> list[int]:
        """Return the polynomials of the pages written by the writings of these numbers."""
        index = np.arange(start * WORDS + 1, stop * WORDS + 1, dtype=np.uint64)
        word: _Words = _word(self._seed) + _word(_GAMMA) * index
        word = (word ^ (word >> _word(30))) * _word(_FIRST)
        word = (word ^ (word >> _word(27))) * _word(_SECOND)
        word ^= word >> _word(31)
        sums = (word.reshape(-1, WORDS) * self._powers).sum(axis=1, dtype=np.uint64)
        return [int(each) for each in sums]


def _word(value: int) -> _Words:
    """Return a word as an array of one, which unlike a number of numpy's wraps without warning."""
    return np.array([value % _MODULUS], dtype=np.uint64)
