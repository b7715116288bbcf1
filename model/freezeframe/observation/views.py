"""What an observer of a fleet can know: the view of a VM, a host, an event, and of what can be
asked of VMs and hosts alike.

Properties judge views and nothing else. A view is filled from a model's state or from what was
recorded of a real fleet; it never tells what a controller believes.
"""

from __future__ import annotations

from typing import Annotated, Final, Protocol


class UnitView(Protocol):
    """A host or a VM, seen from outside: what can be asked of both."""

    @property
    def has_failed(self) -> bool:
        """Whether it failed, and no operator has said to go on since.

        A VM fails when it crashes or loses its host, a host when it loses power or has used up the
        attempts at its update in vain.
        """

    @property
    def is_settled(self) -> bool:
        """Whether maintenance owes it nothing any more.

        A host is in service with the new software; a VM is not down for maintenance and, if it
        runs, its clock is right.
        """


ANYWHERE: Final = "anywhere"
"""Marks a view that is related to all others, wherever it is."""

AnyUnit = Annotated[UnitView, ANYWHERE]
"""Any host or VM of the fleet."""


class VmView(UnitView, Protocol):
    """A VM, seen from outside."""

    @property
    def is_paused_for_maintenance(self) -> bool:
        """Whether maintenance is pausing it, has paused it, or is resuming it."""

    @property
    def is_down_for_maintenance(self) -> bool:
        """Whether maintenance keeps it from running, be it paused or shut down."""

    @property
    def is_resumed_for_another(self) -> bool:
        """Whether maintenance resumed or started it, although somebody else had paused or stopped
        it.
        """

    @property
    def is_running(self) -> bool:
        """Whether its virtual CPUs run."""

    @property
    def paused_seconds(self) -> float:
        """How long the present pause for maintenance has lasted; 0 when there is none."""

    @property
    def memory_is_intact(self) -> bool:
        """Whether its memory is what its guest left there."""

    @property
    def clock_is_right(self) -> bool:
        """Whether its clock is within the tolerance of the host's, or was never disturbed by
        maintenance.
        """

    @property
    def was_held_meanwhile(self) -> bool:
        """Whether somebody else stopped it after maintenance had paused it and before its clock was
        set; False once that is done.
        """


class StageView(Protocol):
    """A host or a scheduled event, seen from outside: how far a maintenance is with it."""

    @property
    def is_begun(self) -> bool:
        """Whether maintenance was begun and is not over: an event is shown, a host is neither in
        service nor without power.
        """

    @property
    def is_started(self) -> bool:
        """Whether its impact has begun, and maintenance is not over."""


class HostView(UnitView, StageView, Protocol):
    """A host, seen from outside."""

    @property
    def is_in_service(self) -> bool:
        """Whether it is offered for running VMs."""

    @property
    def has_new_software(self) -> bool:
        """Whether its hosting environment is the new one."""


class EventView(StageView, Protocol):
    """A scheduled event, as the metadata service shows it to its tenant."""

    @property
    def is_current(self) -> bool:
        """Whether it is shown."""

    @property
    def was_approved(self) -> bool:
        """Whether its tenant approved it."""

    @property
    def announced_seconds(self) -> float:
        """How long it was announced before it started, or until now."""
