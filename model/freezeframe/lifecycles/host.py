"""The lifecycle of a host while its hosting environment is updated."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from .table import Lifecycle, Row

_PHU = (
    "Russinovich et al., EuroSys 2021: pause, replace the host's software beneath the VMs, resume"
)
_EVENTS = (
    "Azure Scheduled Events page: impact only after approval or NotBefore; events can be cancelled"
)
_DEADLINE = "design: the pause limit is kept by rolling back in time"
_FAULT = "design: faults that a fleet file can declare"


class HostStatus(StrEnum):
    """Where a host stands."""

    IN_SERVICE = "in service"
    SCHEDULED = "scheduled"
    QUIESCING = "quiescing"
    UPDATING = "updating"
    ROLLING_BACK = "rolling back"
    RESTORING = "restoring"
    OUT_OF_SERVICE = "out of service"


HOST_IMPACTED: Final = frozenset(
    {HostStatus.QUIESCING, HostStatus.UPDATING, HostStatus.ROLLING_BACK, HostStatus.RESTORING}
)
"""From the first thing that is done to its VMs until none of it is left."""

HOST_UNDER_MAINTENANCE: Final = frozenset({HostStatus.SCHEDULED}) | HOST_IMPACTED
"""Begun, and not over; a host without power is under nobody's hands."""

HOST_LIFECYCLE: Final = Lifecycle(
    name="host",
    states=HostStatus,
    meanings={
        HostStatus.IN_SERVICE: "runs VMs",
        HostStatus.SCHEDULED: "runs VMs; their guests are told of the maintenance",
        HostStatus.QUIESCING: "its VMs are being paused",
        HostStatus.UPDATING: "its hosting environment is being replaced",
        HostStatus.ROLLING_BACK: "the old hosting environment is being put back",
        HostStatus.RESTORING: "its VMs are being resumed and their clocks set",
        HostStatus.OUT_OF_SERVICE: "without power, until an operator repairs it",
    },
    initial=HostStatus.IN_SERVICE,
    rows=(
        Row(
            "schedule",
            (HostStatus.IN_SERVICE,),
            HostStatus.SCHEDULED,
            "it runs the old software, and the policy lets it begin",
            _EVENTS,
        ),
        Row(
            "quiesce",
            (HostStatus.SCHEDULED,),
            HostStatus.QUIESCING,
            "every tenant approved, or had its notice",
            _EVENTS,
        ),
        Row(
            "withdraw",
            (HostStatus.SCHEDULED,),
            HostStatus.IN_SERVICE,
            "an operator cancelled, or an alarm was raised",
            _EVENTS,
        ),
        Row(
            "begin_update",
            (HostStatus.QUIESCING,),
            HostStatus.UPDATING,
            "nothing runs on it any more that the update would harm",
            _PHU,
        ),
        Row(
            "abandon",
            (HostStatus.QUIESCING,),
            HostStatus.RESTORING,
            "the time left is just enough to resume",
            _DEADLINE,
        ),
        Row(
            "update_completed",
            (HostStatus.UPDATING,),
            HostStatus.RESTORING,
            "it runs the new software",
            _PHU,
        ),
        Row(
            "update_failed",
            (HostStatus.UPDATING,),
            HostStatus.ROLLING_BACK,
            "the new software did not come up",
            _FAULT,
        ),
        Row(
            "abort",
            (HostStatus.UPDATING,),
            HostStatus.ROLLING_BACK,
            "the time left is just enough to roll back and resume, or the update is overdue",
            _DEADLINE,
        ),
        Row(
            "rollback_completed",
            (HostStatus.ROLLING_BACK,),
            HostStatus.RESTORING,
            "it runs the old software",
            _DEADLINE,
        ),
        Row(
            "return_to_service",
            (HostStatus.RESTORING,),
            HostStatus.IN_SERVICE,
            "all its VMs run, with their clocks set",
            _PHU,
        ),
        Row(
            "lose_power",
            (
                HostStatus.IN_SERVICE,
                HostStatus.SCHEDULED,
                HostStatus.QUIESCING,
                HostStatus.UPDATING,
                HostStatus.ROLLING_BACK,
                HostStatus.RESTORING,
            ),
            HostStatus.OUT_OF_SERVICE,
            "its power failed",
            _FAULT,
        ),
        Row(
            "repair",
            (HostStatus.OUT_OF_SERVICE,),
            HostStatus.IN_SERVICE,
            "an operator brought it back",
            _FAULT,
        ),
    ),
)
