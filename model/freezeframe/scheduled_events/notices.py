"""What a runner of maintenance needs of scheduled events: to show them, and to hear who approved.

Owns the way from what a runner tells of an event to changes of the documents. It must not know the
runner; it fills the protocol `Notices` of `freezeframe.maintenance` by its form alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from freezeframe.fleet import Fleet, UpdateKind
from freezeframe.lifecycles import EventStatus
from freezeframe.observation import EventSeen

from .changes import Announce, Approve, Cancel, Complete, Start
from .contract import EventType
from .desk import Desk
from .state import Event

_ENDED: Final = frozenset({EventStatus.COMPLETED, EventStatus.CANCELLED})

REACTION_MS: Final = 1_000
"""How long before it tells of an event a runner may have begun to count its notice.

`NotBefore` is that much earlier, so that nothing starts before it.
"""


class DeskNotices:
    """Shows a runner's events on a desk.

    A runner tells of one event for each tenant of a host. It keeps ids and the notice time itself;
    here it is shown when that ends, and approvals are gathered until it asks for them.
    """

    def __init__(self, desk: Desk, fleet: Fleet) -> None:
        """Show events of `fleet` on `desk`; its file tells the notice and how long VMs are down."""
        self._desk = desk
        self._notice_ms = max(0, fleet.limits.notice_ms - REACTION_MS)
        timing = fleet.timing
        longest_ms = timing.pause.max_ms + timing.update.max_ms + timing.resume.max_ms
        self._freeze_seconds = -(-min(longest_ms, fleet.limits.pause_ms) // 1000)
        self._fleet = fleet
        self._hosts = {host.name: host for host in fleet.hosts}
        self._vms = {vm.name: vm for vm in fleet.vms}

    def show(self, host: str, vms: Sequence[str], event: EventSeen) -> int:
        """Show the event of a tenant for `host` as it now stands, its resources being `vms`.

        Returns how many milliseconds it is until the `NotBefore` that the tenant was told. Equal
        arguments again change nothing; what has ended already is not begun anew, and an event
        without resources is shown to nobody.

        Raises:
            ScheduledEventsError: `vms` are of different tenants or update domains.

        """
        current = self._current(host, event)
        if current is None and vms and event.status not in _ENDED:
            # What is there is of an earlier maintenance, of which the runner knows nothing.
            self._desk.take_down((host, event.tenant))
            self._announce(host, vms, event)
            current = self._current(host, event)
        if current is None:
            return 0
        if current.status is not event.status:
            self._move(host, event, current)
        return current.not_before_ms - self._desk.now_ms

    def _move(self, host: str, event: EventSeen, current: Event) -> None:
        match event.status:
            case EventStatus.APPROVED if current.status is EventStatus.SCHEDULED:
                self._desk.apply(Approve(current.resources[0], (current.event_id,)))
            case EventStatus.STARTED:
                self._desk.apply(Start(host, event.tenant, is_due=True))
            case EventStatus.COMPLETED:
                self._desk.apply(Complete(host, event.tenant))
            case EventStatus.CANCELLED:
                self._desk.apply(Cancel(host, event.tenant))

    def approved(self) -> Collection[str]:
        """The ids of the events that are shown as scheduled and that their tenants approved."""
        return frozenset(
            event.event_id
            for event in self._desk.state.events.values()
            if event.status is EventStatus.APPROVED
        )

    def _announce(self, host: str, vms: Sequence[str], event: EventSeen) -> None:
        impact = self._impact(host, vms)
        self._desk.apply(
            replace(
                impact,
                occasion=host,
                resources=tuple(vms),
                notice_ms=self._notice_ms,
                event_id=event.event_id,
            )
        )

    def _impact(self, host: str, vms: Sequence[str]) -> Announce:
        """What the update of `host` does to `vms`, in the words of the contract."""
        kinds = {self._fleet.kind_of_update(self._hosts[host], self._vms[vm]) for vm in vms}
        if kinds == {UpdateKind.NO_IMPACT}:
            text = "The host is updated; the VM goes on running."
            return Announce("", (), EventType.FREEZE, duration_seconds=0, description=text)
        if UpdateKind.DISRUPTIVE in kinds:
            text = "The host is updated; the VM is shut down and started again."
            return Announce("", (), EventType.REBOOT, description=text)
        text = "The host is updated; the VM is paused with its memory kept."
        return Announce("", (), duration_seconds=self._freeze_seconds, description=text)

    def _current(self, host: str, event: EventSeen) -> Event | None:
        """The event as it is shown, if it is."""
        shown = self._desk.state.events.get((host, event.tenant))
        is_it = shown is not None and shown.is_current and shown.event_id == event.event_id.upper()
        return shown if is_it else None
