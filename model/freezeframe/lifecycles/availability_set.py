"""The lifecycle of an availability set: one domain of it is under maintenance at a time."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from .table import Lifecycle, Row

_ONE_DOMAIN = "Azure availability set overview: one update domain at a time, in any order"
_RECOVERY = (
    "Azure availability set overview: a restarted update domain has time to recover before the next"
)
_HALT = "Azure maintenance page: a warning health signal stops the rollout"


class SetStatus(StrEnum):
    """Where an availability set stands."""

    STEADY = "steady"
    MAINTAINING = "maintaining"
    RECOVERING = "recovering"
    HALTED = "halted"


AVAILABILITY_SET_LIFECYCLE: Final = Lifecycle(
    name="availability set",
    states=SetStatus,
    meanings={
        SetStatus.STEADY: "no host of it is under maintenance",
        SetStatus.MAINTAINING: "hosts of one of its domains are under maintenance",
        SetStatus.RECOVERING: "a domain was maintained and is given time",
        SetStatus.HALTED: "no domain is begun until an operator says so",
    },
    initial=SetStatus.STEADY,
    rows=(
        Row(
            "enter",
            (SetStatus.STEADY, SetStatus.MAINTAINING),
            SetStatus.MAINTAINING,
            "a host of the domain is scheduled",
            _ONE_DOMAIN,
        ),
        Row(
            "leave",
            (SetStatus.MAINTAINING,),
            SetStatus.MAINTAINING,
            "a host of the domain is back, others are not",
            _ONE_DOMAIN,
        ),
        Row(
            "finish_domain",
            (SetStatus.MAINTAINING,),
            SetStatus.RECOVERING,
            "the last host of the domain is back",
            _RECOVERY,
        ),
        Row(
            "settle",
            (SetStatus.RECOVERING,),
            SetStatus.STEADY,
            "its recovery time passed",
            _RECOVERY,
        ),
        Row(
            "halt",
            (SetStatus.STEADY, SetStatus.RECOVERING),
            SetStatus.HALTED,
            "a VM or a host failed",
            _HALT,
        ),
        Row("go_on", (SetStatus.HALTED,), SetStatus.STEADY, "an operator cleared the alarm", _HALT),
    ),
)
