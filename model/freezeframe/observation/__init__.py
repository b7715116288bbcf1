"""What any observer of a fleet can tell: records of it, and what follows from them.

It owns the names that others may use; it must not know who observes, or why.
"""

from .facts import (
    KINDS,
    VISIBLE,
    AlarmSeen,
    ClockMeasured,
    Ended,
    EventSeen,
    Fact,
    HostSeen,
    HostTold,
    MemoryChecked,
    MemoryFingerprinted,
    Operation,
    Outcome,
    Reason,
    SightChanged,
    Subject,
    Told,
    VmSeen,
)
from .ledger import Ledger, Moment, Remark, Trouble, in_order, moments
from .records import (
    Record,
    RecordsError,
    header_line,
    read_records,
    record_line,
    write_records,
)
from .views import AlarmView, EventView, HostView, VmView

__all__ = [
    "KINDS",
    "VISIBLE",
    "AlarmSeen",
    "AlarmView",
    "ClockMeasured",
    "Ended",
    "EventSeen",
    "EventView",
    "Fact",
    "HostSeen",
    "HostTold",
    "HostView",
    "Ledger",
    "MemoryChecked",
    "MemoryFingerprinted",
    "Moment",
    "Operation",
    "Outcome",
    "Reason",
    "Record",
    "RecordsError",
    "Remark",
    "SightChanged",
    "Subject",
    "Told",
    "Trouble",
    "VmSeen",
    "VmView",
    "header_line",
    "in_order",
    "moments",
    "read_records",
    "record_line",
    "write_records",
]
