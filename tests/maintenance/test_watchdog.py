"""The watchdog's process: what it grants, when it ends, and how another takes its place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from freezeframe.adapters.machine_clock import MachineClock
from freezeframe.fleet import Fleet, Host, VirtualMachine, write_fleet
from freezeframe.lifecycles import VmStatus
from freezeframe.maintenance.supervisor import ticks
from freezeframe.maintenance.watchdog import Bounds, Lease, WatchdogError
from freezeframe.maintenance.watchdog.client import Watchdog
from freezeframe.maintenance.watchdog.succession import Trail, leases_of, take_over, trails
from freezeframe.observation import (
    Operation,
    Outcome,
    Reason,
    Record,
    Told,
    VmSeen,
    header_line,
    record_line,
)

from .hosts import MARK, write_host

SECONDS_MAX = 20.0
"""Longer than anything here takes, unless something is wrong."""

LONG = Bounds(roll_back_ms=600_000, resume_ms=600_000)
SHORT = Bounds(roll_back_ms=10, resume_ms=10)


def wait_until_gone(pid: int, began: int) -> None:
    for _ in range(int(SECONDS_MAX * 50)):
        if ticks(pid) != began or " Z " in Path(f"/proc/{pid}/stat").read_text():
            return
        time.sleep(0.02)
    raise AssertionError(f"expected process {pid} to end")


def ignored(pid: int) -> set[int]:
    """The signals that a process ignores. Source: proc(5)."""
    status = Path(f"/proc/{pid}/status").read_text()
    (mask,) = (line.split()[1] for line in status.split("\n") if line.startswith("SigIgn"))
    return {number for number in range(1, 64) if int(mask, 16) >> number - 1 & 1}


def lease(vm: str, since_ms: int | None = None) -> Lease:
    return Lease("a", vm, MachineClock().monotonic_ms() if since_ms is None else since_ms)


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """One host with two marked VMs and one that is not."""
    pytest.importorskip("libvirt", reason="needs libvirt's Python binding")
    uri = write_host(tmp_path / "a.xml", {"v": MARK, "w": MARK, "other": ""})
    vms = tuple(VirtualMachine(name, "a") for name in ("v", "w", "other"))
    return Fleet("small", hosts=(Host("a", uri=uri),), vms=vms)


@pytest.fixture
def watchdog(fleet: Fleet, tmp_path: Path) -> Iterator[Watchdog]:
    started = Watchdog(fleet, LONG, tmp_path / "run", source="watchdog 1")
    yield started
    pid, began = started.pid, ticks(started.pid)
    for vm in ("v", "w"):
        started.release("a", vm)
    started.close()
    wait_until_gone(pid, began)


def test_a_lease_is_granted_only_for_a_vm_that_it_sees_and_may_touch(watchdog: Watchdog) -> None:
    watchdog.lease(lease("v"))
    with pytest.raises(WatchdogError, match="other on a: expected a VM that is marked"):
        watchdog.lease(lease("other"))
    with pytest.raises(WatchdogError, match=r"expected the watchdog to see it, found: .*absent"):
        watchdog.lease(lease("absent"))


def test_without_a_host_there_is_no_watchdog(tmp_path: Path, fleet: Fleet) -> None:
    gone = replace(fleet, hosts=(Host("a", uri="test:///absent.xml"),))
    with pytest.raises(WatchdogError, match=r"watchdog: .*absent\.xml.*; nothing was paused"):
        Watchdog(gone, LONG, tmp_path / "run", source="watchdog 1")


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_one_that_is_killed_or_ended_is_replaced_by_one_that_knows_every_lease(
    watchdog: Watchdog, tmp_path: Path, by: signal.Signals
) -> None:
    watchdog.lease(lease("v"))
    pid, began = watchdog.pid, ticks(watchdog.pid)
    os.kill(pid, by)
    wait_until_gone(pid, began)
    for _ in range(int(SECONDS_MAX * 50)):
        if watchdog.pid != pid:
            break
        time.sleep(0.02)
    watchdog.lease(lease("w"))
    assert watchdog.pid != pid
    assert [each.name for each in trails(tmp_path / "run")] == ["watchdog 1.1", "watchdog 1.2"]


def test_it_ends_with_its_controller_when_nothing_is_leased(fleet: Fleet, tmp_path: Path) -> None:
    watchdog = Watchdog(fleet, LONG, tmp_path / "run", source="watchdog 1")
    watchdog.lease(lease("v"))
    watchdog.release("a", "v")
    pid, began = watchdog.pid, ticks(watchdog.pid)
    watchdog.close()
    wait_until_gone(pid, began)


def test_it_works_where_its_controller_does_so_that_relative_commands_are_the_same(
    watchdog: Watchdog,
) -> None:
    assert Path(f"/proc/{watchdog.pid}/cwd").readlink() == Path.cwd()


def test_a_lease_that_came_to_nothing_ends_after_its_time(fleet: Fleet, tmp_path: Path) -> None:
    watchdog = Watchdog(fleet, SHORT, tmp_path / "run", source="watchdog 1")
    watchdog.lease(lease("v"))
    pid, began = watchdog.pid, ticks(watchdog.pid)
    watchdog.close()
    wait_until_gone(pid, began)


CONTROLLER = """
import sys
from pathlib import Path
from freezeframe.adapters.machine_clock import MachineClock
from freezeframe.fleet import read_fleet
from freezeframe.maintenance.watchdog import Bounds, Lease
from freezeframe.maintenance.watchdog.client import Watchdog

watchdog = Watchdog(read_fleet(Path(sys.argv[1])), Bounds(600_000, 600_000), Path(sys.argv[2]),
                    source="watchdog 1")
watchdog.lease(Lease("a", "v", MachineClock().monotonic_ms()))
print(watchdog.pid, flush=True)
sys.stdin.read()
"""


def test_one_whose_controller_is_gone_ends_when_asked_to(fleet: Fleet, tmp_path: Path) -> None:
    watchdog = Watchdog(fleet, LONG, tmp_path / "run", source="watchdog 1")
    watchdog.lease(lease("v"))
    pid, began = watchdog.pid, ticks(watchdog.pid)
    watchdog.close()
    os.kill(pid, signal.SIGTERM)
    wait_until_gone(pid, began)


def test_it_outlives_a_killed_controller_until_a_later_run_takes_over(
    fleet: Fleet, tmp_path: Path
) -> None:
    file, folder = tmp_path / "fleet.toml", tmp_path / "run"
    file.write_text(write_fleet(fleet))
    with subprocess.Popen(
        [sys.executable, "-c", CONTROLLER, file, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as controller:
        assert controller.stdout is not None
        pid = int(controller.stdout.readline())
        began = ticks(pid)
        controller.kill()
    assert ignored(pid) & {signal.SIGTERM, signal.SIGINT, signal.SIGHUP} == {signal.SIGHUP}
    assert ticks(pid) == began
    take_over(trails(folder), Kept())
    wait_until_gone(pid, began)
    assert trails(folder) == []


class Kept:
    """A journal in memory."""

    def __init__(self, *records: Record) -> None:
        """Begin with `records`."""
        self.kept = list(records)

    def append(self, records: Sequence[Record]) -> None:
        self.kept += records

    def records(self) -> list[Record]:
        return self.kept


def told(operation: Operation, outcome: Outcome, sequence: int = 1, vm: str = "v") -> Record:
    return Record("w", sequence, 1_000 * sequence, 0, Told(operation, outcome), "a", vm)


def test_what_a_dead_watchdog_did_is_kept_once_and_a_torn_line_is_left_out(tmp_path: Path) -> None:
    first = told(Operation.RESUME, Outcome.REQUESTED, 1)
    second = told(Operation.RESUME, Outcome.COMPLETED, 2)
    trail = Trail(tmp_path, "watchdog 1.1")
    lines = [header_line(), record_line(first), record_line(second)]
    trail.records.write_text("\n".join([*lines, record_line(second)[:40]]))
    journal = Kept(first)
    take_over([trail], journal)
    assert journal.kept == [first, second]
    assert list(tmp_path.iterdir()) == []
    take_over([trail], journal)
    assert journal.kept == [first, second]


def test_a_vm_may_be_paused_from_the_request_until_the_resume_was_confirmed() -> None:
    asked = told(Operation.PAUSE, Outcome.REQUESTED, 5)
    for outcome in (Outcome.COMPLETED, Outcome.UNKNOWN):
        assert [*leases_of([asked, told(Operation.PAUSE, outcome, 6)])] == [Lease("a", "v", 5_000)]
    for operation, outcome in (
        (Operation.PAUSE, Outcome.REFUSED),
        (Operation.PAUSE, Outcome.FAILED),
        (Operation.RESUME, Outcome.COMPLETED),
    ):
        assert [*leases_of([asked, told(operation, outcome, 6)])] == []
        assert [*leases_of([asked, told(operation, outcome, 6, vm="w")])] != []


def test_a_lease_lasts_from_the_first_request_also_where_a_later_one_was_refused() -> None:
    """It is refused because the first came to be after all."""
    held = VmSeen(VmStatus.PAUSED, Reason.USER, is_held=True)
    records = [
        told(Operation.PAUSE, Outcome.REQUESTED, 1),
        told(Operation.PAUSE, Outcome.UNKNOWN, 2),
        Record("w", 3, 3_000, 0, held, "a", "v"),
        told(Operation.PAUSE, Outcome.REQUESTED, 4),
        told(Operation.PAUSE, Outcome.REFUSED, 5),
    ]
    assert [*leases_of(records)] == [Lease("a", "v", 1_000)]
    assert [*leases_of([*records, told(Operation.RESUME, Outcome.COMPLETED, 6)])] == []
