"""What a client can tell of events, from documents alone."""

from __future__ import annotations

from freezeframe.fleet import AvailabilitySet, Fleet, Host, Limits, VirtualMachine
from freezeframe.lifecycles import EventStatus
from freezeframe.observation import Record
from freezeframe.scheduled_events import (
    Announce,
    Approve,
    Cancel,
    Complete,
    Observer,
    Reading,
    Start,
    State,
    document,
)

from .happenings import NEWEST, NOON_MS, after, beginning

FREEZE = Announce("host-a", ("web-0",), notice_ms=10_000)
FLEET = Fleet(
    "small",
    (Host("host-a"),),
    (VirtualMachine("web-0", "host-a", "web", 0),),
    (AvailabilitySet("web"),),
    limits=Limits(notice_ms=10_000),
)


def _at(ms: int) -> Reading:
    return Reading(ms, NOON_MS + ms)


class _Client:
    def __init__(self) -> None:
        self.observer = Observer("web-0", FLEET)

    def read(self, state: State, ms: int) -> list[tuple[int, EventStatus]]:
        """When and what, for each record of reading at that time."""
        return [_told(each) for each in self.observer.read(document(state, "web", NEWEST), _at(ms))]


def _told(record: Record) -> tuple[int, EventStatus]:
    fact = record.fact
    assert (record.source, record.host) == ("client web-0", "host-a")
    assert vars(fact)["tenant"] == "web"
    assert record.wall_ms == NOON_MS + record.monotonic_ms
    return record.monotonic_ms, vars(fact)["status"]


def test_tells_each_step_that_its_documents_show_once() -> None:
    """And its own approval."""
    client, state = _Client(), beginning()
    assert client.read(state, 0) == []
    state = after(state, FREEZE)
    event_id = state.events["host-a", "web"].event_id
    assert client.read(state, 0) == [(0, EventStatus.SCHEDULED)]
    assert client.read(state, 10) == []
    assert _told(client.observer.approved(event_id, _at(20))) == (20, EventStatus.APPROVED)
    state = after(state, Approve("web-0", (event_id,)), Start("host-a"))
    assert client.read(state, 30) == [(30, EventStatus.STARTED)]
    assert client.read(after(state, Complete("host-a")), 40) == [(40, EventStatus.COMPLETED)]


def test_counts_the_notice_by_not_before_when_it_polls_late() -> None:
    """Seven seconds late, three are left of ten; the event is told of as of its announcement."""
    state = after(beginning(), FREEZE)
    assert _Client().read(state, 7_000) == [(0, EventStatus.SCHEDULED)]


def test_never_tells_of_more_notice_than_it_was_given() -> None:
    """Where the service gives less than the fleet promises, that is seen from now on only."""
    state = after(beginning(), Announce("host-a", ("web-0",), notice_ms=60_000))
    assert _Client().read(state, 7_000) == [(7_000, EventStatus.SCHEDULED)]


def test_takes_an_event_that_vanished_unstarted_for_cancelled() -> None:
    """A late poll may miss the start; then it cannot know better."""
    client, state = _Client(), after(beginning(), FREEZE)
    client.read(state, 0)
    assert client.read(after(state, Cancel("host-a")), 5) == [(5, EventStatus.CANCELLED)]


def test_numbers_its_records_without_gaps() -> None:
    """As every source of a history must."""
    client, state = Observer("web-0", FLEET), after(beginning(), FREEZE)
    first = client.read(document(state, "web", NEWEST), _at(0))
    second = client.read(document(beginning(), "web", NEWEST), _at(1))
    assert [each.sequence for each in (*first, *second)] == [1, 2]


def test_tells_of_events_that_vanish_together_in_the_order_in_which_it_saw_them() -> None:
    """So that the same documents make the same history."""
    client, state = Observer("web-0", FLEET), beginning()
    for occasion in "fbdace":
        state = after(state, Announce(occasion, ("web-0",)))
    seen = client.read(document(state, "web", NEWEST), _at(0))
    gone = client.read(document(beginning(), "web", NEWEST), _at(1))
    assert [vars(each.fact)["event_id"] for each in gone] == [
        vars(each.fact)["event_id"] for each in seen
    ]
