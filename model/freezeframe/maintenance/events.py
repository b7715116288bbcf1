"""The scheduled events of a maintenance: who is shown them, and who approved.

Owns the way to the metadata service. It must not know when an event is announced or started.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from freezeframe.lifecycles import EventStatus
from freezeframe.observation import EventSeen, Record
from freezeframe.protocol import Deadline, State
from freezeframe.protocol.components import VM, ScheduledEvent

from .board import Board
from .ports import Notices
from .rulebook import Rulebook


class Events:
    """Shows on `notices` what stands on `board`."""

    def __init__(
        self, rulebook: Rulebook, notices: Notices, board: Board, records: Sequence[Record]
    ) -> None:
        """Show nothing yet; `records` are all that was kept by controllers before."""
        self._rulebook, self._notices, self._board = rulebook, notices, board
        self._certain = set(_certain(records))
        self._since_ms: dict[tuple[str, str], int] = {}

    def show(self, state: State, host: str, event: EventSeen, now_ms: int) -> None:
        """Show an event to its tenant, with the VMs of the tenant that are on the host."""
        topology = self._rulebook.system.topology
        vms = tuple(
            name
            for (name,), vm in self._rulebook.components(state, VM).items()
            if topology.tenant(name) == event.tenant and topology.places(name)[vm.place] == host
        )
        self._notices.show(host, vms, event)
        if event.status is EventStatus.SCHEDULED and event.event_id not in self._certain:
            self._since_ms[host, event.tenant] = now_ms

    def show_again(self, state: State, now_ms: int) -> None:
        """Show everything as it was shown last; what may not have been shown yet counts as shown
        now.
        """
        for host, event in self._board.events:
            self.show(state, host, event, now_ms)

    def waits(self, state: State) -> dict[str, int]:
        """Until when each host may not be quiesced, because a tenant of it may have been told later
        than the course says.
        """
        notice_ms = self._rulebook.system.settings.deadlines[Deadline.NOTICE]
        found: dict[str, int] = {}
        for (host, tenant), since_ms in self._since_ms.items():
            event = self._rulebook.component(state, ScheduledEvent, host, tenant)
            if event.status is EventStatus.SCHEDULED:
                found[host] = max(found.get(host, 0), since_ms + notice_ms)
        return found

    def approvals(self) -> Iterator[tuple[str, EventSeen]]:
        """Events that were approved since they were shown as scheduled, each with its host."""
        approved = self._notices.approved()
        for host, event in self._board.events:
            if event.status is EventStatus.SCHEDULED and event.event_id in approved:
                yield host, replace(event, status=EventStatus.APPROVED)


def _certain(records: Sequence[Record]) -> Iterator[str]:
    """The ids of events that were shown for certain, for something later was kept since."""
    for record in records:
        is_last = record.monotonic_ms >= records[-1].monotonic_ms
        if isinstance(record.fact, EventSeen) and not is_last:
            yield record.fact.event_id
