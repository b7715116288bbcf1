"""Digests of memory, as fast as it can be read.

Owns how bytes become a digest. Each piece has a CRC-32, which runs at the speed of memory on any
machine, and the digest is a BLAKE2b over places and checksums of all pieces. It tells a changed
page with a chance of one in 2**32 to miss it; it is no protection against somebody who forges
memory.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

PIECE_BYTES: Final = 1 << 20
"""Bytes of a whole fingerprint that have a checksum in common."""

THREADS_MAX: Final = 4


class Digest:
    """A digest of pieces of memory, whose order does not matter."""

    def __init__(self) -> None:
        """Begin with none."""
        self._sums: dict[int, tuple[int, int]] = {}

    @property
    def read_bytes(self) -> int:
        """How much memory was added."""
        return sum(length for length, _ in self._sums.values())

    def add(self, start: int, data: bytes | memoryview) -> None:
        """Add the piece that begins at `start`."""
        self._sums[start] = (len(data), zlib.crc32(data))

    def text(self) -> str:
        """The digest of all that was added."""
        whole = hashlib.blake2b(digest_size=16)
        for start, (length, checksum) in sorted(self._sums.items()):
            whole.update(struct.pack("<QQI", start, length, checksum))
        return whole.hexdigest()


def of_file(path: str, extents: Sequence[tuple[int, int]]) -> Digest:
    """Digest the extents (start, length) of a file, in several threads; raises `OSError`."""
    digest = Digest()
    descriptor = os.open(path, os.O_RDONLY)
    try:
        length = max((start + count for start, count in extents), default=0)
        if not length:
            return digest
        with mmap.mmap(descriptor, length, prot=mmap.PROT_READ) as mapped:
            view = memoryview(mapped)
            try:
                with ThreadPoolExecutor(min(THREADS_MAX, os.cpu_count() or 1)) as pool:
                    list(pool.map(lambda piece: _add(digest, view, *piece), extents))
            finally:
                view.release()
    finally:
        os.close(descriptor)
    return digest


def pieces(start: int, length: int, size: int = PIECE_BYTES) -> list[tuple[int, int]]:
    """`length` bytes from `start` in extents of at most `size`.

    >>> pieces(10, 25, 10)
    [(10, 10), (20, 10), (30, 5)]
    """
    return [(at, min(size, start + length - at)) for at in range(start, start + length, size)]


def _add(digest: Digest, view: memoryview, start: int, length: int) -> None:
    with view[start : start + length] as piece:
        digest.add(start, piece)
