"""`freezeframe run`, rehearsed and over hosts of libvirt's test driver, which need no pauses."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.maintenance.hosts import MARK, write_host

from freezeframe.maintenance.journal_file import read_journal
from freezeframe.observation import Operation, Outcome, Record, StepTaken, Told, read_history

from .conftest import Call

SECONDS_MAX = 30.0


def told(records: tuple[Record, ...], operation: Operation) -> list[str | None]:
    """The VMs of which `operation` was completed, in order."""
    return [record.vm for record in records if record.fact == Told(operation, Outcome.COMPLETED)]


def test_a_rehearsal_shows_every_step_with_its_time_and_leaves_nothing(
    call: Call, tmp_path: Path
) -> None:
    trace = tmp_path / "rehearsed.jsonl"
    answer = call("run", "shared-hosts", "--dry-run", "--trace", trace)
    assert (answer.code, answer.err) == (0, "")
    history = read_history(trace.read_text())
    steps = [each.fact.step for each in history.records if isinstance(each.fact, StepTaken)]
    shown = re.findall(r"^ +[\d.,]+ s  fleet +controller: (.*)$", answer.out, re.MULTILINE)
    assert shown == steps
    assert [each for each in steps if each.startswith("begin_update")] == [
        f"begin_update host-{name}" for name in "abcd"
    ]
    assert "Every host runs the new software." in answer.out
    assert "every promise was kept" in answer.out
    assert list(tmp_path.iterdir()) == [trace]
    assert call("replay", trace).code == 0


def test_hosts_are_updated_by_their_commands_one_line_an_event(
    call: Call, fleet: Path, tmp_path: Path
) -> None:
    trace = tmp_path / "run.jsonl"
    answer = call("run", fleet, "--trace", trace)
    assert (answer.code, answer.err) == (0, "")
    assert sorted((tmp_path / "updated").read_text().split()) == ["a", "b"]
    assert re.search(r"^\d{4}-\d\d-\d\dT[\d:.]+Z  a +update: completed$", answer.out, re.MULTILINE)
    assert "a: leaves alone a-vm; updates by: sh -c" in answer.out
    assert answer.out.endswith("Longest pause 0 s; every promise was kept.\n")
    journal = read_journal(tmp_path / "fleet.journal")
    assert read_history(trace.read_text()) == journal
    assert told(journal.records, Operation.PAUSE) == []
    for history in (trace, tmp_path / "fleet.journal"):
        assert "The model allows every step" in call("replay", history).out


def test_a_disruptive_update_finds_every_vm_shut_down_and_boots_it_again(
    call: Call, fleet: Path, tmp_path: Path
) -> None:
    fleet.write_text(fleet.read_text().replace("no-impact", "disruptive"))
    answer = call("run", fleet)
    assert (answer.code, answer.err) == (0, "")
    assert "a: shuts down a-vm; updates by: sh -c" in answer.out
    records = read_journal(tmp_path / "fleet.journal").records
    for operation in (Operation.SHUT_DOWN, Operation.BOOT):
        assert sorted(filter(None, told(records, operation))) == ["a-vm", "b-vm"]
    assert sorted((tmp_path / "updated").read_text().split()) == ["a", "b"]


def test_a_maintenance_that_has_begun_goes_on_only_when_asked_to(call: Call, fleet: Path) -> None:
    assert call("run", fleet).code == 0
    again = call("run", fleet)
    assert again.code == 2
    assert "expected none, found one of a maintenance that has begun; go on with" in again.err
    resumed = call("run", fleet, "--resume")
    assert (resumed.code, resumed.err) == (0, "")
    assert "update: completed" not in resumed.out
    status = call("run", fleet, "--status")
    assert status.code == 0
    assert re.search(r"a +in service, new +a-vm +running", status.out)


def test_what_does_not_fit_together_is_refused_before_anything_is_made(
    call: Call, fleet: Path, tmp_path: Path
) -> None:
    before = sorted(tmp_path.iterdir())
    for options, found in (
        (["--resume"], "expected one of a maintenance to be resumed, found none"),
        (["--resume", "--dry-run"], "exclude each other"),
        (["--status"], "expected a journal, found no such file"),
        (["--trace", str(tmp_path / "no" / "run.jsonl")], "there is no directory"),
        (["--journal", str(tmp_path / "no" / "journal")], "No such file or directory"),
    ):
        answer = call("run", fleet, *options)
        assert (answer.code, answer.out.count("update")) == (2, 0)
        assert found in answer.err
    assert sorted(tmp_path.iterdir()) == before
    unreachable = call("run", "two-tiers")
    assert unreachable.code == 2
    assert "host-a: expected a uri in the fleet file, found none" in unreachable.err
    assert "host-a: expected an update_command in the fleet file, found none" in unreachable.err
    assert "nothing was paused" in unreachable.err


def test_hosts_of_one_process_only_are_refused(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "fleet.toml"
    file.write_text(
        'name = "unreal"\n[tolerance]\ncontroller_crash = 1\n[[hosts]]\nname = "a"\n'
        'uri = "simulated:a?vms=1"\nupdate_command = ["true"]\nrollback_command = ["true"]\n'
        '[[vms]]\nname = "vm-0"\nhost = "a"\n'
    )
    answer = call("run", file)
    assert answer.code == 2
    assert "a: expected a host that the watchdog's own process can reach" in answer.err
    assert list(tmp_path.iterdir()) == [file]


def test_a_host_out_of_reach_is_told_before_anything_is_begun(
    call: Call, fleet: Path, tmp_path: Path
) -> None:
    (tmp_path / "b.xml").unlink()
    answer = call("run", fleet)
    assert answer.code == 2
    assert "b.xml: open: expected a libvirt host that answers" in answer.err
    assert not (tmp_path / "updated").exists()


def test_a_vm_that_vanished_is_told_before_anything_is_begun(
    call: Call, fleet: Path, tmp_path: Path
) -> None:
    write_host(tmp_path / "b.xml", {"another": MARK})
    answer = call("run", fleet)
    assert answer.code == 2
    assert "b-vm: expected it on b, found no VM of that name; has it moved?" in answer.err
    assert not (tmp_path / "updated").exists()


def slow(fleet: Path) -> None:
    """Have the update of the fleet's hosts wait for a file."""
    folder = fleet.parent
    wait = f"touch {folder}/begun; until test -e {folder}/go; do sleep 0.05; done"
    text = fleet.read_text()
    fleet.write_text(re.sub(r"echo \$FREEZEFRAME_HOST[^\"]*", wait, text))


def wait_for(path: Path) -> None:
    for _ in range(int(SECONDS_MAX * 50)):
        if path.exists():
            return
        time.sleep(0.02)
    raise AssertionError(f"expected {path}")


@pytest.mark.parametrize("signal_name", ["SIGINT", "SIGTERM"])
def test_asked_to_end_twice_it_cuts_short_and_the_update_is_waited_for_by_its_successor(
    call: Call, fleet: Path, tmp_path: Path, signal_name: str
) -> None:
    import signal  # noqa: PLC0415 (its name would hide the parameter's)

    slow(fleet)
    command = [sys.executable, "-m", "freezeframe.cli", "run", str(fleet)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        wait_for(tmp_path / "begun")
        assert running.stderr is not None
        running.send_signal(signal.Signals[signal_name])
        assert running.stderr.readline().startswith("Ending: ")
        running.send_signal(signal.Signals[signal_name])
        _, said = running.communicate(timeout=SECONDS_MAX)
    assert said.startswith("Cut short: whatever is paused")
    assert (running.returncode, "Traceback" in said) == (3, False)
    (tmp_path / "go").touch()
    assert call("run", fleet, "--resume").code == 0


@pytest.mark.parametrize("signal_name", ["SIGINT", "SIGTERM"])
def test_asked_to_end_it_finishes_what_is_begun_and_can_be_gone_on_with(
    fleet: Path, tmp_path: Path, signal_name: str
) -> None:
    """Both hosts may go at once, so both are begun; a second controller is refused meanwhile."""
    import signal  # noqa: PLC0415 (its name would hide the parameter's)

    slow(fleet)
    command = [sys.executable, "-m", "freezeframe.cli", "run", str(fleet)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        wait_for(tmp_path / "begun")
        second = subprocess.run([*command, "--resume"], capture_output=True, text=True, check=False)
        running.send_signal(signal.Signals[signal_name])
        assert running.stderr is not None
        said = running.stderr.readline()
        (tmp_path / "go").touch()
        out, _ = running.communicate(timeout=SECONDS_MAX)
    assert (
        said == "Ending: hosts that are begun are finished, no other is begun; again cuts short.\n"
    )
    assert second.returncode == 2
    assert f"found that process {running.pid} is;" in second.stderr
    assert running.returncode in {0, 3}, out
    assert "Nothing is left paused" in out or "Every host runs" in out


def test_a_failed_update_halts_and_an_operator_lets_it_go_on(
    call: Call, fleet: Path, tmp_path: Path
) -> None:
    text = fleet.read_text()
    fleet.write_text(text.replace("echo $FREEZEFRAME_HOST", "exit 7; echo"))
    answer = call("run", fleet)
    assert answer.code == 1
    assert "expected exit code 0, found exit code 7" in answer.out
    assert "Halted. Nothing is left paused." in answer.out
    assert "\n  a: update: failed (expected exit code 0, found exit code 7)\n" in answer.out
    fleet.write_text(text)
    resumed = call("run", fleet, "--resume")
    assert resumed.code == 0, resumed.out + resumed.err
    assert sorted((tmp_path / "updated").read_text().split()) == ["a", "b"]


def test_vms_of_one_name_on_two_hosts_are_maintained_as_import_names_them(
    call: Call, fleet: Path, tmp_path: Path
) -> None:
    for host in ("a", "b"):
        write_host(tmp_path / f"{host}.xml", {"web": MARK})
    text = fleet.read_text()
    for host in ("a", "b"):
        text = text.replace(f'name = "{host}-vm"', f'name = "web@{host}"\ndomain = "web"')
    fleet.write_text(text.replace("$FREEZEFRAME_HOST", "$FREEZEFRAME_HOST:$FREEZEFRAME_VMS"))
    answer = call("run", fleet)
    assert (answer.code, answer.err) == (0, "")
    assert sorted((tmp_path / "updated").read_text().split()) == ["a:web", "b:web"]
    records = read_journal(tmp_path / "fleet.journal").records
    assert {record.vm for record in records if record.vm is not None} == {"web@a", "web@b"}
