"""What was appended is there whatever happens next; a journal that is not ours is left alone."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from freezeframe.fleet import Limits, Update, VirtualMachine, example, parse_fleet
from freezeframe.maintenance.journal import Journal
from freezeframe.maintenance.journal_file import JournalError, is_journal, read_journal
from freezeframe.maintenance.locks import HeldError
from freezeframe.observation import AlarmSeen, Record, header_line

from .namespaces import run_apart

FLEET = example("one-vm")


@dataclass(frozen=True)
class SetClock:
    """A clock that stands where it was set."""

    now_ms: int
    at_wall_ms: int

    def monotonic_ms(self) -> int:
        return self.now_ms

    def wall_ms(self) -> int:
        return self.at_wall_ms

    def wait_ms(self, duration_ms: int) -> None:
        raise NotImplementedError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "fleet.journal"


def record(text: str, sequence: int = 1, clock: SetClock = SetClock(0, 0)) -> Record:
    """A record that bears `text`."""
    fact = AlarmSeen(is_raised=True, why=text)
    return Record("a test", sequence, clock.monotonic_ms(), clock.wall_ms(), fact)


def keep(journal: Journal, *texts: str) -> None:
    journal.append([record(text) for text in texts])


def texts(records: Iterable[Record]) -> list[str]:
    return [each.fact.why for each in records if isinstance(each.fact, AlarmSeen)]


def written(path: Path, *decisions: str) -> None:
    with Journal(path, FLEET) as journal:
        for each in decisions:
            keep(journal, each)


def test_others_read_what_was_appended_while_it_is_open(path: Path) -> None:
    with Journal(path, FLEET) as journal:
        assert texts(read_journal(path).records) == []
        keep(journal, "one", "two")
        assert texts(read_journal(path).records) == ["one", "two"]
        keep(journal, "three")
        assert texts(read_journal(path).records) == ["one", "two", "three"]
        assert journal.records() == read_journal(path).records


def test_it_tells_the_fleet_and_the_policy_of_the_last_run(path: Path) -> None:
    mended = replace(FLEET, limits=Limits(pause_ms=20_000))
    for fleet, policy in ((FLEET, "one"), (mended, "another")):
        with Journal(path, fleet, policy=policy):
            pass
    told = read_journal(path).provenance
    assert (parse_fleet(told.fleet, "told"), told.policy) == (mended, "another")


def test_a_later_run_finds_what_earlier_ones_wrote(path: Path) -> None:
    written(path, "one")
    with Journal(path, FLEET) as journal:
        keep(journal, "two")
        assert texts(journal.records()) == ["one", "two"]
        assert journal.run == 2


KILLED = """
import sys
from pathlib import Path
from freezeframe.fleet import example
from freezeframe.maintenance.journal import Journal
from freezeframe.observation import AlarmSeen, Record

journal = Journal(Path(sys.argv[1]), example("one-vm"))
for number in range(1_000_000):
    journal.append([Record("a test", number + 1, 0, 0, AlarmSeen(True, str(number)))])
    print(number, flush=True)
"""


def test_whatever_append_returned_for_survives_a_kill_and_the_lock_does_not(path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, path], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    told = [int(child.stdout.readline()) for _ in range(20)]
    with pytest.raises(HeldError, match=f"found that process {child.pid} is;") as caught:
        Journal(path, FLEET)
    assert caught.value.holder == child.pid
    child.send_signal(signal.SIGKILL)
    told += [int(line) for line in child.stdout.read().split()]
    child.wait()
    child.stdout.close()
    with Journal(path, FLEET) as journal:
        found = [int(text) for text in texts(journal.records())]
    assert found in (told, [*told, len(told)])


def test_a_write_that_was_torn_is_as_if_it_had_not_begun(path: Path, tmp_path: Path) -> None:
    """The log is cut where a crash could have left it; what was written whole before is kept."""
    with Journal(path, FLEET) as journal:
        keep(journal, "the first")
        log = path.with_name(f"{path.name}-wal")
        before = log.read_bytes()
        for number in range(20):
            keep(journal, f"{number}".ljust(4_000))
        after = log.read_bytes()
        whole = read_journal(path).records
        place = next(at for at, byte in enumerate(after) if byte != before[at])
        kept = []
        while after[place:] != before[place:]:
            torn = tmp_path / f"cut-{place}"
            shutil.copy(path, torn)
            Path(f"{torn}-wal").write_bytes(after[:place] + before[place:])
            found = read_journal(torn).records
            assert found == whole[: len(found)]
            kept.append(len(found))
            place += 1_777
    assert kept[0] == 1
    assert kept == sorted(kept)
    assert len(set(kept)) >= 20


def test_a_journal_of_another_fleet_is_refused_and_left_alone(path: Path) -> None:
    written(path, "one")
    more = replace(FLEET, vms=(*FLEET.vms, VirtualMachine("another", FLEET.hosts[0].name)))
    often = replace(FLEET, update=Update(attempts=9))
    for other in (example("two-tiers"), more, often):
        with pytest.raises(JournalError, match="with another update, hosts, VMs or sets"):
            Journal(path, other)
    assert texts(read_journal(path).records) == ["one"]


def test_durations_and_limits_may_be_mended_between_two_runs(path: Path) -> None:
    written(path, "one")
    with Journal(path, replace(FLEET, limits=Limits(pause_ms=20_000))) as journal:
        assert len(journal.records()) == 1


def damaged(path: Path) -> None:
    written(path, *(f"{number}" * 2_000 for number in range(9)))
    content = bytearray(path.read_bytes())
    content[8_192:28_672] = bytes(20_480)
    path.write_bytes(content)


def of_a_later_version(path: Path) -> None:
    written(path)
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 2")
    database.close()


def of_somebody_else(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE theirs (x)")
    database.close()


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda path: path.write_text("notes"), "found another kind of file; left it alone"),
        (of_somebody_else, "found another database; left it alone"),
        (of_a_later_version, "expected a journal of version 1, found version 2; use"),
        (damaged, "expected it whole, found damage: "),
    ],
    ids=["text", "database", "version", "damage"],
)
def test_what_is_no_journal_of_ours_is_refused_and_left_alone(
    path: Path, make: object, found: str
) -> None:
    make(path)  # type: ignore[operator]
    before = path.read_bytes()
    for refused in (lambda: Journal(path, FLEET), lambda: read_journal(path)):
        with pytest.raises(JournalError, match=found):
            refused()
    assert path.read_bytes() == before


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="found: No such file or directory; name another one"):
        Journal(tmp_path / "absent" / "fleet.journal", FLEET)
    with pytest.raises(JournalError, match="expected a journal, found no such file"):
        read_journal(tmp_path / "absent")


FULL = """
import subprocess, sys
from pathlib import Path
from freezeframe.fleet import example
from freezeframe.maintenance.journal import Journal
from freezeframe.maintenance.journal_file import JournalError, read_journal
from freezeframe.observation import AlarmSeen, Record

place, size = Path(sys.argv[1]), sys.argv[2]
subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", place], check=True)
path = place / "fleet.journal"
try:
    journal = Journal(path, example("one-vm"))
except JournalError as error:
    sys.exit(print("refused:", error))
with open(place / "filler", "wb", buffering=0) as filler:
    try:
        while True:
            filler.write(bytes(4096))
    except OSError as error:
        print(error.strerror)
try:
    for number in range(int(sys.argv[3])):
        journal.append([Record("a test", number + 1, 0, 0, AlarmSeen(True, "x" * 150))])
except JournalError as error:
    print("stopped:", error)
print(len(read_journal(path).records) - number)
"""


def test_a_disk_that_is_full_is_told_before_anything_is_begun(tmp_path: Path) -> None:
    printed = run_apart(FULL, str(tmp_path), "3m", "0")
    assert printed.startswith(f"refused: journal {tmp_path}/fleet.journal: ")
    assert "database or disk is full; make room" in printed


def test_a_disk_that_fills_up_meanwhile_leaves_room_for_a_maintenance(tmp_path: Path) -> None:
    printed = run_apart(FULL, str(tmp_path), "12m", "5000")
    assert printed.split("\n") == ["No space left on device", "1", ""]


def test_when_the_room_is_used_up_what_was_written_stays(tmp_path: Path) -> None:
    printed = run_apart(FULL, str(tmp_path), "12m", "50000").split("\n")
    assert printed[1].startswith("stopped: journal ")
    assert printed[2] == "0"


def times_ms(path: Path) -> list[int]:
    return [each.monotonic_ms for each in read_journal(path).records]


def test_times_go_on_over_a_reboot_by_the_wall_clock(path: Path) -> None:
    """An hour of uptime, 30 s of reboot; then all is told on the clock of the new boot."""
    for boot, clock in (
        ("first", SetClock(3_600_000, 1_000_000_000)),
        ("second", SetClock(5_000, 1_000_030_000)),
    ):
        with Journal(path, FLEET, clock=clock, boot=boot) as journal:
            journal.append([record(boot, 1, clock)])
    assert times_ms(path) == [-25_000, 5_000]


@pytest.mark.parametrize("boot", ["first", "second"])
def test_a_wall_clock_that_was_set_back_never_makes_time_go_back(path: Path, boot: str) -> None:
    for each, clock in (
        ("first", SetClock(3_600_000, 1_000_000_000)),
        (boot, SetClock(3_601_000, 900_000_000)),
    ):
        with Journal(path, FLEET, clock=clock, boot=each) as journal:
            journal.append([record(boot, 1, clock)])
    assert times_ms(path) == [3_600_000 if boot == "first" else 3_601_000, 3_601_000]


def test_a_history_of_json_lines_is_told_from_a_journal(path: Path, tmp_path: Path) -> None:
    written(path)
    trace = tmp_path / "trace.jsonl"
    trace.write_text(header_line())
    assert is_journal(path)
    assert not is_journal(trace)
    assert not is_journal(tmp_path / "absent")
