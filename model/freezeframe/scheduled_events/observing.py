"""What a client can tell of events: records of what one VM read, and of what it approved.

Owns a client's eyes, which know nothing but documents. It must not know who judges the records, nor
how documents are fetched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from freezeframe.fleet import Fleet
from freezeframe.lifecycles import EventStatus
from freezeframe.observation import EventSeen, Record

from .state import placements_of


@dataclass(frozen=True)
class Reading:
    """When a document was read: on the clock of the records, and on the wall clock."""

    monotonic_ms: int
    wall_ms: int


class Observer:
    """One VM's eyes. It tells what is new in each document that it reads.

    What it did not read in time it never learns: an event that came and went between two polls. An
    event that vanished was completed if it was seen started, and is taken for cancelled otherwise.

    A client that polls late learns from `NotBefore` how long it may still count on. So a scheduled
    event is recorded at the time from which its notice counts, `NotBefore` less the fleet's notice:
    `event_before_impact` then asks that no VM was paused before the `NotBefore` that was read.
    """

    def __init__(self, vm: str, fleet: Fleet) -> None:
        """Begin with nothing read, as `vm`, one of `fleet`'s."""
        self._source = f"client {vm}"
        self._tenant = placements_of(fleet)[vm].tenant
        self._hosts = {each.name: each.host for each in fleet.vms}
        self._notice_ms = fleet.limits.notice_ms
        self._shown: dict[str, EventStatus] = {}
        self._host_of: dict[str, str] = {}
        self._sequence = 0

    def read(self, document: Mapping[str, Any], at: Reading) -> tuple[Record, ...]:
        """What is new in a document that was read at `at`, since the one before."""
        return tuple(self._news(document, at))

    def approved(self, event_id: str, at: Reading) -> Record:
        """That this VM approved, at `at`, an event that it has read, and was answered with 200."""
        return self._record(event_id, EventStatus.APPROVED, at)

    def _news(self, document: Mapping[str, Any], at: Reading) -> Iterator[Record]:
        events = {each["EventId"]: each for each in document["Events"]}
        for event_id, event in events.items():
            status = EventStatus(event["EventStatus"].lower())
            if self._shown.get(event_id) is not status:
                self._shown[event_id] = status
                self._host_of[event_id] = self._hosts[event["Resources"][0]]
                is_scheduled = status is EventStatus.SCHEDULED
                since = self._announced(event["NotBefore"], at) if is_scheduled else at
                yield self._record(event_id, status, since)
        for event_id in [each for each in self._shown if each not in events]:
            is_over = self._shown.pop(event_id) is EventStatus.STARTED
            ended = EventStatus.COMPLETED if is_over else EventStatus.CANCELLED
            yield self._record(event_id, ended, at)

    def _announced(self, not_before: str, at: Reading) -> Reading:
        not_before_ms = round(parsedate_to_datetime(not_before).timestamp() * 1000)
        ago_ms = max(0, at.wall_ms - (not_before_ms - self._notice_ms))
        return Reading(at.monotonic_ms - ago_ms, at.wall_ms - ago_ms)

    def _record(self, event_id: str, status: EventStatus, at: Reading) -> Record:
        self._sequence += 1
        return Record(
            self._source,
            self._sequence,
            at.monotonic_ms,
            at.wall_ms,
            EventSeen(self._tenant, event_id, status),
            self._host_of[event_id],
        )
