"""`freezeframe replay` judges a file, strictly read, with the exit codes of the contract."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.recorded import RUNS, Recording

from freezeframe.cli.__main__ import run
from freezeframe.lifecycles import HostStatus
from freezeframe.observation import Provenance, write_records

VMS_ONLY = Provenance(("vm seen", "vm operation"))


def written(path: Path, recording: Recording, provenance: Provenance = VMS_ONLY) -> str:
    file = path / "trace.jsonl"
    file.write_text(write_records(recording.records, provenance))
    return str(file)


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    """What was printed, as if lines had no end."""
    return " ".join(capsys.readouterr().out.split())


def complained(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())


def together() -> Recording:
    return Recording().pause(0, "a", "v").pause(2_000, "b", "w")


def test_a_counterexample_of_a_check_is_judged_violated(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = str(tmp_path / "run.jsonl")
    guard = "no-other-domain-of-the-set-is-under-maintenance"
    assert run(["check", "--without", guard, "--trace", file]) == 1
    capsys.readouterr()
    assert run(["replay", file]) == 1
    told = printed(capsys)
    assert "one_update_domain_paused, for web-0 and web-1, at 5 s" in told
    assert "web-1 on host-b asked to pause" in told
    assert "The model allows every step: 6 steps were followed." in told
    assert run(["replay", file, "--policy", "one-fault-domain", "--fleet", "one-vm"]) == 1
    assert "The model does not allow what was seen at 0 s" in printed(capsys)


def test_a_counterexample_can_be_seen_to_happen(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = str(tmp_path / "run.jsonl")
    guard = "no-other-domain-of-the-set-is-under-maintenance"
    assert run(["check", "--without", guard, "--trace", file]) == 1
    capsys.readouterr()
    assert run(["replay", file, "--adapter", "simulated:"]) == 1
    assert "one_update_domain_paused, for web-0 and web-1" in printed(capsys)
    for uri, message in (
        ("simulated", "expected simulated: or HOST=URI"),
        ("host-a=simulated:host-a", "found none for host-b"),
    ):
        assert run(["replay", file, "--adapter", uri]) == 2
        assert message in complained(capsys)
    uris = [f"--adapter=host-{each}=simulated:host-{each}" for each in "abc"]
    assert run(["replay", file, *uris]) == 2
    assert "running and marked, found none; nothing was done" in complained(capsys)
    seen = written(tmp_path, together())
    assert run(["replay", seen, "--adapter", "simulated:"]) == 2
    assert "expected a trace of freezeframe check --trace" in complained(capsys)


def test_the_schema_of_a_trace_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "freezeframe-records, version 1"


def test_without_a_fleet_sets_are_told_by_placements(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = written(tmp_path, together().resume(3_000, "a", "v").resume(3_000, "b", "w"))
    assert run(["replay", file]) == 0
    assert "No VM is known to be in a set" in printed(capsys)
    assert run(["replay", file, "--placement", "v=web:0", "--placement", "w=web:1"]) == 1
    assert "for v and w, at 2 s" in printed(capsys)


def test_a_history_that_ends_too_early_is_incomplete(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = written(tmp_path, Recording().pause(0, "a", "v").end(5_000))
    assert run(["replay", file]) == 3
    assert "the history ends too early, v" in printed(capsys)


def test_the_object_tells_violations_with_their_records(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    recording = Recording().pause(0, "a", "v").resume(31_000, "a", "v")
    assert run(["replay", written(tmp_path, recording), "--json", "-"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == "violated"
    (limit,) = [each for each in told["properties"] if each["name"] == "pause_within_limit"]
    assert limit["worst_seconds"] == 31.0
    (violation,) = limit["violations"]
    assert (violation["at_seconds"], violation["subjects"]) == (31.0, ["v"])
    assert violation["timeline"][-1]["kind"] == "vm operation"
    assert told["refinement"]["followed"] is False


def test_odd_records_and_strangers_are_remarked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    recording = Recording().add(0, RUNS, "host-a", "web-0").add(9, RUNS, "elsewhere", "other")
    recording.host(10, "host-a", HostStatus.IN_SERVICE)
    del recording.records[1]
    recording.records.append(recording.records[0])
    recording.add(12, RUNS, "elsewhere", "other")
    file = written(tmp_path, recording)
    assert run(["replay", file, "--fleet", "two-tiers"]) == 0
    told = printed(capsys)
    assert "Odd records: 1 duplicate, 1 missing" in told
    assert "record 1 of test: duplicate: test told its record 1 before" in told
    assert "Not in the fleet, so nothing was asked of them: other" in told


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected the line"),
        ('{"format": "freezeframe-records", "version": 1}\nx\n{}\n', "trace.jsonl:2: expected one"),
        ('{"format": "freezeframe-records", "version": 9}\n', "trace.jsonl:1: version: expected 1"),
        (
            '{"format": "freezeframe-records", "version": 1, "fleet": "name = 1"}\n',
            "trace.jsonl: fleet",
        ),
    ],
)
def test_what_is_no_history_is_refused_with_its_lines(
    text: str, message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "trace.jsonl"
    file.write_text(text)
    assert run(["replay", str(file)]) == 2
    assert message in complained(capsys)


def test_files_and_options_that_make_no_sense_are_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["replay", str(tmp_path / "none.jsonl")]) == 2
    assert "cannot read" in complained(capsys)
    file = written(tmp_path, together())
    assert run(["replay", file, "--placement", "v:web"]) == 2
    assert "expected VM=SET:DOMAIN" in complained(capsys)
    assert run(["replay", file, "--placement", "x=web:0"]) == 2
    assert "expected a VM of the fleet, found 'x'" in complained(capsys)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    assert run(["replay", str(tmp_path / "bytes")]) == 2
    assert "expected UTF-8" in complained(capsys)
