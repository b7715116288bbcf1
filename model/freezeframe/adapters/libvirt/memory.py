"""Looks at the memory of a QEMU guest: which ways there are, which is fastest, what was covered.

Owns three methods. `shared memory` maps the file or memfd that backs the guest's RAM, where the
domain's XML shares it and QEMU's process can be looked into; it is by far the fastest. `dump` has
libvirt write a memory-only core dump and digests its segments; it needs root, and the guest on this
machine. `peek` asks for physical addresses, and works anywhere. Rates begin with figures from
trials and are replaced by what is measured. It must not know about deadlines of calls.
"""

from __future__ import annotations

import os
import struct
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final
from xml.etree import ElementTree as ET

from freezeframe.adapters.libvirt.binding import Domain
from freezeframe.adapters.libvirt.digests import Digest, of_file, pieces
from freezeframe.adapters.values import Fingerprint, Sampling

PAGE_BYTES: Final = 4096
PEEK_BYTES_MAX: Final = 4 << 20
"""A daemon tells no more at once. Source: REMOTE_DOMAIN_MEMORY_PEEK_BUFFER_MAX of libvirt 9."""

LOW_RAM_BYTES: Final = 2 << 30
HIGH_RAM_START: Final = 4 << 30
HIGH_RAM_SURPLUS: Final = 7 << 29
"""On a PC, RAM below 2 GiB has its own address; there is a hole somewhere between that and 4 GiB,
and of what exceeds 3.5 GiB at least the surplus lies above. Source: QEMU's pc_q35 and pc_piix."""

SHARED, DUMP, PEEK = "shared memory", "dump", "peek"
RATES_MIB_PER_SECOND: Final = {SHARED: 1500.0, DUMP: 500.0, PEEK: 250.0}
"""Until it is measured. Source: trials with libvirt 9 and QEMU 7.2."""

_PHYSICAL: Final = 2  # VIR_MEMORY_PHYSICAL
_MEMORY_ONLY: Final = 16  # VIR_DUMP_MEMORY_ONLY
_LOAD: Final = 1  # PT_LOAD


class Memory:
    """Takes fingerprints of the guests of one host, and remembers how fast each method was."""

    def __init__(self) -> None:
        """Begin with the rates of trials."""
        self.rates = dict(RATES_MIB_PER_SECOND)
        self._chosen: dict[tuple[str, bool], str] = {}

    def forget(self, uuid: str) -> None:
        """A new pause of that domain begins, so the fastest method may be chosen anew."""
        for is_sampled in (False, True):
            self._chosen.pop((uuid, is_sampled), None)

    def choose(self, uuid: str, methods: list[str], *, is_sampled: bool) -> str:
        """The fastest of `methods`; within one pause always the same, lest digests differ."""
        chosen = self._chosen.get((uuid, is_sampled))
        if chosen not in methods:
            chosen = max(methods, key=self.rates.__getitem__)
            self._chosen[uuid, is_sampled] = chosen
        return chosen

    def fingerprint(
        self,
        domain: Domain,
        sampling: Sampling | None,
        check: Callable[[], None],
    ) -> Fingerprint:
        """Look at the memory of a paused domain; `check` is asked now and then, and may raise.

        Raises `libvirtError`, `OSError`, or what `check` raises.
        """
        total = int(domain.info()[1]) * 1024
        extents = sampled(total, sampling) if sampling else reachable(total)
        process = process_of(domain)
        shared = None if process is None else shared_file(domain, process, total)
        methods = [PEEK]
        if shared is not None:
            methods.append(SHARED)
        elif sampling is None and process is not None and os.geteuid() == 0:
            methods.append(DUMP)
        method = self.choose(domain.UUIDString(), methods, is_sampled=sampling is not None)
        began = time.monotonic()
        if method == SHARED and shared is not None:
            whole = [(0, total)] if sampling is None else extents
            digest = of_file(shared, [each for extent in whole for each in pieces(*extent)])
        elif method == DUMP:
            digest = _dumped(domain)
        else:
            digest = _peeked(domain, extents, check)
        took = max(time.monotonic() - began, 1e-6)
        if digest.read_bytes >= PEEK_BYTES_MAX:  # a few pages tell nothing of the rate
            self.rates[method] = digest.read_bytes / took / (1 << 20)
        return Fingerprint(
            digest.text(), method, digest.read_bytes, total, round(took * 1000), sampling
        )


def reachable(total: int) -> list[tuple[int, int]]:
    """The physical addresses that are RAM for certain in a PC of `total` bytes.

    >>> reachable(128 << 20) == [(0, 128 << 20)]
    True
    """
    extents = [(0, min(total, LOW_RAM_BYTES))]
    if total > HIGH_RAM_SURPLUS:
        extents.append((HIGH_RAM_START, total - HIGH_RAM_SURPLUS))
    return extents


def sampled(total: int, sampling: Sampling) -> list[tuple[int, int]]:
    """The pages below 2 GiB that a seed chooses, in order; neighbours are read together."""
    count = min(total, LOW_RAM_BYTES) // PAGE_BYTES
    chosen = Random(sampling.seed).sample(range(count), min(sampling.pages, count))  # noqa: S311 (repeatable)
    extents: list[tuple[int, int]] = []
    for page in sorted(chosen):
        start = page * PAGE_BYTES
        if extents and sum(extents[-1]) == start:
            extents[-1] = (extents[-1][0], extents[-1][1] + PAGE_BYTES)
        else:
            extents.append((start, PAGE_BYTES))
    return extents


def process_of(domain: Domain) -> Path | None:
    """The folder of QEMU's process: the one on this machine whose command line has the UUID.

    None where the domain runs on another machine.
    """
    name = f"-uuid\0{domain.UUIDString()}\0".encode()
    for process in os.listdir("/proc"):  # noqa: PTH208 (it is asked in each pause, and is quicker)
        if process.isdecimal() and name in _command(process):
            return Path("/proc", process)
    return None


def shared_file(domain: Domain, process: Path, total: int) -> str | None:
    """The path by which this process can read a domain's RAM from QEMU's; None if there is none.

    Only where the XML says that RAM is shared: a private mapping's file does not show what the
    guest writes.
    """
    root = ET.fromstring(domain.XMLDesc(0))  # noqa: S314 (libvirt has printed it itself)
    access = root.find("memoryBacking/access")
    if access is None or access.get("mode") != "shared":
        return None
    try:
        return _ram_of(process, total)
    except OSError:  # it ended meanwhile, or is somebody else's
        return None


def _command(process: str) -> bytes:
    """The command line of a process; nothing if it ended meanwhile."""
    try:
        with open(f"/proc/{process}/cmdline", "rb", buffering=0) as file:  # noqa: PTH123 (as above)
            return file.read()
    except OSError:
        return b""


def _ram_of(process: Path, total: int) -> str | None:
    """The one file of a process that is as large as the RAM and is a memfd or a RAM file."""
    command = (process / "cmdline").read_bytes().decode(errors="replace")
    found = []
    for link in (process / "fd").iterdir():
        target = str(link.readlink())
        is_ram = target.startswith("/memfd:") or target.removesuffix(" (deleted)") in command
        if is_ram and link.stat().st_size == total:
            found.append(str(link))
    return found[0] if len(found) == 1 else None


def _peeked(
    domain: Domain,
    extents: list[tuple[int, int]],
    check: Callable[[], None],
) -> Digest:
    digest = Digest()
    for extent in extents:
        for start, length in pieces(*extent, PEEK_BYTES_MAX):
            check()
            data = memoryview(domain.memoryPeek(start, length, _PHYSICAL))
            for piece_start, piece_length in pieces(0, length):
                digest.add(start + piece_start, data[piece_start : piece_start + piece_length])
    return digest


def _dumped(domain: Domain) -> Digest:
    with tempfile.TemporaryDirectory(prefix="freezeframe-") as folder:
        path = str(Path(folder) / "memory")
        domain.coreDump(path, _MEMORY_ONLY)
        segments = _segments(path)
        by_offset = [each for offset, length in segments for each in pieces(offset, length)]
        return of_file(path, by_offset)


def _segments(path: str) -> list[tuple[int, int]]:
    """Offset and length of every segment of a 64-bit ELF file that holds memory."""
    with Path(path).open("rb") as stream:
        header = stream.read(64)
        if header[:5] != b"\x7fELF\x02":
            raise OSError(f"{path}: expected a 64-bit ELF file, found another")
        (table,) = struct.unpack_from("<Q", header, 32)
        size, count = struct.unpack_from("<HH", header, 54)
        stream.seek(table)
        entries = [stream.read(size) for _ in range(count)]
    found = []
    for entry in entries:
        (kind,) = struct.unpack_from("<I", entry)
        (offset,) = struct.unpack_from("<Q", entry, 8)
        (length,) = struct.unpack_from("<Q", entry, 32)
        if kind == _LOAD and length:
            found.append((offset, length))
    return found
