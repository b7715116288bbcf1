"""The components of a fleet while maintenance runs: each a lifecycle state and a few variables."""

from .base import ZERO, Component, Value
from .fleetwide import Alarm, Budget, Controller
from .groups import AvailabilitySet, ScheduledEvent
from .host import Host
from .vm import VM

__all__ = [
    "VM",
    "ZERO",
    "Alarm",
    "AvailabilitySet",
    "Budget",
    "Component",
    "Controller",
    "Host",
    "ScheduledEvent",
    "Value",
]
