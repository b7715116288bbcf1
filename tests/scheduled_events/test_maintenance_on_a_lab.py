"""A whole maintenance of real hosts, whose guests are told of it, and heard, from inside."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from freezeframe.fleet import Faults, Limits, Span, Timing, Tolerance, write_fleet
from freezeframe.lifecycles import EventStatus
from freezeframe.observation import EventSeen, Record, read_history
from tests.lab.fixtures import running_or_skip
from tests.lab.layout import METADATA_ADDRESS
from tests.lab.network import join, on_network_of
from tests.lab.witness import GAP_MS_MIN

from .guests import begin_client, documents, is_over, seen_of, with_addresses

if TYPE_CHECKING:
    from tests.lab.host import Guest
    from tests.lab.laboratory import Lab

ROOT = Path(__file__).parents[2]
SECONDS_MAX = 120.0
LIMITS = Limits(notice_ms=15_000)
TIMING = Timing(
    update=Span(0, 6_000),
    rollback=Span(0, 3_000),
    clock_sync=Span(0, 2_000),
    restart=Span(0, 10_000),
)
UPDATE = ("sleep", "2")
"""Long enough that heartbeats show the pause, and other guests read that it has begun."""
POSTPONES = "h2-g1"


@dataclass(frozen=True)
class Told:
    """What came of the maintenance: documents by guest, and the run's own history."""

    lab: Lab
    documents: dict[str, list[dict[str, Any]]]
    history: tuple[Record, ...]

    def not_before_ms(self, guest: Guest) -> int:
        """Until when the guest's event is put off if nobody approves it, as it read itself."""
        first = seen_of(self.documents[guest.name], guest.name).entries[0]
        return round(parsedate_to_datetime(first["NotBefore"]).timestamp() * 1000)

    def pause_ms(self, guest: Guest) -> tuple[int, int, int]:
        """The wall times of the heartbeats around the guest's longest pause, and its length."""
        pause = max(guest.observation().pauses, key=lambda each: each.length_ms)
        wall_ms = {beat.seq: beat.arrival_wall_ms for beat in guest.beats()}
        return wall_ms[pause.after_seq], wall_ms[pause.next_seq], pause.length_ms

    def shown_ms(self, guest: Guest, status: EventStatus) -> int:
        """When the guest's event got this status."""
        (wall_ms,) = (
            record.wall_ms
            for record in self.history
            if isinstance(record.fact, EventSeen)
            and record.fact.status is status
            and (record.host, record.fact.tenant) == (guest.host.name, guest.availability_set)
        )
        return wall_ms


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Two hosts with guests of two sets are maintained; all guests but one approve early."""
    folder = tmp_path_factory.mktemp("maintenance")
    with running_or_skip(hosts=2, guests=2) as lab:
        join(lab.hosts)
        fleet = with_addresses(lab)
        fleet = replace(
            fleet,
            hosts=tuple(
                replace(each, update_command=UPDATE, rollback_command=("true",))
                for each in fleet.hosts
            ),
            limits=LIMITS,
            timing=TIMING,
            faults=Faults(controller_crash=1),
            tolerance=Tolerance(controller_crash=1),
        )
        (folder / "fleet.toml").write_text(write_fleet(fleet))
        for guest in lab.guests:
            begin_client(guest, fleet, approves=guest.name != POSTPONES)
        command = [*on_network_of(lab.hosts[0]), sys.executable, "-m", "freezeframe.cli", "run"]
        command += [str(folder / "fleet.toml"), "--trace", str(folder / "trace.jsonl")]
        command += ["--serve-events", METADATA_ADDRESS]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        for guest in lab.guests:
            guest.wait_for_beats(3)
        yield Told(
            lab,
            {guest.name: documents(guest, is_over) for guest in lab.guests},
            read_history((folder / "trace.jsonl").read_text()).records,
        )


def test_a_host_is_paused_early_when_all_its_guests_approve(told: Told) -> None:
    for guest in told.lab.guests:
        if guest.host.name == "h1":
            _, resumed_ms, _ = told.pause_ms(guest)
            assert resumed_ms < told.not_before_ms(guest)


def test_a_host_waits_for_the_one_guest_that_does_not_approve(told: Told) -> None:
    """Also where another tenant of the same host has approved."""
    for guest in told.lab.guests:
        if guest.host.name == "h2":
            before_ms, _, _ = told.pause_ms(guest)
            assert before_ms + GAP_MS_MIN >= told.not_before_ms(guest)


def test_every_pause_is_within_its_event_and_no_longer_than_that_says(told: Told) -> None:
    """Heartbeats tell when a guest stood still to within some of their periods."""
    for guest in told.lab.guests:
        before_ms, after_ms, length_ms = told.pause_ms(guest)
        assert told.shown_ms(guest, EventStatus.STARTED) <= after_ms - length_ms + GAP_MS_MIN
        assert before_ms + length_ms - GAP_MS_MIN <= told.shown_ms(guest, EventStatus.COMPLETED)
        (entry, *_) = seen_of(told.documents[guest.name], guest.name).entries
        assert length_ms <= entry["DurationInSeconds"] * 1000


def test_who_goes_on_sees_the_others_event_through(told: Told) -> None:
    """Who is paused may miss its start; the other VM of the set reads all of it, and its end."""
    for availability_set in ("set1", "set2"):
        one, other = (g for g in told.lab.guests if g.availability_set == availability_set)
        for watcher, watched in ((one, other), (other, one)):
            sight = seen_of(told.documents[watcher.name], watched.name)
            assert sight.statuses == ["Scheduled", "Started"]
            own = seen_of(told.documents[watched.name], watched.name)
            assert own.entries[0] == sight.entries[0]
