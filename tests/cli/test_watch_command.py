"""`freezeframe watch` on a real libvirt connection, with records, metrics and exit codes."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.checking.watching.scripted import ScriptedHost
from tests.checking.watching.test_watch import FLEET, PAUSED, RUNNING, change

from freezeframe.checking.watching import Feed, Watch
from freezeframe.cli.__main__ import run
from freezeframe.cli.watch_metrics import WatchMetrics
from freezeframe.cli.watch_view import lines_of
from freezeframe.observation import read_history
from freezeframe.reporting.metrics import PauseMetrics

URI = "test:///default"


@pytest.fixture(name="domain")
def running_domain() -> Iterator[Any]:
    """The domain that libvirt's test driver has in this process; it runs again afterwards."""
    libvirt = pytest.importorskip(
        "libvirt", reason="needs libvirt's Python binding: install freezeframe[libvirt]"
    )
    connection = libvirt.open(URI)
    domain = connection.lookupByName("test")
    yield domain
    if domain.info()[0] == libvirt.VIR_DOMAIN_PAUSED:
        domain.resume()
    connection.close()


def test_a_host_is_watched_without_being_changed(
    domain: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = domain.XMLDesc()
    file = tmp_path / "seen.jsonl"
    assert run(["watch", URI, "--seconds", "0.5", "--records", str(file)]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"test on \S+  seen running", printed)
    assert "imported from libvirt, as watched: holds" in printed
    assert domain.XMLDesc() == before
    history = read_history(file.read_text())
    assert len(history.records) == 2
    assert run(["replay", str(file)]) == 0


def test_a_vm_that_somebody_left_paused_is_told(
    domain: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    domain.suspend()
    assert run(["watch", URI, "--seconds", "0.5"]) == 3
    assert "the history ends too early, test" in " ".join(capsys.readouterr().out.split())
    assert run(["watch", URI, "--seconds", "0.5", "--pauses", "marked"]) == 0


def test_pauses_violations_and_sight_are_metrics() -> None:
    told = [change(0, "v", RUNNING), change(1_000, "v", PAUSED), change(41_000, "v", RUNNING)]
    told += [change(42_000, "v", PAUSED)]
    watch = Watch([Feed(ScriptedHost("a", told), "a", takes_any_pause=True)], FLEET)
    metrics = PauseMetrics()
    counted = WatchMetrics(watch, metrics)
    stop = metrics.serve("127.0.0.1", 0)
    watch.begin()
    lines: list[str] = []
    while len(lines) < 5:
        for happening in watch.step(50_000, wait_ms=100):
            counted.count(happening)
            lines += lines_of(happening)
    with urllib.request.urlopen(f"http://127.0.0.1:{metrics.port}/metrics") as page:
        text = page.read().decode()
    stop()
    list(watch.end(50_000))
    labels = '{availability_set="web",host="a",update_domain="0"}'
    assert f"freezeframe_pause_seconds_sum{labels} 40.0" in text
    assert f"freezeframe_paused_vms{labels} 1.0" in text
    assert 'freezeframe_violations_total{property="pause_within_limit"} 1.0' in text
    assert 'freezeframe_violations_total{property="memory_preserved"} 0.0' in text
    assert 'freezeframe_host_in_sight{host="a"} 1.0' in text
    assert 'freezeframe_sight_lost_total{host="a"} 0.0' in text
    names = {each.name for each in text_string_to_metric_families(text)}
    assert names >= {
        "freezeframe_pause_seconds",
        "freezeframe_violations",
        "freezeframe_sight_lost",
    }
    assert any(line.startswith("BROKEN pause_within_limit for v") for line in lines)


def test_what_cannot_be_watched_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["watch"]) == 2
    assert "expected at least one URI, or --fleet" in capsys.readouterr().err
    assert run(["watch", "--fleet", "two-tiers"]) == 2
    assert "a fleet file whose hosts have one" in capsys.readouterr().err
    assert run(["watch", "nonsense:", "--fleet", "two-tiers"]) == 2
    assert "expected a URI that begins with one of" in capsys.readouterr().err


def test_an_address_that_cannot_be_had_is_refused(
    domain: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = PauseMetrics()
    stop = metrics.serve("127.0.0.1", 0)
    taken = str(metrics.port)
    assert run(["watch", URI, "--seconds", "0.5", "--metrics-port", taken]) == 2
    stop()
    assert f"expected to serve at 127.0.0.1:{taken}" in capsys.readouterr().err
    assert domain.isActive()
