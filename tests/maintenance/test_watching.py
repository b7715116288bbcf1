"""What the watchdog does to one host: a VM of libvirt's test driver, paused by this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from freezeframe.adapters import open_adapter
from freezeframe.adapters.recording import Recorder
from freezeframe.fleet import Fleet, Host, VirtualMachine
from freezeframe.lifecycles import VmStatus
from freezeframe.maintenance.commands import HostCommands
from freezeframe.maintenance.watchdog import Bounds, Lease
from freezeframe.maintenance.watchdog.watching import HostWatch, Watched

from .hosts import MARK, write_host

SECONDS_MAX = 20.0
CALL_MS = 5_000
LONG = Bounds(roll_back_ms=600_000, resume_ms=600_000)
SHORT = Bounds(roll_back_ms=10, resume_ms=10)


def wait_until(is_so: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + SECONDS_MAX
    while not is_so():
        assert time.monotonic() < ends_at
        time.sleep(0.02)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Watched]:
    """A host with one marked VM."""
    pytest.importorskip("libvirt", reason="needs libvirt's Python binding")
    adapter = open_adapter(write_host(tmp_path / "a.xml", {"v": MARK}))
    assert isinstance(adapter, Watched)
    yield adapter
    adapter.close()


Begin = Callable[[Bounds], HostWatch]


@pytest.fixture
def begin(host: Watched, tmp_path: Path) -> Iterator[Begin]:
    """Begins a watch with a lease of the VM, which gives a host that fails up after 0.1 s."""
    fleet = Fleet("small", hosts=(Host("a", uri=host.uri),), vms=(VirtualMachine("v", "a"),))
    commands = HostCommands(fleet, fleet.hosts[0], tmp_path / "commands")
    recorder = Recorder(host, lambda _: None, source="watchdog", host="a")
    begun: list[HostWatch] = []

    def begin(bounds: Bounds) -> HostWatch:
        watch = HostWatch(host, commands, bounds, recorder, out_of_reach_ms=100)
        watch.start()
        begun.append(watch)
        assert watch.grant(Lease("a", "v", host.clock.monotonic_ms())) == ""
        return watch

    yield begin
    for watch in begun:
        watch.close()


def test_asked_to_end_it_first_brings_back_what_is_paused(host: Watched, begin: Begin) -> None:
    watch = begin(LONG)
    host.pause("v", deadline_ms=CALL_MS).result()
    assert not watch.is_free
    watch.end()
    assert "bringing the host's VMs back" in watch.grant(Lease("a", "v", 0))
    wait_until(lambda: watch.is_free)
    assert host.state("v", deadline_ms=CALL_MS).status is VmStatus.RUNNING


@pytest.mark.parametrize("bounds", [LONG, SHORT])
def test_asked_to_end_it_gives_up_a_host_that_stays_out_of_reach(
    host: Watched, begin: Begin, bounds: Bounds
) -> None:
    watch = begin(bounds)
    host.close()
    assert not watch.is_free
    watch.end()
    wait_until(lambda: watch.is_free)


def test_a_dead_controller_has_a_host_out_of_reach_tried_for_a_while_only(
    host: Watched, begin: Begin
) -> None:
    watch = begin(SHORT)
    host.close()
    assert not watch.is_free
    watch.orphan()
    wait_until(lambda: watch.is_free)
