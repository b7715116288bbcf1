"""What the service can tell of events."""

from __future__ import annotations

from freezeframe.lifecycles import EventStatus
from freezeframe.scheduled_events import (
    Announce,
    Approve,
    Cancel,
    Change,
    Complete,
    Fail,
    Start,
    sightings,
)

from .happenings import after, beginning

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
