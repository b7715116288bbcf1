"""The form of the document, version by version."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest

from freezeframe.scheduled_events import (
    API_VERSIONS,
    EVENTS_VERSIONS,
    Announce,
    Approve,
    Call,
    EventSource,
    EventType,
    Start,
    document,
)

from .happenings import NOON_MS, after, beginning, shown

_FIRST = {"EventId", "EventType", "ResourceType", "Resources", "EventStatus", "NotBefore"}
_NEW = {
    "2019-04-01": "Description",
    "2019-08-01": "EventSource",
    "2020-07-01": "DurationInSeconds",
}


def test_is_what_the_contract_shows() -> None:
    """Source: Azure's Scheduled Events page, event properties."""
    state = after(
        beginning(),
        Call("web-0"),
        Announce(
            "host-a",
            ("web-0", "web-2"),
            duration_seconds=9,
            description="Virtual machine is being paused.",
        ),
    )
    read = document(state, "web", "2020-07-01")
    event_id = read["Events"][0]["EventId"]
    assert read == {
        "DocumentIncarnation": 2,
        "Events": [
            {
                "EventId": event_id,
                "EventStatus": "Scheduled",
                "EventType": "Freeze",
                "ResourceType": "VirtualMachine",
                "Resources": ["web-0", "web-2"],
                "NotBefore": "Mon, 19 Sep 2016 12:15:00 GMT",
                "Description": "Virtual machine is being paused.",
                "EventSource": "Platform",
                "DurationInSeconds": 9,
            }
        ],
    }


@pytest.mark.parametrize("version", EVENTS_VERSIONS)
def test_each_version_has_the_properties_that_it_knows(version: str) -> None:
    """Source: Azure's Scheduled Events page, version table."""
    state = after(beginning(), Announce("host-a", ("web-0",)))
    known = _FIRST | {name for since, name in _NEW.items() if since <= version}
    assert set(shown(state, "web", version)[0]) == known


@pytest.mark.parametrize(
    ("event_type", "since"),
    [(EventType.PREEMPT, "2017-11-01"), (EventType.TERMINATE, "2019-01-01")],
)
def test_a_type_is_shown_from_its_version_on(event_type: EventType, since: str) -> None:
    """An older client would not know what to make of it."""
    state = after(beginning(), Announce("host-a", ("alone",), event_type))
    for version in API_VERSIONS:
        assert len(shown(state, "alone", version)) == (version >= since)


def test_the_first_version_has_underscores_before_names() -> None:
    """They were removed with 2017-08-01."""
    state = after(beginning(), Announce("host-a", ("alone",)))
    assert shown(state, "alone", "2017-03-01")[0]["Resources"] == ["_alone"]
    assert shown(state, "alone", "2017-08-01")[0]["Resources"] == ["alone"]


def test_not_before_is_rfc_1123_until_the_event_has_started() -> None:
    """A strict client (C# format "R") throws on anything else."""
    state = after(beginning(), Announce("host-a", ("alone",), source=EventSource.USER))
    event = shown(state, "alone")[0]
    assert event["EventSource"] == "User"
    then = parsedate_to_datetime(event["NotBefore"])
    assert then.timestamp() * 1000 == NOON_MS + 900_000
    assert event["NotBefore"].endswith(" GMT")
    started = after(state, Approve("alone", (event["EventId"],)), Start("host-a"))
    assert shown(started, "alone")[0]["NotBefore"] == ""


def test_versions_are_dates_in_order() -> None:
    """What an endpoint shows is decided by comparing them as text."""
    assert list(API_VERSIONS) == sorted(set(API_VERSIONS))
    assert set(EVENTS_VERSIONS) <= set(API_VERSIONS)
