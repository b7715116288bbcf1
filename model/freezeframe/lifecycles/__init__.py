"""Lifecycles of VM, host, availability set and scheduled event: one declared table each."""

from .availability_set import AVAILABILITY_SET_LIFECYCLE, SetStatus
from .host import HOST_IMPACTED, HOST_LIFECYCLE, HOST_UNDER_MAINTENANCE, HostStatus
from .machine import machine
from .scheduled_event import SCHEDULED_EVENT_LIFECYCLE, EventStatus
from .table import Lifecycle, LifecycleError, Row
from .vm import VM_LIFECYCLE, VM_OFF, VM_PAUSED, VM_RUNNING, Holder, VmStatus

ALL = (VM_LIFECYCLE, HOST_LIFECYCLE, AVAILABILITY_SET_LIFECYCLE, SCHEDULED_EVENT_LIFECYCLE)

__all__ = [
    "ALL",
    "AVAILABILITY_SET_LIFECYCLE",
    "HOST_IMPACTED",
    "HOST_LIFECYCLE",
    "HOST_UNDER_MAINTENANCE",
    "SCHEDULED_EVENT_LIFECYCLE",
    "VM_LIFECYCLE",
    "VM_OFF",
    "VM_PAUSED",
    "VM_RUNNING",
    "EventStatus",
    "Holder",
    "HostStatus",
    "Lifecycle",
    "LifecycleError",
    "Row",
    "SetStatus",
    "VmStatus",
    "machine",
]
