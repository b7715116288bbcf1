"""The command as it is installed: exit codes, streams, signals."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from freezeframe.fleet.examples import example_text

from .conftest import Call

COMMAND = [sys.executable, "-m", "freezeframe.cli"]
EARLY = "each-tenant-approved-or-had-its-notice"
GUARD = "no-other-domain-of-the-set-is-under-maintenance"


@pytest.fixture
def endless(tmp_path: Path) -> str:
    """A fleet that takes minutes to be explored."""
    text = example_text("two-tiers")
    before, _, rest = text.partition("[timing]")
    faults = "[faults]\ncontroller_crash = 1\npower_loss = 1"
    path = tmp_path / "endless.toml"
    path.write_text(before + rest[rest.index("[faults]") :].replace("[faults]", faults))
    return str(path)


def test_the_default_example_holds(start: Call) -> None:
    answer = start("check")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("two tiers, under one-update-domain: holds\n")
    assert "\x1b" not in answer.out


def test_a_guard_switched_off_breaks_a_promise(start: Call) -> None:
    answer = start("check", "--without", GUARD)
    assert (answer.code, answer.err) == (1, "")
    assert "Broken: Never are VMs of two update domains" in answer.out


def test_a_bad_file_is_refused_with_all_its_mistakes(start: Call, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('name = "x"\nhosts = 1\nspeed = 2\n')
    answer = start("check", "bad.toml")
    assert (answer.code, answer.out) == (2, "")
    assert "bad.toml:2: hosts:" in answer.err
    assert "bad.toml:3: speed:" in answer.err


def test_a_search_cut_short_is_incomplete(start: Call) -> None:
    answer = start("check", "--max-states", "100")
    assert (answer.code, answer.err) == (3, "")
    assert ": incomplete\n" in answer.out


def test_the_installed_script_is_the_same_command(tmp_path: Path) -> None:
    script = shutil.which("freezeframe", path=str(Path(sys.executable).parent))
    assert script is not None
    done = subprocess.run(
        [script, "--version"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "freezeframe 0.1.0\n"


def test_json_alone_goes_to_standard_output(start: Call) -> None:
    answer = start("check", "one-vm", "--json", "-")
    assert (answer.code, answer.err) == (0, "")
    assert json.loads(answer.out)["verdict"] == "holds"


def test_a_reader_that_goes_away_is_no_error() -> None:
    with subprocess.Popen(
        [*COMMAND, "check", "one-vm"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_is_one_message() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "check", "one-vm"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "standard output: cannot be written: No space left on device\n"


@pytest.mark.parametrize("closed", [1, 2])
def test_a_closed_stream_leaves_the_verdict_in_the_exit_code(closed: int, tmp_path: Path) -> None:
    command = shlex.join([*COMMAND, "check", "one-vm", "--without", EARLY])
    done = subprocess.run(
        ["/bin/sh", "-c", f"{command} {closed}>&-"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert bool(done.stdout) is (closed == 2)


@pytest.mark.parametrize("module", ["click", "freezeframe.fleet.errors", "freezeframe.checking"])
def test_ctrl_c_while_the_command_is_loaded_is_one_line(module: str, tmp_path: Path) -> None:
    """As if it were pressed just when `module` is looked for."""
    program = (
        "import sys\n"
        "class Pressed:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == {module!r}: raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Pressed())\n"
        "from freezeframe.cli.__main__ import main\n"
        "main(['check', 'one-vm'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.strip() == "Interrupted: nothing was decided."


def test_guards_are_explained_one_by_one(tmp_path: Path) -> None:
    """What the first is for can be read before the last was looked at."""
    with subprocess.Popen(
        [*COMMAND, "explain", "two-tiers"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(4)]
        assert process.poll() is None
        process.kill()
    assert told[0] == "What the controller's guards are for\n"
    assert told[2].strip().startswith("schedule: ")


def test_an_encoding_without_our_signs_gets_others(start: Call) -> None:
    answer = start("check", "--without", GUARD, PYTHONIOENCODING="ascii")
    assert answer.code == 1
    assert "web-0 running -> pausing" in answer.out


def test_a_terminal_is_told_of_progress_and_ctrl_c_reports_what_was_explored(
    endless: str,
) -> None:
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [*COMMAND, "check", endless],
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
    ) as process:
        os.close(theirs)
        told = ""
        while " states · " not in told:
            told += os.read(ours, 4096).decode()
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        out = process.stdout.read()
        told += os.read(ours, 4096).decode()
        assert process.wait() == 3
    os.close(ours)
    assert " · depth " in told
    assert " · frontier " in told
    assert " MiB · " in told
    assert told.endswith("\x1b[2KInterrupted; this is what was explored until then.\r\n")
    assert ": incomplete\n" in out
    assert "Not the whole:" in out
