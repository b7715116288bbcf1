"""What is looked at of a guest's memory, and that every change of it shows."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from freezeframe.adapters.libvirt import memory
from freezeframe.adapters.libvirt.digests import Digest, of_file, pieces
from freezeframe.adapters.values import Sampling

MIB = 1 << 20
GIB = 1 << 30


def test_ram_beyond_the_hole_below_four_gib_is_looked_for_above_it() -> None:
    assert memory.reachable(2 * GIB) == [(0, 2 * GIB)]
    assert memory.reachable(3 * GIB) == [(0, 2 * GIB)]
    assert memory.reachable(8 * GIB) == [(0, 2 * GIB), (4 * GIB, 8 * GIB - 7 * GIB // 2)]


def test_sampled_pages_follow_from_the_seed_and_from_nothing_else() -> None:
    chosen = memory.sampled(128 * MIB, Sampling(64, 5))
    assert chosen == memory.sampled(128 * MIB, Sampling(64, 5))
    assert chosen != memory.sampled(128 * MIB, Sampling(64, 6))
    assert sum(length for _, length in chosen) == 64 * 4096
    assert all(start % 4096 == 0 and start + length <= 128 * MIB for start, length in chosen)
    assert memory.sampled(16 * 4096, Sampling(99, 0)) == [(0, 16 * 4096)], "neighbours in one"


@pytest.mark.parametrize("changed", [0, 4095, MIB, 2 * MIB + 776])
def test_a_digest_of_a_file_shows_every_changed_byte(tmp_path: Path, changed: int) -> None:
    path = tmp_path / "ram"
    content = bytearray(range(256)) * (2 * MIB // 256) + bytearray(777)
    extents = pieces(0, len(content))
    path.write_bytes(content)
    before = of_file(str(path), extents)
    assert before.read_bytes == len(content)
    assert of_file(str(path), extents).text() == before.text()
    content[changed] ^= 1
    path.write_bytes(content)
    assert of_file(str(path), extents).text() != before.text()


def test_a_page_that_changed_its_place_shows() -> None:
    one, other = Digest(), Digest()
    for digest, starts in ((one, (0, 8)), (other, (8, 0))):
        for start, data in zip(starts, (b"aaaaaaaa", b"bbbbbbbb"), strict=True):
            digest.add(start, data)
    assert one.text() != other.text()


def test_of_a_core_dump_only_the_memory_is_looked_at(tmp_path: Path) -> None:
    note, load, empty = (4, 200, 8), (1, 300, 50), (1, 400, 0)
    table = b"".join(
        struct.pack("<IIQQQQQQ", kind, 0, offset, 0, 0, length, length, 0)
        for kind, offset, length in (note, load, empty)
    )
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack(
        "<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, 3, 0, 0, 0
    )
    path = tmp_path / "dump"
    path.write_bytes((header + table).ljust(400, b"x"))
    assert memory._segments(str(path)) == [(300, 50)]  # noqa: SLF001 (no smaller way to a dump)
    path.write_bytes(b"\x7fELF\x01".ljust(64, b"\0"))
    with pytest.raises(OSError, match="expected a 64-bit ELF file"):
        memory._segments(str(path))  # noqa: SLF001 (as above)


def test_within_one_pause_the_method_stays_and_the_next_pause_takes_the_fastest() -> None:
    looking = memory.Memory()
    both = [memory.DUMP, memory.PEEK]
    assert looking.choose("vm", both, is_sampled=False) == memory.DUMP
    looking.rates[memory.DUMP] = 1.0
    assert looking.choose("vm", both, is_sampled=False) == memory.DUMP
    assert looking.choose("other", both, is_sampled=False) == memory.PEEK
    looking.forget("vm")
    assert looking.choose("vm", both, is_sampled=False) == memory.PEEK


def test_all_memory_is_peeked_at_and_the_deadline_is_looked_at_between_pieces(
    binding: Any, tmp_path: Path
) -> None:
    """Libvirt's test driver tells the same bytes everywhere, so only how much was read shows."""
    path = tmp_path / "host.xml"
    path.write_text(
        "<node><domain type='test'><name>a</name><memory unit='KiB'>9220</memory>"
        "<os><type>hvm</type></os></domain></node>",
        encoding="utf-8",
    )
    checked: list[None] = []
    handle = binding.open(f"test://{path}")
    try:
        domain = handle.lookupByName("a")
        found = memory.Memory().fingerprint(domain, None, lambda: checked.append(None))
    finally:
        handle.close()
    assert found.method == memory.PEEK
    assert found.read_bytes == found.total_bytes == 9220 << 10
    assert len(checked) == 3, "before each piece of at most 4 MiB"
