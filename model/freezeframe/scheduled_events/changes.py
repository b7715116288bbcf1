"""What can happen to scheduled events, as values.

Owns their names and meanings. What follows from each is `applying`'s affair.
"""

from __future__ import annotations

from dataclasses import dataclass

from .contract import DURATION_UNKNOWN, EventSource, EventType


@dataclass(frozen=True)
class Announce:
    """Tell the tenant of `resources` that `occasion` will hit them.

    `notice_ms` is the time until the event may start without approval; None is the minimum that
    the contract promises for its type. A laboratory may shorten it. `event_id` is a GUID that no
    event had; None leaves it to the state to find one.
    """

    occasion: str
    resources: tuple[str, ...]
    type: EventType = EventType.FREEZE
    duration_seconds: int = DURATION_UNKNOWN
    description: str = ""
    source: EventSource = EventSource.PLATFORM
    notice_ms: int | None = None
    event_id: str | None = None


@dataclass(frozen=True)
class Fail:
    """The hardware beneath `resources` failed: nobody could be told before, so it has started.

    Source: Azure's Scheduled Events page: such an event skips the state Scheduled.
    """

    occasion: str
    resources: tuple[str, ...]
    type: EventType = EventType.REBOOT
    description: str = ""


@dataclass(frozen=True)
class Approve:
    """`vm` agrees that these events start early; each approval is for all resources of its event.

    An id that is repeated, late, unknown or of another tenant changes nothing, and nobody learns
    which of these it was.
    """

    vm: str
    event_ids: tuple[str, ...]


@dataclass(frozen=True)
class Start:
    """The impact of an occasion begins, for one tenant or, if None, for all.

    It is refused before all tenants of the occasion approved, or had their notice. `is_due` tells
    that whoever starts it kept to that by a clock of its own.
    """

    occasion: str
    tenant: str | None = None
    is_due: bool = False


@dataclass(frozen=True)
class Revise:
    """More is known of an occasion's impact: a second, shorter one follows, or a reboot turned out
    to be a freeze. None leaves a thing as it is; a `tenant` of None is all.
    """

    occasion: str
    tenant: str | None = None
    type: EventType | None = None
    duration_seconds: int | None = None
    description: str | None = None


@dataclass(frozen=True)
class Complete:
    """The impact of an occasion is over, for one tenant or, if None, for all."""

    occasion: str
    tenant: str | None = None


@dataclass(frozen=True)
class Cancel:
    """An occasion is withdrawn before its impact began, for one tenant or, if None, for all."""

    occasion: str
    tenant: str | None = None


@dataclass(frozen=True)
class Call:
    """`vm` asks for its document. The first call enables it, and so does the first after a day."""

    vm: str


EventChange = Announce | Fail | Approve | Start | Revise | Complete | Cancel
Change = EventChange | Call
