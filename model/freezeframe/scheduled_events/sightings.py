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

    What it did not read in time it never learns: an event that came and went between two polls, or
    when exactly one was announced. An event that vanished was completed if it was seen started, and
    is taken for cancelled otherwise.
    """

    def __init__(self, tenant: str, hosts: Mapping[str, str]) -> None:
        """Begin with nothing read; `tenant` is the reader's own, `hosts` where its VMs are."""
        self._tenant = tenant
        self._hosts = hosts
        self._shown: dict[str, tuple[str, EventStatus]] = {}

    def read(self, document: Mapping[str, Any]) -> tuple[tuple[str, EventSeen], ...]:
        """What is new in a document since the last one, each with the host that it is about."""
        now = {
            event["EventId"]: (
                self._hosts[event["Resources"][0]],
                EventStatus(event["EventStatus"].lower()),
            )
            for event in document["Events"]
        }
        told = {
            event_id: seen for event_id, seen in now.items() if self._shown.get(event_id) != seen
        }
        for event_id, (host, status) in self._shown.items():
            if event_id not in now:
                is_over = status is EventStatus.STARTED
                told[event_id] = host, EventStatus.COMPLETED if is_over else EventStatus.CANCELLED
        self._shown = now
        return tuple(
            (host, EventSeen(self._tenant, event_id, status))
            for event_id, (host, status) in told.items()
        )

    def approved(self, event_id: str) -> tuple[str, EventSeen]:
        """That this VM approved an event which it has read, and the service accepted it."""
        host, _ = self._shown[event_id]
        return host, EventSeen(self._tenant, event_id, EventStatus.APPROVED)
