"""What a run takes over from one that died, and what it leaves behind where its journal is gone."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from freezeframe.adapters.machine_clock import MachineClock
from freezeframe.fleet import Fleet, Host, Update, UpdateKind, VirtualMachine
from freezeframe.maintenance.driver import Runner
from freezeframe.maintenance.errors import UnfitError
from freezeframe.maintenance.journal import Journal
from freezeframe.maintenance.locks import HeldError
from freezeframe.maintenance.session import folder_of, session
from freezeframe.maintenance.watchdog.succession import Trail, trails
from freezeframe.observation import Operation, Outcome, Record, Told, header_line, record_line
from freezeframe.protocol.policies import OneUpdateDomain

from .hosts import MARK, write_host

QUIET = Update(kind=UpdateKind.NO_IMPACT)

WATCHDOG = """
import signal

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGUSR1})
print("ready", flush=True)
print(signal.sigwait({signal.SIGTERM, signal.SIGUSR1}).name, flush=True)
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """A host whose VM is not there."""
    pytest.importorskip("libvirt", reason="needs libvirt's Python binding")
    uri = write_host(tmp_path / "a.xml", {"another": MARK})
    host = Host("a", uri=uri, update_command=("true",), rollback_command=("true",))
    return Fleet("small", hosts=(host,), vms=(VirtualMachine("v", "a"),), update=QUIET)


@contextmanager
def begun(fleet: Fleet, tmp_path: Path, journal: str = "fleet.journal") -> Iterator[Runner]:
    with session(fleet, OneUpdateDomain(), tmp_path / journal) as runner:
        yield runner


def test_a_host_is_maintained_by_one_session_whatever_its_journal(
    fleet: Fleet, tmp_path: Path
) -> None:
    with (
        begun(fleet, tmp_path),
        pytest.raises(HeldError, match="expected no other controller"),
        begun(fleet, tmp_path, "another.journal"),
    ):
        pass


def test_without_a_journal_an_earlier_watchdog_brings_back_what_is_paused_and_all_begins_anew(
    fleet: Fleet, tmp_path: Path
) -> None:
    """Nobody else knows its leases, and what it did is no part of the new maintenance."""
    folder = folder_of(tmp_path / "fleet.journal")
    folder.mkdir()
    trail = Trail(folder, "watchdog of run 1.1")
    did = Record("w", 1, 1, 0, Told(Operation.RESUME, Outcome.COMPLETED), "a", "v")
    trail.records.write_text(f"{header_line()}\n{record_line(did)}\n")
    with subprocess.Popen(
        [sys.executable, "-c", WATCHDOG], stdout=subprocess.PIPE, text=True
    ) as watchdog:
        assert watchdog.stdout is not None
        assert watchdog.stdout.readline() == "ready\n"
        trail.note(watchdog.pid)
        with begun(fleet, tmp_path) as runner:
            assert watchdog.stdout.read() == "SIGTERM\n"
            with pytest.raises(UnfitError, match="v: expected it on a, found no VM of that name"):
                runner.start()


def test_a_vm_that_the_journal_says_may_be_paused_is_leased_again(tmp_path: Path) -> None:
    """So the watchdog of the later run outlives it, until nothing can be paused any more."""
    pytest.importorskip("libvirt", reason="needs libvirt's Python binding")
    uri = write_host(tmp_path / "a.xml", {"v": MARK})
    host = Host("a", uri=uri, update_command=("true",), rollback_command=("true",))
    fleet = Fleet("small", hosts=(host,), vms=(VirtualMachine("v", "a"),), update=QUIET)
    asked = Told(Operation.PAUSE, Outcome.REQUESTED)
    with Journal(tmp_path / "fleet.journal", fleet) as journal:
        journal.append([Record("controller", 1, MachineClock().monotonic_ms(), 0, asked, "a", "v")])
    with begun(fleet, tmp_path):
        pass
    (left,) = trails(folder_of(tmp_path / "fleet.journal"))
    left.retire(by=signal.SIGTERM)
    with Journal(tmp_path / "fleet.journal", fleet) as journal:
        resumed = Told(Operation.RESUME, Outcome.COMPLETED)
        journal.append(
            [Record("controller", 2, MachineClock().monotonic_ms(), 0, resumed, "a", "v")]
        )
    with begun(fleet, tmp_path):
        pass
    assert trails(folder_of(tmp_path / "fleet.journal")) == []
