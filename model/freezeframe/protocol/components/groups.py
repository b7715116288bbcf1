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

    FIELDS = ("status", "announced_for", "was_approved", "is_known")
    __slots__ = FIELDS
    status: EventStatus
    announced_for: Clock
    """Since it was announced, until it is approved, started or cancelled."""
    was_approved: bool
    """Its tenant agreed to it, be it understood or not."""
    is_known: bool
    """Its tenant's guests have asked since it was announced, and so were shown it."""

    @classmethod
    def initial(cls) -> Value:
        """An event that nobody was told of."""
        return cls.frozen(
            status=SCHEDULED_EVENT_LIFECYCLE.initial,
            announced_for=ZERO,
            was_approved=False,
            is_known=True,
        )

    @property
    def is_current(self) -> bool:
        """Whether its tenant is shown it."""
        return self.status in {EventStatus.SCHEDULED, EventStatus.APPROVED, EventStatus.STARTED}

    def pull(self, trigger: str) -> None:
        """Take a row of the lifecycle table; raises `LifecycleError` if there is none."""
        self.status = taken(SCHEDULED_EVENT_LIFECYCLE, self.status, trigger)
        if self.status is EventStatus.SCHEDULED or not self.is_current:
            self.announced_for = ZERO
            self.was_approved = False
            self.is_known = True

    def hear(self, *, is_from_tenant: bool) -> None:
        """What the metadata service makes of an approval: that of another has no effect, and one
        that comes again or late changes nothing.
        """
        if is_from_tenant and self.is_current:
            self.pull("approve" if self.status is EventStatus.SCHEDULED else "approve_again")

    def agree(self) -> None:
        """Its tenant approves it."""
        self.hear(is_from_tenant=True)
        self.was_approved = True
        self.announced_for = ZERO

    def withdraw(self) -> None:
        """End it whatever it is; an event that has started had its impact and is completed."""
        if self.is_current:
            self.pull("complete" if self.status is EventStatus.STARTED else "cancel")

    def tick(self, settings: Settings, units: int) -> None:
        """Units of notice."""
        waits = {EventStatus.SCHEDULED, EventStatus.APPROVED}
        if self.status in waits and not self.was_approved:
            self.announced_for = counted(self.announced_for, settings.longest_notice, units)
