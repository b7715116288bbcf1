"""The lifecycle of a scheduled event, as the metadata service tells it to a tenant."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from .table import Lifecycle, Row

_PAGE = "Azure Scheduled Events page, event lifecycle"


class EventStatus(StrEnum):
    """Where a scheduled event stands; completed and cancelled ones are shown to nobody."""

    UNANNOUNCED = "unannounced"
    SCHEDULED = "scheduled"
    APPROVED = "approved"
    STARTED = "started"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


SCHEDULED_EVENT_LIFECYCLE: Final = Lifecycle(
    name="scheduled event",
    states=EventStatus,
    meanings={
        EventStatus.UNANNOUNCED: "nobody was told of anything",
        EventStatus.SCHEDULED: "announced; waits for approval or for its notice time",
        EventStatus.APPROVED: "its tenant agreed that it starts early",
        EventStatus.STARTED: "its VMs may be impacted from now on",
        EventStatus.COMPLETED: "its impact is over",
        EventStatus.CANCELLED: "withdrawn without impact",
    },
    initial=EventStatus.UNANNOUNCED,
    rows=(
        Row(
            "announce",
            (EventStatus.UNANNOUNCED, EventStatus.COMPLETED, EventStatus.CANCELLED),
            EventStatus.SCHEDULED,
            "a host that carries the tenant's VMs is scheduled",
            _PAGE,
        ),
        Row(
            "approve",
            (EventStatus.SCHEDULED,),
            EventStatus.APPROVED,
            "a guest sent StartRequests",
            _PAGE,
        ),
        Row(
            "approve_again",
            (EventStatus.APPROVED,),
            EventStatus.APPROVED,
            "a guest sent StartRequests once more",
            _PAGE,
        ),
        Row(
            "approve_again",
            (EventStatus.STARTED,),
            EventStatus.STARTED,
            "a guest sent StartRequests too late",
            _PAGE,
        ),
        Row(
            "start",
            (EventStatus.SCHEDULED, EventStatus.APPROVED),
            EventStatus.STARTED,
            "its host is quiesced",
            _PAGE,
        ),
        Row(
            "complete",
            (EventStatus.STARTED,),
            EventStatus.COMPLETED,
            "its host is back in service, or lost power",
            _PAGE,
        ),
        Row(
            "cancel",
            (EventStatus.SCHEDULED, EventStatus.APPROVED),
            EventStatus.CANCELLED,
            "the maintenance was withdrawn, or its host lost power",
            _PAGE,
        ),
    ),
)
