"""What others were shown of a maintenance: phases of hosts, scheduled events, and the alarm.

Owns what was shown last, and so what is to be shown next. It must not know who is shown it, nor how
the maintenance came to where it is.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import Final

from freezeframe.lifecycles import EventStatus
from freezeframe.observation import AlarmSeen, EventSeen, HostSeen, Record
from freezeframe.protocol import State
from freezeframe.protocol.components import Alarm, Host, ScheduledEvent

from .rulebook import Rulebook

_EVENTS: Final = uuid.UUID("0f0f1a5e-0d7c-4d55-9f53-6c1b36c2a7b1")
"""Namespace of the ids of scheduled events."""

Shown = tuple[HostSeen | EventSeen | AlarmSeen, str | None]
"""A fact, and the host that it is about."""


class Board:
    """What was shown so far; in the beginning what nobody needs to be told."""

    def __init__(self, rulebook: Rulebook, records: Iterable[Record] = ()) -> None:
        """Go on from what `records` say was shown."""
        self._rulebook = rulebook
        self._hosts: dict[str, HostSeen] = {}
        self._events: dict[tuple[str, str], EventSeen] = {}
        self._is_raised = False
        for record in records:
            self.note(record)

    @property
    def events(self) -> Iterator[tuple[str, EventSeen]]:
        """Every event that was ever shown as it was shown last, with its host."""
        for (host, _), event in self._events.items():
            yield host, event

    def note(self, record: Record) -> None:
        """Take it that `record` was shown, if it is a fact of that kind."""
        fact = record.fact
        if isinstance(fact, HostSeen | EventSeen | AlarmSeen):
            self._set(fact, record.host)

    def take_due(self, state: State, wall_ms: int) -> Iterator[Shown]:
        """What is to be shown now that the maintenance is in `state`; it counts as shown."""
        for fact, host in self._due(state, wall_ms):
            self._set(fact, host)
            yield fact, host

    def _due(self, state: State, wall_ms: int) -> Iterator[Shown]:
        for (name,), host in self._rulebook.components(state, Host).items():
            phase = HostSeen(host.status, host.has_new_software)
            initial = self._rulebook.component(self._rulebook.initial, Host, name)
            if phase != self._hosts.get(name, HostSeen(initial.status, initial.has_new_software)):
                yield phase, name
        for (name, tenant), event in self._rulebook.components(state, ScheduledEvent).items():
            known = self._events.get((name, tenant), EventSeen(tenant, "", EventStatus.UNANNOUNCED))
            if event.status is not known.status:
                new_id = event_id(self._rulebook.fleet.name, name, tenant, wall_ms)
                is_new = event.status is EventStatus.SCHEDULED
                yield EventSeen(tenant, new_id if is_new else known.event_id, event.status), name
        is_raised = self._rulebook.component(state, Alarm).is_raised
        if is_raised is not self._is_raised:
            yield AlarmSeen(is_raised), None

    def _set(self, fact: HostSeen | EventSeen | AlarmSeen, host: str | None) -> None:
        if isinstance(fact, AlarmSeen):
            self._is_raised = fact.is_raised
        elif host is not None and isinstance(fact, HostSeen):
            self._hosts[host] = fact
        elif host is not None and isinstance(fact, EventSeen):
            self._events[host, fact.tenant] = fact


def event_id(fleet: str, host: str, tenant: str, announced_ms: int) -> str:
    """The id of the event that was announced to a tenant at that wall time; the same each time.

    Source: `EventId` is a GUID and stays from Scheduled to Started (Azure's Scheduled Events page).
    """
    return str(uuid.uuid5(_EVENTS, f"{fleet}/{host}/{tenant}/{announced_ms}")).upper()
