"""What is known of one VM, host or event from what was seen of it, and how one fact changes that.

Owns the values that fill the views. Durations, not timestamps: a value grows older by `aged`. It
must not know where records come from or in which order, nor how they change what is known of a VM
(`folding`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from freezeframe.lifecycles import (
    HOST_IMPACTED,
    HOST_UNDER_MAINTENANCE,
    VM_PAUSED,
    VM_RUNNING,
    EventStatus,
    Holder,
    HostStatus,
    VmStatus,
)

from .facts import HostSeen, Reason


@dataclass(frozen=True)
class SeenVm:
    """A VM as far as it was seen; fills `VmView`. `status` is None before it was seen at all."""

    status: VmStatus | None = None
    reason: Reason = Reason.UNKNOWN
    host: str | None = None
    holder: Holder = Holder.NOBODY
    paused_ms: int = 0
    """Length of the present pause for maintenance, from its request."""
    status_ms: int = 0
    """Since the last fact that told its status."""
    clock_is_right: bool = True
    was_held_meanwhile: bool = False
    memory_is_intact: bool = True
    is_resumed_for_another: bool = False
    has_failed: bool = False
    may_yet_pause: bool = False
    """A pause of unknown outcome was requested, and it was not seen to pause since."""
    may_yet_stop: bool = False
    """Maintenance asked it to shut down, and was not told that this failed."""
    may_yet_run: bool = False
    """Maintenance asked it to resume or boot, and was not told that this failed."""
    fingerprints: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The first digest of each coverage in the present pause."""

    @property
    def is_paused_for_maintenance(self) -> bool:
        """See `VmView`."""
        return self.is_down_for_maintenance and self.status in VM_PAUSED

    @property
    def is_down_for_maintenance(self) -> bool:
        """See `VmView`."""
        return self.holder is Holder.MAINTENANCE

    @property
    def is_running(self) -> bool:
        """See `VmView`."""
        return self.status in VM_RUNNING

    @property
    def is_settled(self) -> bool:
        """See `UnitView`."""
        is_right = self.clock_is_right or not self.is_running
        return is_right and not self.is_down_for_maintenance

    @property
    def paused_seconds(self) -> float:
        """See `VmView`."""
        return self.paused_ms / 1000

    def aged(self, by_ms: int) -> SeenVm:
        """The same, `by_ms` later."""
        if not by_ms:
            return self
        paused_ms = self.paused_ms + by_ms if self.is_paused_for_maintenance else 0
        return replace(self, paused_ms=paused_ms, status_ms=self.status_ms + by_ms)


@dataclass(frozen=True)
class SeenHost:
    """A host as far as it was seen; fills `HostView`."""

    phase: HostStatus = HostStatus.IN_SERVICE
    has_new_software: bool = False
    has_failed: bool = False
    attempts: int = 0
    """How often it was seen to begin the impact of its update, since an operator looked."""

    @property
    def is_in_service(self) -> bool:
        """See `HostView`."""
        return self.phase is HostStatus.IN_SERVICE

    @property
    def is_begun(self) -> bool:
        """See `StageView`."""
        return self.phase in HOST_UNDER_MAINTENANCE

    @property
    def is_started(self) -> bool:
        """See `StageView`."""
        return self.phase in HOST_IMPACTED

    @property
    def is_settled(self) -> bool:
        """See `UnitView`."""
        return self.is_in_service and self.has_new_software

    def seen(self, fact: HostSeen, attempts_max: int) -> SeenHost:
        """What is known once it was seen so, if it may try its update so many times."""
        enters = self.phase is not fact.phase
        attempts = self.attempts + (enters and fact.phase is HostStatus.QUIESCING)
        is_back = enters and fact.phase is HostStatus.IN_SERVICE
        is_in_vain = is_back and not fact.has_new_software and attempts >= attempts_max
        fails = is_in_vain or (enters and fact.phase is HostStatus.OUT_OF_SERVICE)
        return SeenHost(fact.phase, fact.has_new_software, self.has_failed or fails, attempts)


@dataclass(frozen=True)
class SeenEvent:
    """A scheduled event as it was shown; fills `EventView`."""

    status: EventStatus = EventStatus.UNANNOUNCED
    event_id: str = ""
    was_approved: bool = False
    announced_ms: int = 0

    @property
    def is_current(self) -> bool:
        """See `EventView`."""
        return self.status in {EventStatus.SCHEDULED, EventStatus.APPROVED, EventStatus.STARTED}

    @property
    def is_begun(self) -> bool:
        """See `StageView`."""
        return self.is_current

    @property
    def is_started(self) -> bool:
        """See `StageView`."""
        return self.status is EventStatus.STARTED

    @property
    def announced_seconds(self) -> float:
        """See `EventView`."""
        return self.announced_ms / 1000

    def aged(self, by_ms: int) -> SeenEvent:
        """The same, `by_ms` later."""
        if not by_ms or self.status not in {EventStatus.SCHEDULED, EventStatus.APPROVED}:
            return self
        return replace(self, announced_ms=self.announced_ms + by_ms)

    def shown(self, status: EventStatus, event_id: str, late_ms: int) -> SeenEvent:
        """What is known once it was shown with `status`, `late_ms` ago."""
        if status is EventStatus.SCHEDULED and (
            not self.is_current or event_id != self.event_id or self.is_started
        ):
            return SeenEvent(status, event_id, announced_ms=late_ms)
        was_approved = status is EventStatus.APPROVED or (self.was_approved and self.is_current)
        if not self.is_current or event_id != self.event_id:
            return SeenEvent(status, event_id, was_approved=status is EventStatus.APPROVED)
        return replace(self, status=status, was_approved=was_approved)


@dataclass(frozen=True)
class SeenAlarm:
    """The health signal as it was shown; no promise relies on it."""

    is_raised: bool = False
