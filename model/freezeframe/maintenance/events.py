"""The scheduled events of a maintenance: who is shown them, and who approved.

Owns the way to the metadata service. It must not know when an event is announced or started.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from freezeframe.lifecycles import EventStatus
from freezeframe.observation import EventSeen
from freezeframe.protocol import State
from freezeframe.protocol.components import VM

from .board import Board
from .ports import Notices
from .rulebook import Rulebook


class Events:
    """Shows on `notices` what stands on `board`."""

    def __init__(self, rulebook: Rulebook, notices: Notices, board: Board) -> None:
        """Show nothing yet."""
        self._rulebook, self._notices, self._board = rulebook, notices, board

    def show(self, state: State, host: str, event: EventSeen) -> None:
        """Show an event to its tenant, with the VMs of the tenant that are on the host."""
        topology = self._rulebook.system.topology
        vms = tuple(
            name
            for (name,), vm in self._rulebook.components(state, VM).items()
            if topology.tenant(name) == event.tenant and topology.places(name)[vm.place] == host
        )
        self._notices.show(host, vms, event)

    def show_again(self, state: State) -> None:
        """Show everything as it was shown last, in case a crash came between."""
        for host, event in self._board.events:
            self.show(state, host, event)

    def approvals(self) -> Iterator[tuple[str, EventSeen]]:
        """Events that were approved since they were shown as scheduled, each with its host."""
        approved = self._notices.approved()
        for host, event in self._board.events:
            if event.status is EventStatus.SCHEDULED and event.event_id in approved:
                yield host, replace(event, status=EventStatus.APPROVED)
