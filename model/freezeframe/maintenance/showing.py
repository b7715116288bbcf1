"""What others are shown of a step: facts about hosts, events and the alarm.

Owns what follows from two states. It must not know who is told, nor how.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Final

from freezeframe.lifecycles import EventStatus
from freezeframe.observation import AlarmSeen, EventSeen, HostSeen
from freezeframe.protocol import State
from freezeframe.protocol.components import Alarm, Host, ScheduledEvent

from .rulebook import Rulebook

_EVENTS: Final = uuid.UUID("0f0f1a5e-0d7c-4d55-9f53-6c1b36c2a7b1")
"""Namespace of the ids of scheduled events."""

Shown = tuple[str | None, HostSeen | EventSeen | AlarmSeen]
"""A fact, and the host that it is about."""


def shown(rulebook: Rulebook, before: State, after: State) -> Iterator[Shown]:
    """What is shown anew of `after`, hosts first; an event's id is left empty."""
    hosts = rulebook.components(before, Host)
    for names, host in rulebook.components(after, Host).items():
        was = hosts[names]
        if (host.status, host.has_new_software) != (was.status, was.has_new_software):
            yield names[0], HostSeen(host.status, host.has_new_software)
    events = rulebook.components(before, ScheduledEvent)
    for names, event in rulebook.components(after, ScheduledEvent).items():
        if event.status is not events[names].status:
            yield names[0], EventSeen(names[1], "", event.status)
    for names, alarm in rulebook.components(after, Alarm).items():
        if alarm.is_raised is not rulebook.component(before, Alarm, *names).is_raised:
            yield None, AlarmSeen(alarm.is_raised)


def event_id(fleet: str, host: str, tenant: str, announced_ms: int) -> str:
    """The id of the event that was announced to a tenant at that wall time; the same each time.

    Source: `EventId` is a GUID and stays from Scheduled to Started (Azure's Scheduled Events page).
    """
    return str(uuid.uuid5(_EVENTS, f"{fleet}/{host}/{tenant}/{announced_ms}")).upper()


CURRENT: Final = frozenset({EventStatus.SCHEDULED, EventStatus.APPROVED, EventStatus.STARTED})
"""Statuses in which tenants are shown an event."""
