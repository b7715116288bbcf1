"""What any observer of a fleet can tell."""

from .views import AlarmView, EventView, HostView, SetView, VmView

__all__ = ["AlarmView", "EventView", "HostView", "SetView", "VmView"]
