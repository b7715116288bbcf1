"""The model's components as observers see them; leaves out all that only the controller knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from freezeframe.lifecycles import HOST_IMPACTED, VM_RUNNING, EventStatus, Holder, HostStatus
from freezeframe.observation import EventView, HostView, StageView, UnitView, VmView

from .components import VM, Component, Host, ScheduledEvent
from .settings import Settings


@dataclass(frozen=True)
class ModelVm:
    """A VM of the model."""

    vm: VM
    settings: Settings

    @property
    def has_failed(self) -> bool:
        """See `UnitView`."""
        return self.vm.has_failed

    @property
    def is_settled(self) -> bool:
        """See `UnitView`."""
        is_down = self.vm.stopped_by is Holder.MAINTENANCE
        return not is_down and (self.vm.clock_right or not self.is_running)

    @property
    def is_paused_for_maintenance(self) -> bool:
        """See `VmView`."""
        return self.vm.was_paused_by_maintenance

    @property
    def is_down_for_maintenance(self) -> bool:
        """See `VmView`."""
        return self.vm.stopped_by is Holder.MAINTENANCE

    @property
    def is_resumed_for_another(self) -> bool:
        """See `VmView`."""
        return self.is_running and self.vm.stopped_by is Holder.OTHER

    @property
    def is_running(self) -> bool:
        """See `VmView`."""
        return self.vm.status in VM_RUNNING

    @property
    def paused_seconds(self) -> float:
        """See `VmView`."""
        return self.settings.seconds(self.vm.paused_for)

    @property
    def memory_is_intact(self) -> bool:
        """See `VmView`."""
        return self.vm.memory_intact

    @property
    def clock_is_right(self) -> bool:
        """See `VmView`."""
        return self.vm.clock_right

    @property
    def was_held_meanwhile(self) -> bool:
        """See `VmView`."""
        return self.vm.was_held_meanwhile


@dataclass(frozen=True)
class ModelHost:
    """A host of the model."""

    host: Host
    settings: Settings

    @property
    def has_failed(self) -> bool:
        """See `UnitView`."""
        return self.host.has_failed

    @property
    def is_settled(self) -> bool:
        """See `UnitView`."""
        return self.is_in_service and self.host.has_new_software

    @property
    def is_begun(self) -> bool:
        """See `StageView`."""
        return self.host.is_under_maintenance

    @property
    def is_started(self) -> bool:
        """See `StageView`."""
        return self.host.status in HOST_IMPACTED

    @property
    def is_in_service(self) -> bool:
        """See `HostView`."""
        return self.host.status is HostStatus.IN_SERVICE

    @property
    def has_new_software(self) -> bool:
        """See `HostView`."""
        return self.host.has_new_software


@dataclass(frozen=True)
class ModelEvent:
    """A scheduled event of the model."""

    event: ScheduledEvent
    settings: Settings

    @property
    def is_current(self) -> bool:
        """See `EventView`."""
        return self.event.is_current

    @property
    def is_begun(self) -> bool:
        """See `StageView`."""
        return self.is_current

    @property
    def is_started(self) -> bool:
        """See `StageView`."""
        return self.event.status is EventStatus.STARTED

    @property
    def was_approved(self) -> bool:
        """See `EventView`."""
        return self.event.was_approved

    @property
    def announced_seconds(self) -> float:
        """See `EventView`."""
        return self.settings.seconds(self.event.announced_for)


VIEWED: Final[Mapping[Any, tuple[type[Component], ...]]] = {
    VmView: (VM,),
    HostView: (Host,),
    EventView: (ScheduledEvent,),
    UnitView: (Host, VM),
    StageView: (Host, ScheduledEvent),
}
"""Which components fill each view."""

_VIEW_OF: Final[Mapping[type[Component], Callable[[Any, Settings], object]]] = {
    VM: ModelVm,
    Host: ModelHost,
    ScheduledEvent: ModelEvent,
}


def view_of(component: Component, settings: Settings) -> object:
    """The view of a component, for a component that observers can see."""
    return _VIEW_OF[type(component)](component, settings)
