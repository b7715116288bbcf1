"""What VMs belong to while maintenance runs: an availability set, and the event of a tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freezeframe.lifecycles import (
    AVAILABILITY_SET_LIFECYCLE,
    SCHEDULED_EVENT_LIFECYCLE,
    EventStatus,
    SetStatus,
)
from freezeframe.protocol.language import Clock, Duration

from .base import ZERO, Component, Value, counted, taken

if TYPE_CHECKING:
    from freezeframe.protocol.settings import Settings


class AvailabilitySet(Component):
    """An availability set: the domain of it that is under maintenance, and on how many hosts."""

    FIELDS = ("status", "lane", "hosts", "in_phase")
    __slots__ = FIELDS
    status: SetStatus
    lane: int | None
    """The domain under maintenance, numbered as the policy does; None if there is none."""
    hosts: int
    in_phase: Clock
    """Since it began to recover."""

    @classmethod
    def initial(cls) -> Value:
        """A set of which nothing is under maintenance."""
        return cls.frozen(
            status=AVAILABILITY_SET_LIFECYCLE.initial, lane=None, hosts=0, in_phase=ZERO
        )

    def pull(self, trigger: str) -> None:
        """Take a row of the lifecycle table; raises `LifecycleError` if there is none."""
        self.status = taken(AVAILABILITY_SET_LIFECYCLE, self.status, trigger)
        self.in_phase = ZERO

    def enter(self, lane: int) -> None:
        """One more host of the domain `lane` is under maintenance."""
        self.pull("enter")
        self.lane = lane
        self.hosts += 1

    def leave(self) -> None:
        """One host less is under maintenance."""
        self.pull("leave" if self.hosts > 1 else "finish_domain")
        self.hosts -= 1
        self.lane = self.lane if self.hosts else None

    def tick(self, settings: Settings, units: int) -> None:
        """Units of recovery."""
        if self.status is SetStatus.RECOVERING:
            self.in_phase = counted(self.in_phase, settings.longest(Duration.RECOVERY), units)


class ScheduledEvent(Component):
    """The event that tells one tenant of the maintenance of one host."""

    FIELDS = ("status", "announced_for", "was_approved")
    __slots__ = FIELDS
    status: EventStatus
    announced_for: Clock
    """Since it was announced, until it is approved, started or cancelled."""
    was_approved: bool

    @classmethod
    def initial(cls) -> Value:
        """An event that nobody was told of."""
        return cls.frozen(
            status=SCHEDULED_EVENT_LIFECYCLE.initial, announced_for=ZERO, was_approved=False
        )

    @property
    def is_current(self) -> bool:
        """Whether its tenant is shown it."""
        return self.status in {EventStatus.SCHEDULED, EventStatus.APPROVED, EventStatus.STARTED}

    def pull(self, trigger: str) -> None:
        """Take a row of the lifecycle table; raises `LifecycleError` if there is none."""
        self.status = taken(SCHEDULED_EVENT_LIFECYCLE, self.status, trigger)
        if self.status is not EventStatus.STARTED:
            self.announced_for = ZERO
            self.was_approved = self.status is EventStatus.APPROVED

    def withdraw(self) -> None:
        """End it whatever it is; an event that has started had its impact and is completed."""
        if self.is_current:
            self.pull("complete" if self.status is EventStatus.STARTED else "cancel")

    def tick(self, settings: Settings, units: int) -> None:
        """Units of notice."""
        if self.status is EventStatus.SCHEDULED:
            self.announced_for = counted(self.announced_for, settings.longest_notice, units)
