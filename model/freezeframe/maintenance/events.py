"""The scheduled events of a maintenance: who is shown them, and who approved.

Owns the way to the metadata service. It must not know when an event is announced or started.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from freezeframe.adapters.protocol import Clock
from freezeframe.lifecycles import EventStatus
from freezeframe.observation import EventSeen
from freezeframe.protocol import State
from freezeframe.protocol.components import VM, ScheduledEvent

from .board import Board
from .ports import Notices
from .rulebook import Rulebook


class Events:
    """Shows on `notices` what stands on `board`."""

    def __init__(self, rulebook: Rulebook, notices: Notices, board: Board, clock: Clock) -> None:
        """Show nothing yet; notices that were told are counted on `clock`."""
        self._rulebook, self._notices, self._board = rulebook, notices, board
        self._clock = clock
        self._not_before_ms: dict[tuple[str, str], int] = {}

    def show(self, state: State, host: str, event: EventSeen) -> None:
        """Show an event to its tenant, with the VMs of the tenant that are on the host."""
        topology = self._rulebook.system.topology
        vms = tuple(
            name
            for (name,), vm in self._rulebook.components(state, VM).items()
            if topology.tenant(name) == event.tenant and topology.places(name)[vm.place] == host
        )
        left_ms = self._notices.show(host, vms, event)
        self._not_before_ms[host, event.tenant] = self._clock.monotonic_ms() + left_ms

    def show_again(self, state: State) -> None:
        """Show everything as it was shown last.

        Some of it may be new to its tenant: a controller may have died before it showed what it had
        kept, and one that served no events may be followed by one that does.
        """
        for host, event in self._board.events:
            self.show(state, host, event)

    def waits(self, state: State) -> dict[str, int]:
        """Until when each host may not be quiesced, because a tenant of it may have been told later
        than the course says.
        """
        found: dict[str, int] = {}
        for (host, tenant), not_before_ms in self._not_before_ms.items():
            event = self._rulebook.component(state, ScheduledEvent, host, tenant)
            if event.status is EventStatus.SCHEDULED:
                found[host] = max(found.get(host, 0), not_before_ms)
        return found

    def approvals(self) -> Iterator[tuple[str, EventSeen]]:
        """Events that were approved since they were shown as scheduled, each with its host."""
        approved = self._notices.approved()
        for host, event in self._board.events:
            if event.status is EventStatus.SCHEDULED and event.event_id in approved:
                yield host, replace(event, status=EventStatus.APPROVED)
