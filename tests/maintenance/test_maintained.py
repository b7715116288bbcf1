"""A host and its watchdog put together: what may be paused is leased, whatever is answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from freezeframe.adapters import AdapterError, open_adapter
from freezeframe.adapters.naming import Hypervisor
from freezeframe.fleet import Fleet, Host, VirtualMachine
from freezeframe.lifecycles import VmStatus
from freezeframe.maintenance.commands import HostCommands
from freezeframe.maintenance.maintained import MaintainedHost
from freezeframe.maintenance.watchdog import Bounds, Lease, WatchdogError

from .hosts import MARK, write_host

CALL_MS = 5_000
LONG = Bounds(roll_back_ms=600_000, resume_ms=600_000)


class Guard:
    """Grants leases, and looks at the host whenever it is asked for one."""

    def __init__(self, adapter: Hypervisor) -> None:
        """Look through `adapter`."""
        self._adapter = adapter
        self.leased: set[str] = set()
        self.found: list[VmStatus] = []
        self.why = ""

    def lease(self, lease: Lease) -> None:
        self.found.append(self._adapter.state(lease.vm, deadline_ms=CALL_MS).status)
        if self.why:
            raise WatchdogError(self.why)
        self.leased.add(lease.vm)

    def release(self, host: str, vm: str) -> None:
        assert host == "a"
        self.leased.discard(vm)


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Hypervisor]:
    """A host with a marked VM and one that is not marked."""
    pytest.importorskip("libvirt", reason="needs libvirt's Python binding")
    opened = open_adapter(write_host(tmp_path / "a.xml", {"v": MARK, "other": ""}))
    assert isinstance(opened, Hypervisor)
    yield opened
    opened.close()


@pytest.fixture
def guard(adapter: Hypervisor) -> Guard:
    """What its VMs are leased from."""
    return Guard(adapter)


@pytest.fixture
def host(adapter: Hypervisor, guard: Guard, tmp_path: Path) -> MaintainedHost:
    """The host, whose update notes that it ran."""
    command = ("touch", str(tmp_path / "updated"))
    host = Host("a", uri=adapter.uri, update_command=command, rollback_command=("true",))
    fleet = Fleet("small", hosts=(host,), vms=(VirtualMachine("v", "a"),))
    commands = HostCommands(fleet, host, tmp_path / "commands")
    return MaintainedHost(host, adapter, commands, guard, LONG)


def test_a_vm_still_runs_when_its_lease_is_asked_for(host: MaintainedHost, guard: Guard) -> None:
    host.pause("v", deadline_ms=CALL_MS).result()
    assert guard.found == [VmStatus.RUNNING]
    assert guard.leased == {"v"}
    host.resume("v", deadline_ms=CALL_MS).result()
    assert guard.leased == set()


def test_without_a_lease_nothing_is_paused(host: MaintainedHost, guard: Guard) -> None:
    guard.why = "no"
    with pytest.raises(AdapterError, match="no"):
        host.pause("v", deadline_ms=CALL_MS).result()
    assert host.state("v", deadline_ms=CALL_MS).status is VmStatus.RUNNING


def test_a_pause_that_was_refused_gives_its_lease_back(host: MaintainedHost, guard: Guard) -> None:
    with pytest.raises(AdapterError, match="left it alone"):
        host.pause("other", deadline_ms=CALL_MS).result()
    assert guard.leased == set()


def test_a_vm_that_an_earlier_request_paused_stays_leased(
    host: MaintainedHost, guard: Guard
) -> None:
    host.pause("v", deadline_ms=CALL_MS).result()
    with pytest.raises(AdapterError, match="expected it to be running, found it paused"):
        host.pause("v", deadline_ms=CALL_MS).result()
    assert guard.leased == {"v"}


def test_no_update_begins_above_which_a_vm_runs_or_is_unwatched(
    host: MaintainedHost, adapter: Hypervisor, tmp_path: Path
) -> None:
    with pytest.raises(AdapterError, match="expected every VM to stand still"):
        host.update(deadline_ms=CALL_MS).result()
    adapter.pause("v", deadline_ms=CALL_MS).result()
    with pytest.raises(AdapterError, match="expected"):
        host.update(deadline_ms=CALL_MS).result()
    assert not (tmp_path / "updated").exists()
