"""A simulated guest: real bytes that it writes while it runs, and a clock that it keeps.

Owns memory and clock of one VM. It must not know why it runs or stands still.
"""

from __future__ import annotations

import hashlib
from random import Random
from typing import Final

from freezeframe.adapters.values import Sampling

PAGE_BYTES: Final = 4096
WRITE_EVERY_MS: Final = 20
"""A running guest writes a word, and adds a heartbeat, each time so much of its time has passed."""

_WORD_BYTES: Final = 8


class Guest:
    """A guest of `pages` pages; everything it writes follows from `seed` and how long it ran.

    It keeps a second copy of all it wrote, out of the hypervisor's reach, and so can tell whether
    its memory is what it left there.
    """

    def __init__(self, pages: int, seed: str) -> None:
        """Be off, with clear memory."""
        self._random = Random(seed)  # noqa: S311 (repeatable, not secret)
        self._pages = pages
        self.memory = bytearray(pages * PAGE_BYTES)
        self._own_copy = bytearray(self.memory)
        self._ran_ms = 0
        self._since_ms: int | None = None
        self._stood_ms: int | None = None
        self.boots = 0
        self.heartbeats = 0
        self.clock_offset_ms = 0
        """How far its clock is ahead of its host's."""

    @property
    def runs(self) -> bool:
        """Whether its virtual CPUs run."""
        return self._since_ms is not None

    @property
    def finds_memory_intact(self) -> bool:
        """Whether its memory is what it left there."""
        return self.memory == self._own_copy

    def boot(self, now_ms: int) -> None:
        """Start with new memory and the host's time."""
        self.memory[:] = self._random.randbytes(len(self.memory))
        self._own_copy[:] = self.memory
        self.clock_offset_ms = 0
        self.boots += 1
        self._stood_ms = None
        self.go(now_ms)

    def go(self, now_ms: int) -> None:
        """Start the virtual CPUs; the clock is behind by the time they stood still."""
        if self._stood_ms is not None:
            self.clock_offset_ms -= now_ms - self._stood_ms
        self._since_ms, self._stood_ms = now_ms, None

    def stand(self, now_ms: int) -> None:
        """Stop the virtual CPUs; memory and clock stay as they are."""
        self.settle(now_ms)
        self._since_ms, self._stood_ms = None, now_ms

    def settle(self, now_ms: int) -> None:
        """Write what it has written until now."""
        if self._since_ms is None:
            return
        self._ran_ms += now_ms - self._since_ms
        self._since_ms = now_ms
        while self.heartbeats < self._ran_ms // WRITE_EVERY_MS:
            self.heartbeats += 1
            start = self._random.randrange(len(self.memory) // _WORD_BYTES) * _WORD_BYTES
            word = self._random.randbytes(_WORD_BYTES)
            self.memory[start : start + _WORD_BYTES] = word
            self._own_copy[start : start + _WORD_BYTES] = word

    def lose_memory(self) -> None:
        """Have a page of its memory destroyed by others; it notices when it looks."""
        start = self._random.randrange(self._pages) * PAGE_BYTES
        page = self.memory[start : start + PAGE_BYTES]
        self.memory[start : start + PAGE_BYTES] = bytes((each + 1) % 256 for each in page)

    def digest(self, sampling: Sampling | None) -> tuple[str, int]:
        """A digest of memory or of sampled pages of it, and the bytes that it covers."""
        pages = range(self._pages)
        if sampling is not None:
            chosen = Random(sampling.seed).sample(pages, min(sampling.pages, self._pages))  # noqa: S311 (repeatable)
        else:
            chosen = list(pages)
        digest = hashlib.blake2b(digest_size=16)
        for page in sorted(chosen):
            digest.update(self.memory[page * PAGE_BYTES : (page + 1) * PAGE_BYTES])
        return digest.hexdigest(), len(chosen) * PAGE_BYTES
