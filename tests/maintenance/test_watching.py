"""What the watchdog does to one host: a VM of libvirt's test driver, paused by this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from freezeframe.adapters import open_adapter
from freezeframe.adapters.errors import Failed
from freezeframe.adapters.protocol import Call
from freezeframe.adapters.recording import Recorder
from freezeframe.adapters.values import VmState
from freezeframe.fleet import Fleet, Host, VirtualMachine
from freezeframe.lifecycles import VmStatus
from freezeframe.maintenance.commands import HostCommands
from freezeframe.maintenance.watchdog import Beneath, Bounds, Lease
from freezeframe.maintenance.watchdog.watching import HostWatch, Watched

from .hosts import MARK, write_host

SECONDS_MAX = 20.0
CALL_MS = 5_000
LONG = Bounds(roll_back_ms=600_000, resume_ms=600_000)
SHORT = Bounds(roll_back_ms=10, resume_ms=10)
LATER = Bounds(roll_back_ms=1_000, resume_ms=1_000)


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


def test_what_was_begun_is_seen_through_though_its_lease_was_given_back(
    host: Watched, begin: Begin
) -> None:
    """A controller that hung hears of the watchdog's deed, and gives the lease back at once."""
    watch = begin(LATER)
    host.pause("v", deadline_ms=CALL_MS).result()
    wait_until(lambda: host.state("v", deadline_ms=CALL_MS).status is VmStatus.RUNNING)
    watch.release("v")
    wait_until(lambda: watch.is_free)
    assert watch.grant(Lease("a", "v", host.clock.monotonic_ms())) == ""
    watch.release("v")


class _Unready:
    """Commands that fail in a way that nobody foresaw, for a while."""

    has_new_software = False

    def __init__(self, failure: Exception, beneath: Beneath, failures: int) -> None:
        self._failure, self._beneath, self._left = failure, beneath, failures

    def beneath(self) -> Beneath:
        if self._beneath is Beneath.SETTLED and self._left:
            self._left -= 1
            raise self._failure
        return self._beneath

    def update(self, *, deadline_ms: int) -> Call[None]:
        raise NotImplementedError(deadline_ms)

    def roll_back(self, *, deadline_ms: int) -> Call[None]:
        assert deadline_ms > 0
        raise self._failure


@pytest.mark.parametrize(
    "commands",
    [
        _Unready(RuntimeError("unforeseen"), Beneath.SETTLED, 2),
        _Unready(OSError("read-only"), Beneath.BROKEN, 0),
        _Unready(Failed("it would not end", host="a", operation="stop"), Beneath.UPDATING, 0),
    ],
    ids=["unforeseen", "no-disk", "unstoppable"],
)
def test_vms_are_resumed_though_commands_fail_in_whatever_way(
    host: Watched, commands: _Unready
) -> None:
    recorder = Recorder(host, lambda _: None, source="watchdog", host="a")
    watch = HostWatch(host, commands, SHORT, recorder)
    watch.start()
    assert watch.grant(Lease("a", "v", host.clock.monotonic_ms())) == ""
    host.pause("v", deadline_ms=CALL_MS).result()
    wait_until(lambda: host.state("v", deadline_ms=CALL_MS).status is VmStatus.RUNNING)
    watch.release("v")
    watch.close()


def test_a_pause_asked_for_again_does_not_put_off_the_end_of_the_first(
    host: Watched, begin: Begin
) -> None:
    watch = begin(LATER)
    host.pause("v", deadline_ms=CALL_MS).result()
    far_ms = host.clock.monotonic_ms() + 3_600_000
    assert watch.grant(Lease("a", "v", far_ms)) == ""
    wait_until(lambda: host.state("v", deadline_ms=CALL_MS).status is VmStatus.RUNNING)
    watch.release("v")


class _PausedByOthers:
    """A host on which whatever is paused was paused by others; counts how often it is looked at."""

    def __init__(self, host: Watched) -> None:
        self._host, self.looks = host, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    def vms(self, *, deadline_ms: int) -> tuple[VmState, ...]:
        self.looks += 1
        found = self._host.vms(deadline_ms=deadline_ms)
        return tuple(replace(each, is_held=False) for each in found)


def test_what_others_paused_is_left_to_them(host: Watched) -> None:
    seen = _PausedByOthers(host)
    recorder = Recorder(host, lambda _: None, source="watchdog", host="a")
    watch = HostWatch(seen, _Unready(OSError(), Beneath.SETTLED, 0), SHORT, recorder)
    watch.start()
    assert watch.grant(Lease("a", "v", host.clock.monotonic_ms())) == ""
    host.pause("v", deadline_ms=CALL_MS).result()
    before = seen.looks
    wait_until(lambda: seen.looks > before + 1)
    watch.orphan()
    wait_until(lambda: watch.is_free)
    watch.close()
    assert host.state("v", deadline_ms=CALL_MS).status is VmStatus.PAUSED


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
