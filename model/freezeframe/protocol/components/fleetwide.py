"""What concerns a whole fleet: its controller, its alarm, and what may still happen to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freezeframe.protocol.language import Clock, Duration

from .base import ZERO, Component, Value, counted
from .vm import VM

if TYPE_CHECKING:
    from freezeframe.protocol.settings import Settings


class Controller(Component):
    """The process that maintains the fleet; what it decided is in its journal and survives it."""

    FIELDS = ("is_up", "down_for")
    __slots__ = FIELDS
    is_up: bool
    down_for: Clock

    @classmethod
    def initial(cls) -> Value:
        """A controller that acts."""
        return cls.frozen(is_up=True, down_for=ZERO)

    def hears_of(self, vm: VM) -> None:
        """Receive the event that tells a VM's new status, if it is up and the event is not lost."""
        if vm.is_deaf and vm.seen is not vm.status:
            vm.is_deaf = False
        elif self.is_up:
            vm.observe()

    def tick(self, settings: Settings, units: int) -> None:
        """Units of restarting."""
        if not self.is_up:
            self.down_for = counted(self.down_for, settings.longest(Duration.RESTART), units)


class Alarm(Component):
    """The health signal that the controller heeds: something failed, and no operator has said to go
    on.
    """

    FIELDS = ("is_raised",)
    __slots__ = FIELDS
    is_raised: bool

    @classmethod
    def initial(cls) -> Value:
        """No failure."""
        return cls.frozen(is_raised=False)

    def sound(self) -> None:
        """Tell of a failure; once is enough."""
        self.is_raised = True


class Budget(Component):
    """How often something may still happen, in the whole fleet."""

    FIELDS = ("left",)
    __slots__ = FIELDS
    left: int

    @classmethod
    def initial(cls, count: int) -> Value:
        """A budget of `count`."""
        return cls.frozen(left=count)
