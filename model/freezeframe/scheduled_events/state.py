"""What the metadata service knows: events, and who was shown which edition of them.

Owns the values and their invariants. It knows neither how they change (`changes`) nor how they are
written (`document`, `durable`). Times are milliseconds of the Unix epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias
from uuid import UUID, uuid5

from freezeframe.lifecycles import EventStatus

from .contract import EventSource, EventType

if TYPE_CHECKING:
    from freezeframe.fleet import Fleet

CURRENT: Final = frozenset({EventStatus.SCHEDULED, EventStatus.APPROVED, EventStatus.STARTED})
"""Statuses in which an event is shown."""

Key: TypeAlias = tuple[str, str]
"""What tells the current events apart: occasion and tenant."""


@dataclass(frozen=True)
class Placement:
    """To whom a VM belongs: `tenant` is its availability set, or itself if it is in none."""

    tenant: str
    update_domain: int | None = None


@dataclass(frozen=True)
class Event:
    """One impact to come, or that has come, on VMs of one tenant.

    `occasion` is what happens to them, such as the maintenance of a host: events of one occasion
    start and end together, and wait for the approval of all their tenants.
    """

    event_id: str
    occasion: str
    tenant: str
    type: EventType
    resources: tuple[str, ...]
    status: EventStatus
    not_before_ms: int
    duration_seconds: int
    description: str
    source: EventSource

    @property
    def is_current(self) -> bool:
        """Whether its tenant is shown it."""
        return self.status in CURRENT

    @property
    def key(self) -> Key:
        """What no other current event has."""
        return self.occasion, self.tenant

    def is_ready(self, now_ms: int) -> bool:
        """Whether it may start now, as far as its own tenant goes."""
        return self.status is EventStatus.APPROVED or (
            self.status is EventStatus.SCHEDULED and now_ms >= self.not_before_ms
        )


@dataclass(frozen=True)
class Edition:
    """What a tenant that asks is told: which edition of its document, and when it last asked."""

    incarnation: int
    called_ms: int


@dataclass(frozen=True)
class State:
    """All of it. `placements` is given by the fleet; the rest is what has happened.

    `seed` makes event ids differ between services, and `announced` counts the events so far.
    `events` are in the order in which they were announced. An event that ended is there, with the
    status in which it did, until the next change; nobody is shown it.
    """

    seed: UUID
    placements: Mapping[str, Placement] = field(default_factory=lambda: MappingProxyType({}))
    announced: int = 0
    events: Mapping[Key, Event] = field(default_factory=lambda: MappingProxyType({}))
    editions: Mapping[str, Edition] = field(default_factory=lambda: MappingProxyType({}))

    def next_event_id(self) -> str:
        """A GUID that no event had; upper case, as in the examples of the contract."""
        return str(uuid5(self.seed, str(self.announced))).upper()

    def of(self, occasion: str) -> tuple[Event, ...]:
        """The current events of an occasion, one a tenant."""
        return tuple(
            event
            for event in self.events.values()
            if event.is_current and event.occasion == occasion
        )

    def shown_to(self, tenant: str) -> tuple[Event, ...]:
        """The events in a tenant's document, in the order in which they were announced."""
        return self._by_tenant.get(tenant, ())

    @cached_property
    def _by_tenant(self) -> Mapping[str, tuple[Event, ...]]:
        """Gathered once for each state, because thousands of polls may ask for the same one."""
        shown: dict[str, tuple[Event, ...]] = {}
        for event in self.events.values():
            if event.is_current:
                shown[event.tenant] = (*shown.get(event.tenant, ()), event)
        return shown

    def is_ready(self, occasion: str, now_ms: int) -> bool:
        """Whether all tenants of an occasion approved it, or had their notice."""
        events = self.of(occasion)
        return bool(events) and all(event.is_ready(now_ms) for event in events)


def placements_of(fleet: Fleet) -> Mapping[str, Placement]:
    """Where each VM of a fleet belongs."""
    return MappingProxyType({vm.name: Placement(vm.tenant, vm.update_domain) for vm in fleet.vms})
