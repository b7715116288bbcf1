"""Scheduled events: what guests are told of maintenance, and what they answer.

It owns the names that others may use: the pure documents. The service that shows them is in
`freezeframe.scheduled_events.service`. It must not know what maintenance does to hosts.
"""

from .applying import apply
from .changes import (
    Announce,
    Approve,
    Call,
    Cancel,
    Change,
    Complete,
    Fail,
    Revise,
    Start,
)
from .contract import (
    API_VERSIONS,
    EVENTS_VERSIONS,
    MINIMUM_NOTICE_MS,
    EventSource,
    EventType,
    ScheduledEventsError,
)
from .document import document
from .durable import from_json, to_json
from .observing import Observer, Reading
from .sightings import sightings
from .state import Edition, Event, Placement, State, placements_of

__all__ = [
    "API_VERSIONS",
    "EVENTS_VERSIONS",
    "MINIMUM_NOTICE_MS",
    "Announce",
    "Approve",
    "Call",
    "Cancel",
    "Change",
    "Complete",
    "Edition",
    "Event",
    "EventSource",
    "EventType",
    "Fail",
    "Observer",
    "Placement",
    "Reading",
    "Revise",
    "ScheduledEventsError",
    "Start",
    "State",
    "apply",
    "document",
    "from_json",
    "placements_of",
    "sightings",
    "to_json",
]
