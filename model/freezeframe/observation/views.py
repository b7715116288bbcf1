"""What an observer of a fleet can know: the view of a VM, a host, an event, and of the health
signal.

Properties judge views and nothing else. A view is filled from a model's state or from what was
recorded of a real fleet; it never tells what a controller believes.
"""

from __future__ import annotations

from typing import Protocol


class VmView(Protocol):
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


class HostView(Protocol):
    """A host, seen from outside."""

    @property
    def is_in_service(self) -> bool:
        """Whether it is offered for running VMs."""

    @property
    def has_new_software(self) -> bool:
        """Whether its hosting environment is the new one."""


class EventView(Protocol):
    """A scheduled event, as the metadata service shows it to its tenant."""

    @property
    def is_current(self) -> bool:
        """Whether it is shown."""

    @property
    def is_started(self) -> bool:
        """Whether it is shown as started."""

    @property
    def was_approved(self) -> bool:
        """Whether its tenant approved it."""

    @property
    def announced_seconds(self) -> float:
        """How long it was announced before it started, or until now."""


class AlarmView(Protocol):
    """The health signal, as platform monitoring shows it."""

    @property
    def is_raised(self) -> bool:
        """Whether a VM or a host failed and no operator has said to go on."""
