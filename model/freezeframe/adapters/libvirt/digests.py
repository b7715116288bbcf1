"""Digests of memory, as fast as it can be read.

Owns how bytes become a digest. Each piece has an XXH3 checksum of 128 bits, which runs faster than
memory can be read, and the digest is a BLAKE2b over places and checksums of all pieces. It tells
every change that happens by mistake; it is no protection against somebody who forges memory.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import xxhash

PIECE_BYTES: Final = 1 << 20
"""Bytes of a whole fingerprint that have a checksum in common; so many stay in a processor's cache
from the reading to the checksum."""

THREADS_MAX: Final = 4


class Digest:
    """A digest of pieces of memory, whose order does not matter."""

    def __init__(self) -> None:
        """Begin with none."""
        self._sums: dict[int, tuple[int, bytes]] = {}

    @property
    def read_bytes(self) -> int:
        """How much memory was added."""
        return sum(length for length, _ in self._sums.values())

    def add(self, start: int, data: bytes | memoryview) -> None:
        """Add the piece that begins at `start`."""
        self._sums[start] = (len(data), xxhash.xxh3_128_digest(data))

    def text(self) -> str:
        """The digest of all that was added."""
        whole = hashlib.blake2b(digest_size=16)
        for start, (length, checksum) in sorted(self._sums.items()):
            whole.update(struct.pack("<QQ", start, length) + checksum)
        return whole.hexdigest()


def of_file(path: str, extents: Sequence[tuple[int, int]]) -> Digest:
    """Digest the extents (start, length) of a file, in several threads; raises `OSError`.

    Each thread reads into a buffer of its own; that is quicker than a mapping, whose pages would
    have to be entered one by one.
    """
    digest = Digest()
    threads = min(THREADS_MAX, os.cpu_count() or 1)
    descriptor = os.open(path, os.O_RDONLY)

    def add(share: Sequence[tuple[int, int]]) -> None:
        buffer = memoryview(bytearray(max((length for _, length in share), default=0)))
        for start, length in share:
            piece = buffer[:length]
            _fill(piece, descriptor, start)
            digest.add(start, piece)

    try:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(add, [extents[each::threads] for each in range(threads)]))
    finally:
        os.close(descriptor)
    return digest


def _fill(piece: memoryview, descriptor: int, start: int) -> None:
    filled = 0
    while filled < len(piece):
        count = os.preadv(descriptor, [piece[filled:]], start + filled)
        if not count:
            raise OSError(f"expected {len(piece)} bytes at {start}, found {filled}")
        filled += count


def pieces(start: int, length: int, size: int = PIECE_BYTES) -> list[tuple[int, int]]:
    """`length` bytes from `start` in extents of at most `size`.

    >>> pieces(10, 25, 10)
    [(10, 10), (20, 10), (30, 5)]
    """
    return [(at, min(size, start + length - at)) for at in range(start, start + length, size)]
