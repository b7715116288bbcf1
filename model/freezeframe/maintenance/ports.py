"""What the runner needs from outside besides hypervisors: small protocols, one ability each.

Owns the protocols only. It must not know who fills them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from freezeframe.adapters.protocol import Clock
from freezeframe.observation import EventSeen, Record


class Journal(Protocol):
    """What was decided and seen, durable before the next step is taken."""

    def append(self, records: Sequence[Record]) -> None:
        """Keep `records`, in this order; what returned survives the death of the process.

        After a crash in the midst of it, a reader finds some first part of `records`, or none.

        Raises:
            FreezeframeError: They may not have been kept; nothing must be done on their strength.

        """

    def records(self) -> Sequence[Record]:
        """All that was kept so far, by this process and earlier ones, on the clock of now."""


class Notices(Protocol):
    """Tells tenants of scheduled events, and who of them approved."""

    def show(self, host: str, vms: Sequence[str], event: EventSeen) -> int:
        """Show the event of a tenant for `host` as it now stands, its resources being `vms`.

        Returns how many milliseconds of notice it still has by what it was told; 0 or less if none.
        Called again with equal arguments after a restart, which must change nothing.
        """

    def approved(self) -> Collection[str]:
        """The ids of the events that are shown as scheduled and that their tenants approved."""


class SilentNotices:
    """Notices that nobody reads, so nobody approves; events start when their notice has passed."""

    def show(self, host: str, vms: Sequence[str], event: EventSeen) -> int:
        """See `Notices`; nobody was told anything."""
        del host, vms, event
        return 0

    def approved(self) -> Collection[str]:
        """See `Notices`."""
        return ()


class Timekeeper(Clock, Protocol):
    """A clock that lets time pass until something is the case; virtual time is one."""

    def run_until(self, is_reached: Callable[[], bool], *, within_ms: int) -> None:
        """Let time pass until `is_reached`, or until `within_ms` have passed.

        `is_reached` is asked again and again, always in the caller's thread.
        """
