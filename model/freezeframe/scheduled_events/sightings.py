"""What can be seen of events, as facts of recorded histories.

Owns two observers' eyes: of the service, which knows every event, and of a client, which knows only
what it reads. It must not know who records the facts, nor what they are judged by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from freezeframe.lifecycles import EventStatus
from freezeframe.observation import EventSeen

from .state import State


def sightings(before: State, after: State) -> Iterator[tuple[str, EventSeen]]:
    """What one change did to events, each with its occasion, in the order of announcement."""
    for key, event in after.events.items():
        was = before.events.get(key)
        if was is None or (was.event_id, was.status) != (event.event_id, event.status):
            yield event.occasion, EventSeen(event.tenant, event.event_id, event.status)


class Reader:
    """A client's eyes: what one VM learns from the documents that it reads, one after the other.

    It sees events of the tenant to which its VM belongs. What it did not read in time it never
    learns: an event that came and went between two polls, or when exactly one was announced.
    """

    def __init__(self, tenant: str) -> None:
        """Begin with nothing read; `tenant` is the reader's own."""
        self._tenant = tenant
        self._shown: dict[str, EventStatus] = {}

    def read(self, document: Mapping[str, Any]) -> tuple[EventSeen, ...]:
        """What is new in a document since the last one."""
        now = {
            event["EventId"]: EventStatus(event["EventStatus"].lower())
            for event in document["Events"]
        }
        news = [
            EventSeen(self._tenant, event_id, status)
            for event_id, status in now.items()
            if self._shown.get(event_id) is not status
        ]
        for event_id, status in self._shown.items():
            if event_id not in now:
                is_over = status is EventStatus.STARTED
                ended = EventStatus.COMPLETED if is_over else EventStatus.CANCELLED
                news.append(EventSeen(self._tenant, event_id, ended))
        self._shown = now
        return tuple(news)
