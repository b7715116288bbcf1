"""A host's commands are run, limited, killed and told of, whatever becomes of who began them."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from freezeframe.adapters import Call, Failed, Refused, TimedOut
from freezeframe.adapters.errors import CapabilityError
from freezeframe.adapters.machine_clock import MachineClock
from freezeframe.adapters.protocol import UpdatesHost
from freezeframe.fleet import Fleet, Host, Span, Timing, VirtualMachine
from freezeframe.maintenance.commands import HostCommands
from freezeframe.maintenance.supervisor import OUTPUT_BYTES_MAX
from freezeframe.maintenance.watchdog import Beneath
from freezeframe.observation import Operation

LONG_MS = 20_000
"""Longer than any command here takes, unless something is wrong."""

Make = Callable[..., HostCommands]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Commands given as shell text, which write to the test's folder, and a timeout for both."""

    def made(update: str, rollback: str = "true", timeout_ms: int = LONG_MS) -> HostCommands:
        host = Host(
            "host a",
            uri="test:///default",
            update_command=("sh", "-c", update, "sh", str(tmp_path)),
            rollback_command=("sh", "-c", rollback, "sh", str(tmp_path)),
        )
        span = Span(0, timeout_ms)
        fleet = Fleet(
            "small",
            hosts=(host,),
            vms=(VirtualMachine("v", host.name), VirtualMachine("w 1", host.name)),
            timing=replace(Timing(), update=span, rollback=span),
        )
        return HostCommands(fleet, host, tmp_path / "commands")

    return made


def failure(call: Call[None]) -> str:
    with pytest.raises(Failed) as caught:
        call.result()
    return caught.value.text


def wait_for(path: Path) -> str:
    """Wait until a command has written a whole line to `path`."""
    for _ in range(LONG_MS // 10):
        if path.exists() and path.read_text().endswith("\n"):
            return path.read_text()
        time.sleep(0.01)
    raise AssertionError(f"expected {path} to be written")


def is_running(process: int) -> bool:
    try:
        return ") Z" not in Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False


def wait_until_gone(process: int) -> None:
    for _ in range(LONG_MS // 10):
        if not is_running(process):
            return
        time.sleep(0.01)
    raise AssertionError(f"expected process {process} to end")


def test_what_a_command_is_told_and_what_counts_as_success(make: Make, tmp_path: Path) -> None:
    commands = make('env | grep -A1 ^FREEZEFRAME_ | sort > "$1/told"', timeout_ms=12_500)
    assert isinstance(commands, UpdatesHost)
    assert not commands.has_new_software
    commands.update(deadline_ms=LONG_MS).result()
    told = (tmp_path / "told").read_text().split("\n")
    assert {
        "FREEZEFRAME_DEADLINE_SECONDS=12.5",
        "FREEZEFRAME_HOST=host a",
        "FREEZEFRAME_OPERATION=update",
        "FREEZEFRAME_URI=test:///default",
        "FREEZEFRAME_VMS=v",
        "w 1",
    } <= set(told)
    assert commands.has_new_software
    commands.roll_back(deadline_ms=LONG_MS).result()
    assert not commands.has_new_software


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        ("exit 3", "expected exit code 0, found exit code 3"),
        (
            "echo no room; echo on the disk >&2; exit 1",
            "expected exit code 0, found exit code 1; it printed last: no room on the disk",
        ),
        ("kill -9 $$", "expected exit code 0, found it killed by signal 9"),
    ],
)
def test_a_command_that_fails_says_how(make: Make, update: str, expected: str) -> None:
    commands = make(update)
    call = commands.update(deadline_ms=LONG_MS)
    assert failure(call) == failure(call) == expected
    assert not commands.has_new_software
    assert commands.beneath() is Beneath.BROKEN
    commands.roll_back(deadline_ms=LONG_MS).result()
    assert commands.beneath() is Beneath.SETTLED


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    host = Host("a", update_command=(str(tmp_path / "absent"),), rollback_command=("true",))
    fleet = Fleet("small", hosts=(host,), vms=())
    told = failure(HostCommands(fleet, host, tmp_path).update(deadline_ms=LONG_MS))
    assert told.startswith("expected a program that can be run, found [Errno 2] No such file")
    bare = Host("b")
    with pytest.raises(CapabilityError, match="expected a command for it in the fleet file"):
        HostCommands(fleet, bare, tmp_path).update(deadline_ms=LONG_MS).result()


HANGS = 'sleep 1000 & echo $! > "$1/child"; echo $$ > "$1/leader"; wait'


def test_a_command_that_hangs_is_killed_with_its_children_when_its_time_is_up(
    make: Make, tmp_path: Path
) -> None:
    told = failure(make(HANGS, timeout_ms=400).update(deadline_ms=LONG_MS))
    assert told == "expected it to end in its time, found it running, and killed its process group"
    for name in ("child", "leader"):
        wait_until_gone(int(wait_for(tmp_path / name)))


def test_what_a_successful_command_leaves_running_is_left_alone(make: Make, tmp_path: Path) -> None:
    make('sleep 1000 & echo $! > "$1/child"').update(deadline_ms=LONG_MS).result()
    child = int(wait_for(tmp_path / "child"))
    assert is_running(child)
    os.kill(child, signal.SIGKILL)


def test_output_without_end_neither_fills_anything_nor_hides_the_time(make: Make) -> None:
    call = make("yes | cat", timeout_ms=400).update(deadline_ms=LONG_MS)
    with pytest.raises(Failed, match="it printed last: y y y") as caught:
        call.result()
    assert len(caught.value.text) < OUTPUT_BYTES_MAX


def test_a_call_that_is_not_over_by_its_deadline_tells_so_and_the_command_goes_on(
    make: Make, tmp_path: Path
) -> None:
    commands = make('echo $$ > "$1/leader"; until test -e "$1/go"; do sleep 0.05; done')
    call = commands.update(deadline_ms=1)
    wait_for(tmp_path / "leader")
    with pytest.raises(TimedOut, match="expected it to end within 1 ms"):
        call.result()
    assert commands.beneath() is Beneath.UPDATING
    (tmp_path / "go").touch()
    again = commands.attend(deadline_ms=LONG_MS)
    assert again is not None
    again.result()
    assert commands.has_new_software
    assert commands.beneath() is Beneath.SETTLED


def test_a_rollback_kills_the_update_first(make: Make, tmp_path: Path) -> None:
    commands = make(HANGS, 'kill -0 $(cat "$1/child") || kill -0 $(cat "$1/leader") || exit 0')
    update = commands.update(deadline_ms=LONG_MS)
    wait_for(tmp_path / "leader")
    commands.roll_back(deadline_ms=LONG_MS).result()
    assert commands.beneath() is Beneath.SETTLED
    assert failure(update) == "expected no other command to be begun before it ended, found one"


def test_two_commands_of_a_host_never_run_at_once(make: Make, tmp_path: Path) -> None:
    commands = make("true", HANGS)
    commands.roll_back(deadline_ms=LONG_MS)
    wait_for(tmp_path / "leader")
    with pytest.raises(Refused, match="found another one"):
        commands.update(deadline_ms=LONG_MS).result()
    assert commands.beneath() is Beneath.ROLLING_BACK
    commands.stop()
    assert commands.beneath() is Beneath.SETTLED


def test_an_update_does_not_begin_when_its_vms_may_run_by_then(make: Make, tmp_path: Path) -> None:
    commands = make('touch "$1/updated"')
    now_ms = MachineClock().monotonic_ms()
    with pytest.raises(Refused, match="found that they may run by now"):
        commands.update(deadline_ms=LONG_MS, begins_before_ms=now_ms).result()
    assert not (tmp_path / "updated").exists()
    assert commands.beneath() is Beneath.SETTLED
    commands.update(deadline_ms=LONG_MS, begins_before_ms=now_ms + LONG_MS).result()
    assert (tmp_path / "updated").exists()


def test_an_update_that_failed_is_under_way_until_it_is_rolled_back(make: Make) -> None:
    """So whoever starts again after a crash is told of it, instead of beginning it anew."""
    commands = make("exit 3")
    assert commands.under_way is None
    assert failure(commands.update(deadline_ms=LONG_MS))
    assert commands.under_way is Operation.UPDATE
    attended = commands.attend(deadline_ms=LONG_MS)
    assert attended is not None
    assert failure(attended) == "expected exit code 0, found exit code 3"
    commands.roll_back(deadline_ms=LONG_MS).result()
    assert commands.under_way is None


BEGINS = """
import sys
from pathlib import Path
from freezeframe.fleet import read_fleet
from freezeframe.maintenance.commands import HostCommands

fleet = read_fleet(Path(sys.argv[1]))
HostCommands(fleet, fleet.hosts[0], Path(sys.argv[2])).update(deadline_ms=20_000)
print("begun", flush=True)
sys.stdin.read()
"""


def test_an_update_outlives_who_began_it_and_its_end_is_found(tmp_path: Path) -> None:
    file = tmp_path / "fleet.toml"
    script = f"until test -e {tmp_path}/go; do sleep 0.05; done"
    file.write_text(
        f'name = "f"\n[[hosts]]\nname = "a"\nupdate_command = ["sh", "-c", "{script}"]\n'
        'rollback_command = ["true"]\n'
    )
    with subprocess.Popen(
        [sys.executable, "-c", BEGINS, file, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"begun\n"
        child.kill()
    host = Host("a", update_command=("true",), rollback_command=("true",))
    commands = HostCommands(Fleet("f", hosts=(host,), vms=()), host, tmp_path)
    while commands.beneath() is not Beneath.UPDATING:
        time.sleep(0.01)
    call = commands.attend(deadline_ms=LONG_MS)
    assert call is not None
    assert not call.is_done
    (tmp_path / "go").touch()
    call.result()
    assert commands.has_new_software


def test_a_command_whose_supervisor_was_killed_is_killed_too(make: Make, tmp_path: Path) -> None:
    commands = make(HANGS)
    call = commands.update(deadline_ms=LONG_MS)
    leader = int(wait_for(tmp_path / "leader"))
    fields = Path(f"/proc/{leader}/stat").read_text().rpartition(")")[2].split()
    os.kill(int(fields[1]), signal.SIGKILL)  # its parent
    assert failure(call) == (
        "expected its supervisor to live, found that it was killed; killed the command too"
    )
    wait_until_gone(leader)
    commands.roll_back(deadline_ms=LONG_MS).result()


def test_to_look_how_a_host_stands_writes_nothing(make: Make, tmp_path: Path) -> None:
    """So a watchdog can tell also when a disk is full or read-only."""
    commands = make("true")
    assert commands.beneath() is Beneath.SETTLED
    assert [each for each in (tmp_path / "commands").rglob("*") if each.is_file()] == []


def test_a_command_that_will_not_end_fails_its_rollback_and_nothing_else(
    make: Make, tmp_path: Path
) -> None:
    """Whoever asks is told, and goes on with what else there is."""
    commands = make("true", "touch $1/rolled-back")
    (folder,) = (tmp_path / "commands").iterdir()
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "expected the command to be gone" in failure(commands.roll_back(deadline_ms=LONG_MS))
    assert not (tmp_path / "rolled-back").exists()
