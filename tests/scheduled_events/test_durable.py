"""A restart loses nothing: the same ids, incarnations and times."""

from __future__ import annotations

import json
from typing import Any

import pytest

from freezeframe.scheduled_events import (
    Announce,
    Approve,
    Call,
    Cancel,
    ScheduledEventsError,
    Start,
    State,
    from_json,
    to_json,
)

from .happenings import PLACEMENTS, after, beginning, incarnation, shown


def _eventful() -> State:
    state = after(
        beginning(),
        Call("web-0"),
        Call("alone"),
        Announce("host-a", ("web-0",), description="→"),
        Announce("host-a", ("alone",)),
        Announce("host-b", ("web-1",), notice_ms=0),
        Start("host-b"),
    )
    return after(state, Approve("alone", (state.events["host-a", "alone"].event_id,)))


def test_what_was_written_is_read_again() -> None:
    """And goes on as if nothing had been."""
    state = _eventful()
    read = from_json(json.loads(json.dumps(to_json(state))), PLACEMENTS)
    assert read == state
    new = Announce("host-b", ("db-0",))
    assert after(read, new, Cancel("host-a")) == after(state, new, Cancel("host-a"))
    assert shown(read, "web") == shown(state, "web")
    assert incarnation(read, "web") == incarnation(state, "web") > 1


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"format": "other"}, "expected an object of the format"),
        ({"version": 2}, "expected version 1, found 2"),
        ({"seed": "x"}, "found ValueError"),
        ({"events": [{}]}, "found KeyError"),
        ({"editions": {"web": {"number": 1}}}, "found TypeError"),
        ({"editions": []}, "found AttributeError"),
    ],
)
def test_refuses_what_it_did_not_write(change: dict[str, Any], expected: str) -> None:
    """With what is wrong, and no traceback."""
    with pytest.raises(ScheduledEventsError, match=expected):
        from_json({**to_json(_eventful()), **change}, PLACEMENTS)


def test_refuses_what_is_no_object() -> None:
    """Such as an empty file's null."""
    with pytest.raises(ScheduledEventsError, match="found null"):
        from_json(None, PLACEMENTS)
