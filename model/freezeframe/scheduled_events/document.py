"""The document that a tenant's VMs read: which of its events, in the words of which version.

Owns the form of the document. It must not know how it is asked for, nor who may ask. Source of the
form: Azure's Scheduled Events page, event properties and version table.
"""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from freezeframe.lifecycles import EventStatus

from .contract import FIELDS_SINCE, PLAIN_NAMES_SINCE, RESOURCE_TYPE, TYPES_SINCE

if TYPE_CHECKING:
    from .state import Event, State


def document(state: State, tenant: str, version: str) -> dict[str, Any]:
    """What a VM of `tenant` reads in the API version `version`, one of `API_VERSIONS`.

    The incarnation is that of the newest version's document, so in an older one it may change
    although nothing does that this version shows. It is 0 for a tenant that never called.
    """
    edition = state.editions.get(tenant)
    events = [
        _in_version(entry, version)
        for entry in entries(state, tenant)
        if version >= TYPES_SINCE.get(entry["EventType"], "")
    ]
    return {"DocumentIncarnation": edition.incarnation if edition else 0, "Events": events}


def entries(state: State, tenant: str) -> list[dict[str, Any]]:
    """The tenant's events as the newest version shows them, first announced first."""
    return [_entry(event) for event in state.shown_to(tenant)]


def not_before(event: Event) -> str:
    """When the event may start at the earliest, in RFC 1123 form; empty once it has started.

    The form has no fractions of a second: it starts then or a moment later, never before.
    """
    if event.status is EventStatus.STARTED:
        return ""
    return formatdate(event.not_before_ms // 1000, usegmt=True)


def _entry(event: Event) -> dict[str, Any]:
    has_started = event.status is EventStatus.STARTED
    return {
        "EventId": event.event_id,
        "EventStatus": "Started" if has_started else "Scheduled",
        "EventType": event.type.value,
        "ResourceType": RESOURCE_TYPE,
        "Resources": list(event.resources),
        "NotBefore": not_before(event),
        "Description": event.description,
        "EventSource": event.source.value,
        "DurationInSeconds": event.duration_seconds,
    }


def _in_version(entry: dict[str, Any], version: str) -> dict[str, Any]:
    known = {name: each for name, each in entry.items() if version >= FIELDS_SINCE.get(name, "")}
    if version < PLAIN_NAMES_SINCE:
        known["Resources"] = [f"_{name}" for name in entry["Resources"]]
    return known
