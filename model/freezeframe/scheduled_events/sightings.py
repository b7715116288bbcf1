"""What the service itself can tell of events, as facts of recorded histories.

Owns which facts follow from a change. It must not know who records them; what a client can tell is
`observing`'s affair.
"""

from __future__ import annotations

from collections.abc import Iterator

from freezeframe.observation import EventSeen

from .state import State


def sightings(before: State, after: State) -> Iterator[tuple[str, EventSeen]]:
    """What one change did to events, each with its occasion, in the order of announcement."""
    for key, event in after.events.items():
        was = before.events.get(key)
        if was is None or (was.event_id, was.status) != (event.event_id, event.status):
            yield event.occasion, EventSeen(event.tenant, event.event_id, event.status)
