"""What any observer of a fleet can tell."""

from .views import AlarmView, EventView, HostView, VmView

__all__ = ["AlarmView", "EventView", "HostView", "VmView"]
