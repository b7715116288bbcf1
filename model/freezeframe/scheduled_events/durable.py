"""The state as text, so that it survives a restart with the same ids and incarnations.

Owns the format. The fleet is not part of it: where VMs belong is asked of the fleet anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from freezeframe.lifecycles import EventStatus

from .contract import EventSource, EventType, ScheduledEventsError
from .state import Edition, Event, Placement, State

FORMAT: Final = "freezeframe-scheduled-events"
VERSION: Final = 1


def to_json(state: State) -> dict[str, Any]:
    """Return a state as a JSON object; equal states give equal objects."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "seed": str(state.seed),
        "announced": state.announced,
        "events": [asdict(event) for event in state.events.values()],
        "editions": {tenant: asdict(edition) for tenant, edition in state.editions.items()},
    }


def from_json(written: object, placements: Mapping[str, Placement]) -> State:
    """Return the state that `to_json` wrote, for VMs that belong where `placements` says.

    Raises:
        ScheduledEventsError: It is none, or of another version.

    """
    if not isinstance(written, dict) or written.get("format") != FORMAT:
        raise ScheduledEventsError(
            f"expected an object of the format {FORMAT}, found {json.dumps(written)[:60]}"
        )
    if written.get("version") != VERSION:
        raise ScheduledEventsError(
            f"{FORMAT}: expected version {VERSION}, found {written.get('version')!r}"
        )
    try:
        events = [_event(each) for each in written["events"]]
        return State(
            seed=UUID(written["seed"]),
            placements=placements,
            announced=int(written["announced"]),
            events=MappingProxyType({event.key: event for event in events}),
            editions=MappingProxyType(
                {tenant: Edition(**each) for tenant, each in written["editions"].items()}
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ScheduledEventsError(
            f"{FORMAT}: expected what was written before, found {type(error).__name__}: {error}"
        ) from error


def _event(written: dict[str, Any]) -> Event:
    return Event(
        **{
            **written,
            "type": EventType(written["type"]),
            "status": EventStatus(written["status"]),
            "source": EventSource(written["source"]),
            "resources": tuple(written["resources"]),
        }
    )
