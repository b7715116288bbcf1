"""A small fleet, and short words for what happens to its events.

Owns what the tests of this folder share. It must not know what they assert.
"""

from __future__ import annotations

from functools import reduce
from types import MappingProxyType
from typing import Any
from uuid import UUID

from freezeframe.scheduled_events import Change, Placement, State, apply, document

NEWEST = "2020-07-01"
NOON_MS = 1_474_286_400_000
"""Mon, 19 Sep 2016 12:00:00 GMT."""

PLACEMENTS = MappingProxyType(
    {
        "web-0": Placement("web", 0),
        "web-1": Placement("web", 1),
        "web-2": Placement("web", 0),
        "db-0": Placement("db", 0),
        "alone": Placement("alone"),
    }
)


def beginning() -> State:
    """Nothing was announced, and nobody has called."""
    return State(seed=UUID(int=7), placements=PLACEMENTS)


def after(state: State, *changes: Change, at_ms: int = NOON_MS) -> State:
    """What is known once all that happened, at one time."""
    return reduce(lambda known, change: apply(known, change, at_ms), changes, state)


def shown(state: State, tenant: str, version: str = NEWEST) -> list[dict[str, Any]]:
    """The events in a tenant's document."""
    events: list[dict[str, Any]] = document(state, tenant, version)["Events"]
    return events


def incarnation(state: State, tenant: str) -> int:
    """The incarnation of a tenant's document."""
    number: int = document(state, tenant, NEWEST)["DocumentIncarnation"]
    return number
