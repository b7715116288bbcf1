"""Which component of a fleet a record tells of, and how a component looks from what was recorded.

It must not know what is asked of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from freezeframe.observation import EventSeen, Ledger, Record
from freezeframe.protocol.components import VM, Component, Host, ScheduledEvent

Key = tuple[type[Component], tuple[str, ...]]
"""A component of the fleet: its kind and its names."""

SEEN: Final[Mapping[type[Component], tuple[str, Callable[..., Any]]]] = {
    VM: ("vm seen", Ledger.vm),
    Host: ("host seen", Ledger.host),
    ScheduledEvent: ("event seen", Ledger.event),
}
"""For each component that observers can see, the kind of record that tells of it, and its view."""


def about(record: Record) -> Key | None:
    """The component that a record tells of; None if it tells of none."""
    if record.vm is not None:
        return VM, (record.vm,)
    if record.host is None:
        return None
    if isinstance(record.fact, EventSeen):
        return ScheduledEvent, (record.host, record.fact.tenant)
    return Host, (record.host,)
