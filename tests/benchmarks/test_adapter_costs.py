"""What the libvirt adapter costs on real guests, beside what cannot be done without.

Both sides of a ratio run in turns, on the same guest, in the same process: whatever else the
machine does hits both. Bounds are those that the project promises.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from freezeframe.adapters import open_adapter
from freezeframe.adapters.libvirt import LibvirtAdapter
from tests.lab.errors import LabUnavailableError
from tests.lab.laboratory import Lab, running

from .conftest import Report

ROUNDS = 200
PAIR_RATIO_MAX = 1.3
READS = 15
READ_RATIO_MAX = 1.5
MEMORY_MIB = 512
DEADLINE_MS = 60_000


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """One host with a guest of 512 MiB whose RAM is a shared file."""
    try:
        with running(hosts=1, guests=1, memory_mib=MEMORY_MIB) as held:
            yield held
    except LabUnavailableError as error:
        pytest.skip(f"no lab: {error}")


@pytest.fixture
def adapter(lab: Lab) -> Iterator[LibvirtAdapter]:
    opened = open_adapter(lab.hosts[0].uri)
    assert isinstance(opened, LibvirtAdapter)
    yield opened
    opened.close()


def in_turns(*works: Callable[[], None], rounds: int) -> list[float]:
    """The median milliseconds of each."""
    took: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, times in zip(works, took, strict=True):
            began = time.perf_counter()
            work()
            times.append((time.perf_counter() - began) * 1000)
    return [statistics.median(times) for times in took]


def test_a_pause_and_resume_cost_little_more_than_libvirts_own_calls(
    lab: Lab, adapter: LibvirtAdapter, report: Report
) -> None:
    """The bare calls find the VM by its name too; the figures also tell what they cost without."""
    vm = lab.guests[0].name
    handle = adapter.link.handle("benchmark", vm)
    domain = handle.lookupByName(vm)

    def barest() -> None:
        domain.suspend()
        domain.resume()

    def bare() -> None:
        handle.lookupByName(vm).suspend()
        handle.lookupByName(vm).resume()

    def through_the_adapter() -> None:
        adapter.pause(vm, deadline_ms=DEADLINE_MS).result()
        adapter.resume(vm, deadline_ms=DEADLINE_MS).result()

    barest_ms, bare_ms, adapter_ms = in_turns(barest, bare, through_the_adapter, rounds=ROUNDS)
    ratio = adapter_ms / bare_ms
    report(
        f"pause and resume: {barest_ms:.2f} ms by a domain at hand, {bare_ms:.2f} ms by name, "
        f"{adapter_ms:.2f} ms by the adapter, {ratio:.2f} times as long as by name"
    )
    assert ratio <= PAIR_RATIO_MAX


def test_a_whole_fingerprint_costs_little_more_than_reading_the_memory_once(
    lab: Lab, adapter: LibvirtAdapter, report: Report
) -> None:
    guest = lab.guests[0]
    (ram,) = (path for path in guest.host.folder.ram.rglob("*") if path.is_file())
    adapter.pause(guest.name, deadline_ms=DEADLINE_MS).result()

    def fingerprint() -> None:
        found = adapter.fingerprint(guest.name, deadline_ms=DEADLINE_MS).result()
        assert found.read_bytes == MEMORY_MIB << 20

    read_ms, fingerprint_ms = in_turns(lambda: read_once(ram), fingerprint, rounds=READS)
    adapter.resume(guest.name, deadline_ms=DEADLINE_MS).result()
    ratio = fingerprint_ms / read_ms
    report(
        f"{MEMORY_MIB} MiB: read {read_ms:.0f} ms, fingerprint {fingerprint_ms:.0f} ms, {ratio:.2f}"
    )
    assert ratio <= READ_RATIO_MAX


def read_once(path: Path) -> None:
    """Read a file from its beginning to its end into one buffer, in one thread."""
    buffer = memoryview(bytearray(1 << 20))
    descriptor = os.open(path, os.O_RDONLY)
    try:
        while os.readv(descriptor, [buffer]):
            pass
    finally:
        os.close(descriptor)
