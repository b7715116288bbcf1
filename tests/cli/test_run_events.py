"""`freezeframe run --serve-events`: guests are told, heard, and remembered over a restart."""

from __future__ import annotations

import urllib.error
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .serving import approve, read, read_until, started, url_of

if TYPE_CHECKING:
    from .conftest import Call

PORTS = ("--serve-events", "127.0.0.1:0=a-vm", "--serve-events", "127.0.0.1:0=b-vm")


@pytest.fixture
def patient(fleet: Path) -> Path:
    """The fleet, whose guests are shut down for an update, with an hour of notice."""
    text = fleet.read_text().replace("no-impact", "disruptive")
    fleet.write_text(text.replace("notice_seconds = 0", "notice_seconds = 3600"))
    return fleet


def test_a_host_waits_for_its_guests_and_no_longer(patient: Path, tmp_path: Path) -> None:
    """Within their hour, host b goes when its guest has approved, and host a waits on."""
    with started("run", str(patient), *PORTS) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "Guests are told by scheduled events:\n"
        a, b = (url_of(running, vm) for vm in ("a-vm", "b-vm"))
        (event,) = read_until(b, has_events=True)["Events"]
        assert (event["Resources"], event["EventStatus"]) == (["b-vm"], "Scheduled")
        approve(b, event["EventId"])
        read_until(b, has_events=False)
        assert (tmp_path / "updated").read_text() == "b\n"
        (waiting,) = read(a)["Events"]
        assert waiting["EventStatus"] == "Scheduled"
        approve(a, waiting["EventId"])
        read_until(a, has_events=False)
        out, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (0, "")
    assert "Every host runs the new software." in out


def test_a_killed_run_goes_on_with_the_same_documents(patient: Path, tmp_path: Path) -> None:
    """Ids, incarnations, notice and approvals: all of them are as they were."""
    with started("run", str(patient), *PORTS) as first:
        urls = [url_of(first, vm) for vm in ("a-vm", "b-vm")]
        before = [read_until(url, has_events=True) for url in urls]
    with started("run", str(patient), "--resume", *PORTS) as again:
        urls = [url_of(again, vm) for vm in ("a-vm", "b-vm")]
        assert [read(url) for url in urls] == before
        for url, document in zip(urls, before, strict=True):
            approve(url, document["Events"][0]["EventId"])
        for url in urls:
            read_until(url, has_events=False)
        again.communicate(timeout=30)
    assert again.returncode == 0
    assert sorted((tmp_path / "updated").read_text().split()) == ["a", "b"]


def test_an_event_is_cancelled_when_its_host_is_not_maintained_after_all(patient: Path) -> None:
    """The update of host b fails, so host a is left alone; begun again, it is another event."""
    text = patient.read_text()
    patient.write_text(text.replace("echo $FREEZEFRAME_HOST", "exit 7; echo"))
    with started("run", str(patient), *PORTS) as running:
        a, b = (url_of(running, vm) for vm in ("a-vm", "b-vm"))
        before = read_until(a, has_events=True)
        approve(b, read_until(b, has_events=True)["Events"][0]["EventId"])
        after = read_until(a, has_events=False)
        out, _ = running.communicate(timeout=30)
    assert running.returncode == 1, out
    assert "Halted" in out
    assert after["DocumentIncarnation"] == before["DocumentIncarnation"] + 1
    patient.write_text(text)
    with started("run", str(patient), "--resume", *PORTS) as again:
        (anew,) = read_until(url_of(again, "a-vm"), has_events=True)["Events"]
    assert anew["EventStatus"] == "Scheduled"
    assert anew["EventId"] != before["Events"][0]["EventId"]


def test_the_end_waits_for_nobody_who_never_asked(patient: Path) -> None:
    """The guest of host b has read that its event is over, and that of host a never asked."""
    patient.write_text(patient.read_text().replace("3600", "1"))
    with started("run", str(patient), *PORTS) as running:
        url = url_of(running, "b-vm")
        read_until(url, has_events=True)
        read_until(url, has_events=False)
        out, _ = running.communicate(timeout=30)
    assert running.returncode == 0
    assert "until read by: a-vm" not in out
    with pytest.raises(urllib.error.URLError):
        read(url)


def test_a_run_that_cannot_keep_its_events_ends_and_can_be_gone_on_with(
    call: Call, patient: Path, tmp_path: Path
) -> None:
    """Something else lies where they are kept; guests are not told of what may be forgotten."""
    patient.write_text(patient.read_text().replace("3600", "2"))
    kept = tmp_path / "fleet.journal.events"
    with started("run", str(patient), *PORTS) as running:
        read_until(url_of(running, "a-vm"), has_events=True)
        kept.unlink()
        kept.mkdir()
        _, err = running.communicate(timeout=30)
    assert running.returncode == 2
    assert err.startswith("Cut short: whatever is paused, the watchdog resumes")
    assert f"{kept}: expected to keep scheduled events there, found: Is a directory" in err
    kept.rmdir()
    assert call("run", patient, "--resume", *PORTS).code == 0
    assert sorted((tmp_path / "updated").read_text().split()) == ["a", "b"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--dry-run", *PORTS), "--serve-events is for a run"),
        (("--status", *PORTS), "--serve-events is for a run"),
        (("--serve-events", "localhost"), "found 'localhost'"),
        (("--serve-events", "127.0.0.1:0=web-9"), "found 'web-9'"),
        (("--serve-events", "127.0.0.1:0"), "found no VM with an address"),
        (("--serve-events", "192.0.2.1=a-vm"), "192.0.2.1:80: expected to listen there"),
    ],
)
def test_says_what_is_wrong_before_anything_is_begun(
    call: Call, fleet: Path, tmp_path: Path, arguments: tuple[str, ...], expected: str
) -> None:
    """With exit code 2, and nothing is left behind."""
    before = sorted(tmp_path.iterdir())
    answer = call("run", fleet, *arguments)
    assert answer.code == 2
    assert expected in answer.err
    assert sorted(tmp_path.iterdir()) == before


def test_events_of_another_service_are_not_overwritten(call: Call, fleet: Path) -> None:
    """A file of that name that is none of ours is told, and let be."""
    mine = fleet.with_name("fleet.journal.events")
    mine.write_text("my diary")
    answer = call("run", fleet, *PORTS)
    assert answer.code == 2
    assert "expected a file that keeps scheduled events" in answer.err
    assert mine.read_text() == "my diary"
