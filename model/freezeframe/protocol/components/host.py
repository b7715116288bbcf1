"""A host while maintenance runs, and how far its update is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freezeframe.lifecycles import HOST_LIFECYCLE, HOST_UNDER_MAINTENANCE, HostStatus
from freezeframe.protocol.language import Clock, Duration

from .base import ZERO, Component, Value, counted, taken

if TYPE_CHECKING:
    from freezeframe.protocol.settings import Settings


class Host(Component):
    """A host, and how far its update is."""

    FIELDS = (
        "status",
        "in_phase",
        "is_hung",
        "has_new_software",
        "attempts_left",
        "has_failed",
        "intended",
    )
    __slots__ = FIELDS
    status: HostStatus
    in_phase: Clock
    """Since the update or the rollback began."""
    is_hung: bool
    has_new_software: bool
    attempts_left: int
    has_failed: bool
    """It lost power or used up its attempts in vain, and no operator has said to go on since. Only
    the lifecycle and operators change it, and no guard reads it."""
    intended: HostStatus | None
    """Where the controller's journal says that it stands, if the controller died between writing
    that and doing it."""

    @classmethod
    def initial(cls, attempts: int) -> Value:
        """A host in service with the old software."""
        return cls.frozen(
            status=HOST_LIFECYCLE.initial,
            in_phase=ZERO,
            is_hung=False,
            has_new_software=False,
            attempts_left=attempts,
            has_failed=False,
            intended=None,
        )

    @classmethod
    def journalled(cls, before: Value, after: Value) -> Value:
        """The status that it is to be given is written down."""
        host = cls(before)
        host.intended = cls(after).status
        return host.freeze()

    @property
    def phase(self) -> HostStatus:
        """Where the controller's journal says that it stands."""
        return self.intended or self.status

    @property
    def is_open(self) -> bool:
        """Whether VMs may be started on it and moved off it."""
        return self.status in {HostStatus.IN_SERVICE, HostStatus.SCHEDULED}

    @property
    def is_under_maintenance(self) -> bool:
        """Whether its availability sets count it as under maintenance."""
        return self.status in HOST_UNDER_MAINTENANCE

    def pull(self, trigger: str) -> None:
        """Take a row of the lifecycle table; raises `LifecycleError` if there is none."""
        self.status = taken(HOST_LIFECYCLE, self.status, trigger)
        self.in_phase = ZERO
        self.is_hung = False
        self.intended = None
        if trigger == "quiesce":
            self.attempts_left = max(0, self.attempts_left - 1)
        is_in_vain = not self.has_new_software and self.attempts_left == 0
        if trigger == "lose_power" or (trigger == "return_to_service" and is_in_vain):
            self.has_failed = True

    def go(self, trigger: str) -> None:
        """Take a row as the controller does, which goes by its journal; raises `LifecycleError` if
        the journal or the host does not allow it.
        """
        HOST_LIFECYCLE.destination(self.phase, trigger)
        self.pull(trigger)

    def tick(self, settings: Settings, units: int) -> None:
        """Units of update or rollback; only a hung update can take longer than the longest."""
        if self.status is HostStatus.UPDATING:
            longest = settings.longest(Duration.UPDATE)
            self.in_phase = counted(self.in_phase, longest + 1 if self.is_hung else longest, units)
        elif self.status is HostStatus.ROLLING_BACK:
            self.in_phase = counted(self.in_phase, settings.longest(Duration.ROLLBACK), units)
