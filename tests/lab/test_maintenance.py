"""Whole maintenances of three real hosts, with and without deaths of the controller."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from freezeframe.fleet import Faults, Span, Tolerance, Update, UpdateKind
from freezeframe.observation import ControllerStarted

from .fixtures import running_or_skip
from .laboratory import Lab
from .maintained import HALTED, Maintenance, maintained_fleet
from .processes import wait_for

UPDATE = 'echo "$FREEZEFRAME_HOST" >> "{folder}/updated"; sleep 1'
"""The stand-in for an update: it takes a second, so that a controller can die meanwhile."""

WATCHDOG_SECONDS_MAX = 60.0

MOMENTS = (
    r"a controller began to act",
    r"controller: pause h1 ",
    r"h1-g\d on h1 +resume: completed",
    r"h2-g\d on h2 +pause: completed",
    r"controller: begin_update h2",
    r"h2 +update: completed",
    r"controller: resume h2 ",
    r"controller: begin_update h3",
    r"h3-g\d on h3 +set clock: completed",
    r"controller: return_to_service h3|Every host runs the new software",
)
"""Lines of a run, each told when the step is in the journal, in the order in which they come."""

LEFT_TO_THE_WATCHDOG = 4
"""After the death at this one of the moments no controller comes until all guests run again."""


@pytest.fixture(scope="module")
def three_hosts() -> Iterator[Lab]:
    """Three hosts, two guests on each: two sets of three update domains."""
    with running_or_skip(hosts=3, guests=2) as held:
        yield held


def maintenance(lab: Lab, folder: Path, faults: Faults) -> Maintenance:
    fleet = maintained_fleet(lab, UPDATE.format(folder=folder), "true", faults)
    return Maintenance(lab, fleet, folder)


def test_a_whole_run_keeps_every_promise_by_what_the_guests_themselves_report(
    three_hosts: Lab, tmp_path: Path
) -> None:
    run = maintenance(three_hosts, tmp_path, Faults())
    assert run.run() == 0, run.told()
    assert (tmp_path / "updated").read_text().split() == ["h1", "h2", "h3"]
    assert run.judged_by_guests() > 0
    assert re.search(r"pause_within_limit +6 cases", run.replayed())


def test_a_controller_killed_at_ten_moments_is_gone_on_with_and_nothing_is_lost(
    three_hosts: Lab, tmp_path: Path
) -> None:
    # A watchdog that acts is one more start; an update that nobody attends to may seem to hang.
    faults = Faults(controller_crash=2 * len(MOMENTS), update_hang=len(MOMENTS))
    run = maintenance(three_hosts, tmp_path, faults)
    for number in range(len(MOMENTS)):
        run.kill_at("|".join(MOMENTS[number:]))  # a controller may be faster than its death
        if number == LEFT_TO_THE_WATCHDOG:
            assert run.paused() == ["h2-g1", "h2-g2"]
            wait_for(
                "the watchdog to resume", lambda: not run.paused() or None, WATCHDOG_SECONDS_MAX
            )
    run.complete()
    began = [each for each in run.records() if isinstance(each.fact, ControllerStarted)]
    assert len(began) > len(MOMENTS)
    assert run.watchdogs() == []
    assert run.judged_by_guests() > 0
    run.replayed()


def test_a_watchdog_asked_to_end_first_resumes_what_a_dead_controller_paused(
    three_hosts: Lab, tmp_path: Path
) -> None:
    run = maintenance(three_hosts, tmp_path, Faults(controller_crash=1))
    run.kill_at("controller: begin_update h1")
    assert run.paused() == ["h1-g1", "h1-g2"]
    (watchdog,) = run.watchdogs()
    watchdog.retire(by=signal.SIGTERM)
    assert run.paused() == []
    run.complete()
    assert run.judged_by_guests() > 0


UPDATE_BY_HOST = 'exec sh "{folder}/update-$FREEZEFRAME_HOST"'
ROLL_BACK = 'echo "$FREEZEFRAME_HOST" >> "{folder}/rolled-back"'

BAD_UPDATES = {
    "h1": ("exec sleep 1000", "controller: abort h1"),
    "h2": ("exit 7", "found exit code 7"),
    "h3": ("kill -9 $$", "found it killed by signal 9"),
}
"""By host what its update does, and what is told of that."""

LONG_UPDATE_MS = 20_000
"""So long an update may take; the limit of pauses leaves less, so that one is aborted before."""


def test_an_update_that_hangs_fails_or_is_killed_is_rolled_back_and_can_be_mended(
    three_hosts: Lab, tmp_path: Path
) -> None:
    for host, (text, _) in BAD_UPDATES.items():
        (tmp_path / f"update-{host}").write_text(text)
    update, rollback = (each.format(folder=tmp_path) for each in (UPDATE_BY_HOST, ROLL_BACK))
    faults = Faults(update_hang=1, update_failure=2)
    fleet = maintained_fleet(three_hosts, update, rollback, faults)
    longer = replace(fleet.timing, update=Span(0, LONG_UPDATE_MS))
    run = Maintenance(three_hosts, replace(fleet, timing=longer), tmp_path)
    for host, (_, found) in BAD_UPDATES.items():
        assert run.run() == HALTED, run.told()
        assert run.paused() == []
        assert found in " ".join(run.told().split())
        assert (tmp_path / "rolled-back").read_text().split()[-1] == host
        (tmp_path / f"update-{host}").write_text("true")
    assert run.run() == 0, run.told()
    assert run.judged_by_guests() > 0
    run.replayed()


WAITING = (
    'touch "{folder}/begun-$FREEZEFRAME_HOST"; until [ -e "{folder}/go" ]; do sleep 0.05; done'
)


def test_a_daemon_killed_while_its_guests_are_paused_leaves_none_paused(
    three_hosts: Lab, tmp_path: Path
) -> None:
    fleet = maintained_fleet(
        three_hosts, WAITING.format(folder=tmp_path), "true", Faults(update_hang=1)
    )
    run = Maintenance(three_hosts, fleet, tmp_path)
    host = three_hosts.host("h1")
    begun = tmp_path / "begun-h1"
    """An update that cannot see whether its guests are paused has not begun, and fails."""
    with run.controller() as process:
        for line in run.lines(process):
            if "controller: begin_update h1" in line:
                wait_for("the update of h1", lambda: begun.exists() or None, 20.0)
                assert run.paused() == ["h1-g1", "h1-g2"]
                host.kill_daemon()
                host.start_daemon()
                (tmp_path / "go").touch()
        assert process.wait() in {0, HALTED}, run.told()
    assert run.paused() == []
    if process.returncode == HALTED:
        run.complete()
    assert run.judged_by_guests() > 0
    run.replayed()


def test_guests_that_an_update_cannot_preserve_are_shut_down_and_started_again(
    three_hosts: Lab, tmp_path: Path
) -> None:
    """It comes last, for what its guests remember is gone."""
    fleet = maintained_fleet(
        three_hosts, UPDATE.format(folder=tmp_path), "true", Faults(), names=("h1",)
    )
    kind = Update(UpdateKind.DISRUPTIVE)
    disruptive = replace(fleet, update=kind, tolerance=Tolerance())
    run = Maintenance(three_hosts, disruptive, tmp_path)
    assert run.run() == 0, run.told()
    run.replayed()
    for guest in three_hosts.guests:
        seeds = {beat.seed for beat in run.beats(guest)} | {guest.wait_for_beats(1)[-1].seed}
        assert len(seeds) == (2 if guest.host.name == "h1" else 1), guest.name
