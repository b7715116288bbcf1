"""A host while maintenance runs, and how far its update is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freezeframe.lifecycles import HOST_LIFECYCLE, HostStatus
from freezeframe.protocol.language import Clock, Duration

from .base import ZERO, Component, Value, counted, taken

if TYPE_CHECKING:
    from freezeframe.protocol.settings import Settings


class Host(Component):
    """A host, and how far its update is."""

    FIELDS = ("status", "in_phase", "is_hung", "has_new_software", "attempts_left")
    __slots__ = FIELDS
    status: HostStatus
    in_phase: Clock
    """Since the update or the rollback began."""
    is_hung: bool
    has_new_software: bool
    attempts_left: int

    @classmethod
    def initial(cls, attempts: int) -> Value:
        """A host in service with the old software."""
        return cls.frozen(
            status=HOST_LIFECYCLE.initial,
            in_phase=ZERO,
            is_hung=False,
            has_new_software=False,
            attempts_left=attempts,
        )

    @property
    def is_open(self) -> bool:
        """Whether VMs may be started on it and moved off it."""
        return self.status in {HostStatus.IN_SERVICE, HostStatus.SCHEDULED}

    @property
    def is_under_maintenance(self) -> bool:
        """Whether its availability sets count it as under maintenance."""
        return self.status not in {HostStatus.IN_SERVICE, HostStatus.OUT_OF_SERVICE}

    def pull(self, trigger: str) -> None:
        """Take a row of the lifecycle table; raises `LifecycleError` if there is none."""
        self.status = taken(HOST_LIFECYCLE, self.status, trigger)
        self.in_phase = ZERO
        self.is_hung = False

    def tick(self, settings: Settings, units: int) -> None:
        """Units of update or rollback; only a hung update can take longer than the longest."""
        if self.status is HostStatus.UPDATING:
            longest = settings.longest(Duration.UPDATE)
            self.in_phase = counted(self.in_phase, longest + 1 if self.is_hung else longest, units)
        elif self.status is HostStatus.ROLLING_BACK:
            self.in_phase = counted(self.in_phase, settings.longest(Duration.ROLLBACK), units)
