"""Fingerprints of real guests, by each method: every changed byte shows, and nothing else does.

A bit is changed behind the guest's back, in the memory of its QEMU.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from freezeframe.adapters import Fingerprint, Sampling
from freezeframe.adapters.libvirt import LibvirtAdapter
from freezeframe.adapters.libvirt.memory import DUMP, PEEK, SHARED, Memory

from .domain import MEMORY_MIB, Ram
from .fixtures import running_or_skip
from .handling import LONG_MS, opened, pause, resume
from .host import Guest
from .laboratory import Lab

PLACE = 50 << 20
"""An address in the guest's RAM."""

TOTAL = MEMORY_MIB << 20
METHODS: list[tuple[Ram, str]] = [
    ("file", SHARED),
    ("memfd", SHARED),
    ("private", PEEK),
    ("private", DUMP),
]
"""How RAM that is backed so can be looked at; by root the last way is the fastest."""

MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) rw")


@pytest.fixture(scope="module")
def lab_of() -> Iterator[Callable[[Ram], Lab]]:
    """Labs of one host with one guest, by what backs its RAM."""
    with contextlib.ExitStack() as labs:
        yield functools.cache(
            lambda ram: labs.enter_context(running_or_skip(hosts=1, guests=1, ram=ram))
        )


@contextlib.contextmanager
def paused(lab: Lab) -> Iterator[tuple[LibvirtAdapter, Guest]]:
    """The first guest of a lab while it stands still, and the adapter that paused it."""
    guest = lab.guests[0]
    with opened(lab) as adapter:
        pause(adapter, guest)
        try:
            yield adapter, guest
        finally:
            resume(adapter, guest)


@contextlib.contextmanager
def one_bit_changed(guest: Guest) -> Iterator[None]:
    """Have one bit of a guest's RAM other than it was."""
    process = Path(f"/proc/{guest.pid()}")
    with (process / "mem").open("r+b", buffering=0) as memory:
        place = start_of_ram(process) + PLACE
        memory.seek(place)
        (byte,) = memory.read(1)
        memory.seek(place)
        memory.write(bytes([byte ^ 1]))
        yield
        memory.seek(place)
        memory.write(bytes([byte]))


def start_of_ram(process: Path) -> int:
    """Where in QEMU's memory the guest's RAM begins."""
    found = []
    for line in (process / "maps").read_text(encoding="utf-8").splitlines():
        matched = MAPPING.match(line)
        if matched is not None:
            start, end = (int(each, 16) for each in matched.groups())
            found += [start] * (end - start == TOTAL)
    (start,) = found
    return start


def fastest(method: str) -> Memory:
    """One that takes a method for the fastest."""
    memory = Memory()
    memory.rates[method] = float("inf")
    return memory


@pytest.mark.parametrize(("ram", "method"), METHODS)
def test_one_changed_bit_shows_by_every_method(
    lab_of: Callable[[Ram], Lab], ram: Ram, method: str
) -> None:
    memory = fastest(method)
    with paused(lab_of(ram)) as (adapter, guest):
        domain = adapter.link.handle("test", guest.name).lookupByName(guest.name)

        def look() -> Fingerprint:
            return memory.fingerprint(domain, None, lambda: None)

        first, again = look(), look()
        with one_bit_changed(guest):
            changed = look()
        after = look()
        assert adapter.state(guest.name, deadline_ms=LONG_MS).is_held
    assert (first.method, first.total_bytes) == (method, TOTAL)
    assert first.read_bytes >= TOTAL
    assert first.digest == again.digest == after.digest
    assert changed.digest != first.digest
    assert guest.observation().memory_faults == ()


@pytest.mark.parametrize(("ram", "method"), dict(METHODS).items())
def test_the_fastest_method_is_taken_and_reads_what_was_asked_for(
    lab_of: Callable[[Ram], Lab], ram: Ram, method: str
) -> None:
    with paused(lab_of(ram)) as (adapter, guest):
        first, again, other, whole = (
            adapter.fingerprint(guest.name, deadline_ms=LONG_MS, sampling=sampling).result()
            for sampling in (Sampling(64, 7), Sampling(64, 7), Sampling(64, 8), None)
        )
    assert whole.method == method
    assert first.method == (PEEK if ram == "private" else SHARED)
    assert (first.read_bytes, first.total_bytes) == (64 * 4096, TOTAL)
    assert again.digest == first.digest
    assert other.digest != first.digest
