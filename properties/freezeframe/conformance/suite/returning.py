"""Tests of lost connections, of those who come after, and of what is left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from freezeframe.adapters import Capability, Change, Unreachable
from freezeframe.conformance.means import CountsConnections, HoldsVms, LosesConnection
from freezeframe.conformance.needs import needs
from freezeframe.conformance.rig import Rig
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation

from .base import SuiteBase
from .changes import PAUSED_AND_BACK
from .hearing import Ear, by_name, wait_until_back

CYCLES = 3
GONE_SECONDS = 5.0
"""By then what a closed connection used is gone."""

_FILES = Path("/proc/self/fd")


def used_and_closed(rig: Rig) -> None:
    """Open a further connection, use it for everything that takes threads, and close it."""
    other = rig.another()
    ear = Ear(other)
    other.pause(other.vm)
    other.resume(other.vm)
    ear.listen(2)
    other.close()


def open_files() -> int:
    """How many files and sockets this process has open."""
    return len(list(_FILES.iterdir()))


def is_soon(reached: Callable[[], bool]) -> bool:
    """Whether `reached` becomes true within `GONE_SECONDS` of real time."""
    ends_at = time.monotonic() + GONE_SECONDS
    while not reached():
        if time.monotonic() > ends_at:
            return False
        time.sleep(0.01)
    return True


class RecoveryTests(SuiteBase):
    """The connection breaks, and comes back."""

    @needs(Capability.OBSERVE, means=[LosesConnection])
    def test_host_is_seen_again(self, rig: Rig) -> None:
        """After the connection was lost the host is seen again, as it was."""
        before = rig.vms()
        rig.means.lose_connection()
        wait_until_back(rig)
        assert rig.vms() == before

    @needs(Capability.PAUSE, means=[LosesConnection])
    def test_paused_vm_is_resumed_after_the_connection_was_lost(self, rig: Rig) -> None:
        """A pause outlasts the connection, and stays ours."""
        rig.pause(rig.vm)
        rig.means.lose_connection()
        wait_until_back(rig)
        assert rig.state(rig.vm).is_held
        rig.resume(rig.vm)
        assert rig.state(rig.vm).status is VmStatus.RUNNING

    @needs(Capability.CHANGES, means=[LosesConnection])
    def test_lost_sight_is_told(self, rig: Rig) -> None:
        """A subscriber is told that the host is out of sight, and that it is seen again."""
        ear = Ear(rig)
        rig.means.lose_connection()
        wait_until_back(rig)
        ear.listen(2)
        assert ear.sights == [False, True]

    @needs(Capability.CHANGES, Capability.PAUSE, means=[LosesConnection])
    def test_changes_go_on_after_the_connection_was_lost(self, rig: Rig) -> None:
        """What happens before and after the loss is told once each."""
        ear = Ear(rig)
        rig.pause(rig.vm)
        ear.listen(1)
        rig.means.lose_connection()
        wait_until_back(rig)
        ear.listen(2)
        rig.resume(rig.vm)
        ear.listen(1)
        assert ear.statuses(rig.vm) == PAUSED_AND_BACK

    @needs(Capability.CHANGES, means=[LosesConnection, HoldsVms])
    def test_what_happened_out_of_sight_is_found(self, rig: Rig) -> None:
        """A pause that nobody could tell of is told once the host is seen again."""
        ear = Ear(rig)
        rig.means.lose_connection()
        rig.means.hold(rig.vm)
        wait_until_back(rig)
        ear.listen(3)
        known = [change for change in ear.heard if isinstance(change, Change)]
        last = [change.status for change in known if change.vm == rig.vm][-1]
        assert last is VmStatus.PAUSED


class ReopeningTests(SuiteBase):
    """A process died in the middle of a pause; another one comes."""

    @needs(Capability.PAUSE, reopening=True)
    def test_another_connection_sees_our_pause(self, rig: Rig) -> None:
        """The mark of our pause is on the host, not in the adapter."""
        rig.pause(rig.vm)
        other = rig.another()
        state = other.state(rig.vm)
        other.close()
        assert state.status is VmStatus.PAUSED
        assert state.is_held

    @needs(Capability.PAUSE, reopening=True)
    def test_another_connection_resumes_what_we_paused(self, rig: Rig) -> None:
        """Whoever comes after a crash can resume what it left paused."""
        rig.pause(rig.vm)
        other = rig.another()
        try:
            other.resume(rig.vm)
        finally:
            other.close()
        assert rig.state(rig.vm).status is VmStatus.RUNNING

    @needs(Capability.PAUSE, reopening=True)
    def test_opening_changes_nothing(self, rig: Rig) -> None:
        """Neither opening nor closing pauses or resumes anything."""
        rig.pause(rig.vm)
        before = rig.vms()
        rig.another().close()
        assert rig.vms() == before


class ClosingTests(SuiteBase):
    """Nothing is left behind."""

    @needs(Capability.OBSERVE)
    def test_closing_twice_does_nothing(self, rig: Rig) -> None:
        """An adapter may be closed again."""
        other = rig.another()
        other.close()
        other.close()

    @needs(Capability.PAUSE)
    def test_closed_adapter_begins_nothing(self, rig: Rig) -> None:
        """What is asked of a closed adapter is answered with Unreachable, and nothing happens."""
        other = rig.another()
        other.close()
        with pytest.raises(Unreachable):
            other.state(rig.vm)
        with pytest.raises(Unreachable):
            other.finish(other.begin(Operation.PAUSE, rig.vm))
        assert rig.state(rig.vm).status is VmStatus.RUNNING

    @needs(Capability.PAUSE, Capability.CHANGES)
    def test_no_thread_is_left(self, rig: Rig) -> None:
        """The threads of an adapter end when it is closed."""
        used_and_closed(rig)
        before = set(threading.enumerate())
        for _ in range(CYCLES):
            used_and_closed(rig)

        def left() -> list[str]:
            return sorted(each.name for each in set(threading.enumerate()) - before)

        assert is_soon(lambda: not left()), f"threads left: {by_name(left())}"

    @needs(Capability.PAUSE, Capability.CHANGES)
    def test_no_file_is_left_open(self, rig: Rig) -> None:
        """Files and sockets of an adapter are closed when it is closed."""
        if not _FILES.exists():
            pytest.skip("this system does not list a process's open files")
        used_and_closed(rig)
        before = open_files()
        for _ in range(CYCLES):
            used_and_closed(rig)
        assert is_soon(lambda: open_files() <= before), (
            f"expected {before} files open, found {open_files()}"
        )

    @needs(Capability.PAUSE, Capability.CHANGES, means=[CountsConnections])
    def test_no_connection_is_left(self, rig: Rig) -> None:
        """The host sees no connection of an adapter that was closed."""
        before = rig.means.connections()
        used_and_closed(rig)
        assert is_soon(lambda: rig.means.connections() <= before)

    @needs(Capability.PAUSE, reopening=True)
    def test_paused_vm_stays_paused_when_its_pauser_closes(self, rig: Rig) -> None:
        """Closing leaves VMs as they are."""
        other = rig.another()
        other.pause(rig.vm)
        other.close()
        assert rig.state(rig.vm).status is VmStatus.PAUSED
