"""What the published contract of scheduled events fixes: types, notices, and versions.

Owns numbers and words from outside, each with its source. It must not know how events come about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from freezeframe.fleet import FreezeframeError
from freezeframe.fleet.model import FREEZE_NOTICE_MS

RESOURCE_TYPE: Final = "VirtualMachine"
"""The only type of resource. Source: Azure's Scheduled Events page, event properties."""

DURATION_UNKNOWN: Final = -1
"""`DurationInSeconds` of an impact of unknown length; 0 is none. Source: as above."""

DISABLED_AFTER_MS: Final = 24 * 3600 * 1000
"""Without a call for so long, a tenant's document is disabled. Source: as above, enabling."""


class ScheduledEventsError(FreezeframeError):
    """An event cannot be announced or changed so; says what was expected and what was found."""


_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def is_guid(text: str) -> bool:
    """Whether `text` can be an `EventId`. Source: Azure's Scheduled Events page.

    >>> is_guid("C7061BAC-AFDC-4513-B24B-AA5F13A16123"), is_guid("C7061BAC")
    (True, False)
    """
    return _GUID.fullmatch(text) is not None


class EventType(StrEnum):
    """The impact that an event has. Source: Azure's Scheduled Events page, event properties."""

    FREEZE = "Freeze"
    REBOOT = "Reboot"
    REDEPLOY = "Redeploy"
    PREEMPT = "Preempt"
    TERMINATE = "Terminate"


class EventSource(StrEnum):
    """Who brought an event about. Source: as for `EventType`."""

    PLATFORM = "Platform"
    USER = "User"


MINIMUM_NOTICE_MS: Final[Mapping[EventType, int]] = MappingProxyType(
    {
        EventType.FREEZE: FREEZE_NOTICE_MS,
        EventType.REBOOT: 900_000,
        EventType.REDEPLOY: 600_000,
        EventType.PREEMPT: 30_000,
        EventType.TERMINATE: 300_000,
    }
)
"""Least time from announcement to `NotBefore`; a customer may choose more for Terminate.

Source: Azure's Scheduled Events page, minimum notice.
"""

HEADER_ENFORCED_SINCE: Final = "2017-08-01"
PLAIN_NAMES_SINCE: Final = "2017-08-01"
"""Before, names of resources began with an underscore, and no header was asked for."""

TYPES_SINCE: Final[Mapping[EventType, str]] = MappingProxyType(
    {EventType.PREEMPT: "2017-11-01", EventType.TERMINATE: "2019-01-01"}
)
"""Types that older versions do not know, and are therefore not shown."""

FIELDS_SINCE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Description": "2019-04-01",
        "EventSource": "2019-08-01",
        "DurationInSeconds": "2020-07-01",
    }
)
"""Properties of an event that older versions do not have. Source: as above, version table."""

EVENTS_VERSIONS: Final = (
    "2017-03-01",
    "2017-08-01",
    "2017-11-01",
    "2019-01-01",
    "2019-04-01",
    "2019-08-01",
    "2020-07-01",
)
"""Versions that brought something new for events, oldest first. Source: as above."""

_METADATA_VERSIONS: Final = (
    "2017-03-01",
    "2017-04-02",
    "2017-08-01",
    "2017-10-01",
    "2017-12-01",
    "2018-02-01",
    "2018-04-02",
    "2018-10-01",
    "2019-02-01",
    "2019-03-11",
    "2019-04-30",
    "2019-06-01",
    "2019-06-04",
    "2019-08-01",
    "2019-08-15",
    "2019-11-01",
    "2020-06-01",
    "2020-07-15",
    "2020-09-01",
    "2020-10-01",
    "2020-12-01",
    "2021-01-01",
    "2021-02-01",
    "2021-03-01",
    "2021-05-01",
    "2021-08-01",
    "2021-10-01",
    "2021-11-01",
    "2021-11-15",
    "2021-12-13",
    "2023-07-01",
    "2023-11-15",
    "2024-03-15",
    "2024-07-17",
    "2025-04-07",
)
"""Source: Azure's Instance Metadata Service page, supported API versions."""

API_VERSIONS: Final = tuple(sorted({*EVENTS_VERSIONS, *_METADATA_VERSIONS}))
"""Every version that is served, oldest first; they are dates, so they compare as text.

Each endpoint takes all of them: a client that asks for the newest one listed is answered.
"""

NEWEST_VERSIONS: Final = API_VERSIONS[:-4:-1]
"""The three that an error names, newest first. Source: as above, the example of an error."""
