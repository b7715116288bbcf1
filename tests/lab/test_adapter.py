"""The libvirt adapter on real guests: what only a real daemon, agent and QEMU can show.

What every adapter must do, the conformance suite asks; here processes are killed and stopped.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from freezeframe.adapters import (
    AdapterError,
    Capability,
    Change,
    Origin,
    OutcomeUnknown,
    Refusal,
    Refused,
    Sight,
    Subscription,
    TimedOut,
    Unreachable,
    open_adapter,
)
from freezeframe.adapters.libvirt import LibvirtAdapter
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Reason

from .fixtures import running_or_skip
from .handling import LONG_MS, opened, pause, resume, shown, stopped
from .host import Guest
from .laboratory import Lab
from .processes import wait_for

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys, time
from freezeframe.adapters import open_adapter
adapter = open_adapter(sys.argv[1])
adapter.pause(sys.argv[2], deadline_ms=30_000).result()
print("paused", flush=True)
time.sleep(600)
"""
"""A process that pauses a VM and then does nothing."""


@pytest.fixture(scope="module")
def host_lab() -> Iterator[Lab]:
    """One host with two guests that are marked and one that is not."""
    with running_or_skip(hosts=1, guests=2, unmarked=1) as held:
        yield held


@pytest.fixture
def adapter(host_lab: Lab) -> Iterator[LibvirtAdapter]:
    with opened(host_lab) as held:
        yield held


@pytest.fixture
def guest(host_lab: Lab) -> Guest:
    return host_lab.guests[0]


def is_seen(adapter: LibvirtAdapter) -> bool | None:
    try:
        adapter.vms(deadline_ms=LONG_MS)
    except AdapterError:
        return None
    return True


def told(subscription: Subscription, enough: Callable[[list[Change | Sight]], bool]) -> list[str]:
    """What is told until it is enough, one word each."""
    heard: list[Change | Sight] = []
    ends_at = time.monotonic() + LONG_MS / 1000
    while not enough(heard) and time.monotonic() < ends_at:
        took = subscription.take(deadline_ms=100)
        heard += [took] if took is not None else []
    assert [each.sequence for each in heard] == list(
        range(heard[0].sequence, heard[0].sequence + len(heard))
    )
    words = []
    for each in heard:
        if isinstance(each, Sight):
            words.append("in sight" if each.is_in_sight else "out of sight")
        else:
            words.append(f"{each.vm} {each.status}{' found' * (each.origin is Origin.FOUND)}")
    return words


def test_whoever_finds_a_pause_of_a_process_that_was_killed_ends_it(
    host_lab: Lab, guest: Guest
) -> None:
    command = [sys.executable, "-c", HOLDER, guest.host.uri, guest.name]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "paused\n"
        holder.send_signal(signal.SIGKILL)
    with opened(host_lab) as adapter:
        held = [state.name for state in adapter.vms(deadline_ms=LONG_MS) if state.is_held]
        assert held == [guest.name]
        beats = len(guest.beats())
        resume(adapter, guest)
        assert len(guest.wait_for_beats(3)) > beats
        assert shown(adapter, guest.name) == (VmStatus.RUNNING, Reason.UNPAUSED, False)
    assert guest.observation().memory_faults == ()
    assert guest.observation().starts == 1


def test_a_daemon_that_is_killed_in_a_pause_leaves_it_to_be_ended(
    host_lab: Lab, adapter: LibvirtAdapter, guest: Guest
) -> None:
    subscription = adapter.subscribe(deadline_ms=LONG_MS)
    told(subscription, lambda heard: len(heard) == 3)
    pause(adapter, guest)
    guest.host.kill_daemon()
    wait_for("the host to be out of sight", lambda: is_seen(adapter) is None or None, 30)
    with pytest.raises(Unreachable, match="nothing was begun"):
        adapter.resume(guest.name, deadline_ms=LONG_MS).result()
    guest.host.start_daemon()
    wait_for("the host to be seen again", lambda: is_seen(adapter), 60)
    assert shown(adapter, guest.name) == (VmStatus.PAUSED, Reason.USER, True)
    with opened(host_lab) as other:
        assert shown(other, guest.name) == (VmStatus.PAUSED, Reason.USER, True)
    resume(adapter, guest)
    words = told(subscription, lambda heard: len(heard) == 4)
    assert words == [
        f"{guest.name} paused",
        "out of sight",
        "in sight",
        f"{guest.name} running",
    ], "each observation once"
    assert subscription.take(deadline_ms=300) is None


def test_what_happened_while_the_daemon_was_away_is_found(
    adapter: LibvirtAdapter, guest: Guest
) -> None:
    subscription = adapter.subscribe(deadline_ms=LONG_MS)
    told(subscription, lambda heard: len(heard) == 3)
    guest.host.kill_daemon()
    pid = guest.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    guest.host.start_daemon()
    words = told(subscription, lambda heard: len(heard) == 3)
    assert words[:2] == ["out of sight", "in sight"]
    assert words[2] in {f"{guest.name} failed found", f"{guest.name} stopped found"}
    with guest.host.connection() as connection:
        connection.lookupByName(guest.name).create()
    assert told(subscription, lambda heard: len(heard) == 1) == [f"{guest.name} running"]
    wait_for("its agent", lambda: has_agent(adapter, guest) or None, 60)


def has_agent(adapter: LibvirtAdapter, guest: Guest) -> bool:
    return adapter.capabilities(guest.name)[Capability.SET_CLOCK].is_offered


def test_a_daemon_that_stands_still_leaves_the_outcome_unknown(
    adapter: LibvirtAdapter, guest: Guest
) -> None:
    with stopped(guest.host.daemon_pid()):
        call = adapter.pause(guest.name, deadline_ms=300)
        with pytest.raises(TimedOut, match="its outcome is unknown"):
            call.result()
    wait_for("the pause", lambda: shown(adapter, guest.name)[0] is VmStatus.PAUSED or None, 30)
    assert shown(adapter, guest.name)[2], "it came about late, and is ours"
    resume(adapter, guest)


def test_a_qemu_that_stands_still_leaves_the_outcome_unknown(
    adapter: LibvirtAdapter, guest: Guest
) -> None:
    with stopped(guest.pid()):
        call = adapter.pause(guest.name, deadline_ms=300)
        with pytest.raises(OutcomeUnknown):
            call.result()
    wait_for("the pause", lambda: shown(adapter, guest.name)[0] is VmStatus.PAUSED or None, 30)
    resume(adapter, guest)


def test_a_guest_that_is_destroyed_in_a_pause_is_not_resumed(
    adapter: LibvirtAdapter, guest: Guest
) -> None:
    pause(adapter, guest)
    with guest.host.connection() as connection:
        connection.lookupByName(guest.name).destroy()
    with pytest.raises(Refused) as caught:
        adapter.resume(guest.name, deadline_ms=LONG_MS).result()
    assert caught.value.reason is Refusal.ILLEGAL_STATE
    with pytest.raises(Refused) as caught:
        adapter.boot(guest.name, deadline_ms=LONG_MS).result()
    assert caught.value.reason is Refusal.NOT_OURS, "its customer stopped it"
    with guest.host.connection() as connection:
        connection.lookupByName(guest.name).create()
    assert not has_agent(adapter, guest)
    why = adapter.capabilities(guest.name)[Capability.SET_CLOCK].why
    assert why.startswith("no guest agent is connected")
    wait_for("its agent", lambda: has_agent(adapter, guest) or None, 60)


def test_an_unmarked_guest_goes_on_whatever_is_asked(
    host_lab: Lab, adapter: LibvirtAdapter
) -> None:
    other = host_lab.guests[2]
    definition = definition_of(other)
    for act in (adapter.pause, adapter.resume, adapter.set_clock, adapter.save, adapter.shut_down):
        with pytest.raises(Refused, match="and left it alone") as caught:
            act(other.name, deadline_ms=LONG_MS).result()
        assert caught.value.reason is Refusal.NOT_MARKED
    assert definition_of(other) == definition
    other.wait_for_beats(10)
    assert other.observation().pauses == ()
    assert other.observation().starts == 1


def definition_of(guest: Guest) -> str:
    with guest.host.connection() as connection:
        return str(connection.lookupByName(guest.name).XMLDesc(0))


def test_the_mark_that_is_taken_away_counts_once_the_host_has_told_of_it(
    host_lab: Lab, adapter: LibvirtAdapter, guest: Guest
) -> None:
    """What is remembered of a VM is forgotten then; a change of another VM is told after it."""
    subscription = adapter.subscribe(deadline_ms=LONG_MS)
    told(subscription, lambda heard: len(heard) == 3)
    namespace = "urn:freezeframe:placement:1"
    pause(adapter, guest)
    resume(adapter, guest)
    with guest.host.connection() as connection:
        domain = connection.lookupByName(guest.name)
        mark = domain.metadata(2, namespace, 0)
        for place in (1, 2):
            domain.setMetadata(2, None, "f", namespace, place)
        other = connection.lookupByName(host_lab.guests[2].name)
        other.suspend()
        other.resume()
        told(subscription, lambda heard: len(heard) == 4)
        with pytest.raises(Refused) as caught:
            adapter.pause(guest.name, deadline_ms=LONG_MS).result()
        for place in (1, 2):
            domain.setMetadata(2, mark, "f", namespace, place)
    assert caught.value.reason is Refusal.NOT_MARKED
    pause(adapter, guest)
    resume(adapter, guest)


def test_a_host_whose_daemon_is_gone_cannot_be_opened(host_lab: Lab) -> None:
    host = host_lab.hosts[0]
    host.kill_daemon()
    try:
        with pytest.raises(Unreachable, match="expected a libvirt host that answers"):
            open_adapter(host.uri)
    finally:
        host.start_daemon()
