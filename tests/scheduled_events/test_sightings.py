"""What the service and a client can tell of events, and what follows from it."""

from __future__ import annotations

from freezeframe.lifecycles import EventStatus
from freezeframe.observation import EventSeen
from freezeframe.scheduled_events import (
    Announce,
    Approve,
    Cancel,
    Change,
    Complete,
    Fail,
    Reader,
    Start,
    document,
    sightings,
)

from .happenings import NEWEST, after, beginning

FREEZE = Announce("host-a", ("web-0",))


def _whole_life(last: tuple[Change, ...]) -> list[EventStatus]:
    state, statuses = beginning(), []
    for change in (FREEZE, *last):
        ids = tuple(each.event_id for each in state.events.values())
        then = after(state, Approve(change.vm, ids) if isinstance(change, Approve) else change)
        for occasion, seen in sightings(state, then):
            assert (occasion, seen.tenant) == ("host-a", "web")
            statuses.append(seen.status)
        state = then
    return statuses


def test_the_service_tells_every_step_once() -> None:
    """Also those that no document shows."""
    approve = Approve("web-0", ())
    life = _whole_life((approve, approve, Start("host-a"), Complete("host-a")))
    assert life == ["scheduled", "approved", "started", "completed"]
    assert _whole_life((Cancel("host-a"), FREEZE)) == ["scheduled", "cancelled", "scheduled"]


def test_the_service_tells_of_failed_hardware_as_it_was_shown() -> None:
    """Nobody saw it scheduled."""
    state = beginning()
    seen = [fact.status for _, fact in sightings(state, after(state, Fail("host-a", ("web-0",))))]
    assert seen == [EventStatus.STARTED]


def _reader() -> Reader:
    return Reader("web", {"web-0": "host-a"})


def test_a_client_tells_what_its_documents_showed() -> None:
    """Between two polls it sees nothing, and a vanished event tells by its last status."""
    reader, state = _reader(), beginning()
    assert reader.read(document(state, "web", NEWEST)) == ()
    state = after(state, FREEZE)
    event_id = state.events["host-a", "web"].event_id
    told = reader.read(document(state, "web", NEWEST))
    assert told == (("host-a", EventSeen("web", event_id, EventStatus.SCHEDULED)),)
    assert reader.read(document(state, "web", NEWEST)) == ()
    approved = ("host-a", EventSeen("web", event_id, EventStatus.APPROVED))
    assert reader.approved(event_id) == approved
    state = after(state, Approve("web-0", (event_id,)), Start("host-a"))
    told = reader.read(document(state, "web", NEWEST))
    assert told == (("host-a", EventSeen("web", event_id, EventStatus.STARTED)),)
    told = reader.read(document(after(state, Complete("host-a")), "web", NEWEST))
    assert told == (("host-a", EventSeen("web", event_id, EventStatus.COMPLETED)),)


def test_a_client_takes_an_event_that_vanished_unstarted_for_cancelled() -> None:
    """A late poll may miss the start; then it cannot know better."""
    reader, state = _reader(), after(beginning(), FREEZE)
    reader.read(document(state, "web", NEWEST))
    ((_, told),) = reader.read(document(after(state, Cancel("host-a")), "web", NEWEST))
    assert told.status is EventStatus.CANCELLED
