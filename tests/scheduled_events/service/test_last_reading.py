"""A service does not end before those who asked have read the last of it, within bounds."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from freezeframe.scheduled_events import Announce, Cancel, placements_of
from freezeframe.scheduled_events.desk import Desk
from freezeframe.scheduled_events.keeping import new_state
from freezeframe.scheduled_events.service import Listener, RateLimit, assembly, served

from .running import FLEET, NO_LIMIT, Service

FREEZE = Announce("host-a", ("web-0",))


class _Maintenance:
    """Serves while it lasts; `told` is for whom it went on, and what these read then."""

    def __init__(self, *, reads: bool) -> None:
        self._reads = reads
        self.told: list[tuple[Sequence[str], list[object]]] = []
        self.service: Service | None = None

    def last(self, asked: Sequence[str], *, ends: bool) -> None:
        """Let these VMs ask, then the event begin, and end or not, and the service end."""
        desk = Desk(new_state(placements_of(FLEET)))
        listeners = [Listener("127.0.0.1", 0, vm=vm.name) for vm in FLEET.vms]
        rate = RateLimit(NO_LIMIT)
        with served(FLEET, desk, listeners, rate=rate, tell_unread=self._tell) as opened:
            self.service = Service(desk, {str(each.vm): each.port for each in opened})
            for vm in asked:
                self.service.ask(vm)
            if ends:
                self.service.happen(FREEZE, Cancel("host-a"))

    def _tell(self, vms: Sequence[str]) -> None:
        assert self.service is not None
        read = [self.service.events(vm) for vm in vms] if self._reads else []
        self.told.append((vms, [*read]))


def test_it_goes_on_for_those_who_asked_and_have_not_read_the_end() -> None:
    """Each VM of the set for itself; db-0 is another tenant, and nothing is new to it."""
    maintenance = _Maintenance(reads=True)
    maintenance.last(["web-0", "web-1", "db-0"], ends=True)
    assert maintenance.told == [(("web-0", "web-1"), [[], []])]


@pytest.mark.parametrize(("asked", "ends"), [([], True), (["web-0"], False)])
def test_it_ends_at_once_where_nobody_has_to_read_anything(asked: list[str], ends: bool) -> None:  # noqa: FBT001 (a case)
    """Nobody ever asked, or nothing has changed since."""
    maintenance = _Maintenance(reads=True)
    maintenance.last(asked, ends=ends)
    assert maintenance.told == []


def test_it_does_not_wait_for_ever_for_a_guest_that_asks_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Shortened here: the test would take as long."""
    monkeypatch.setattr(assembly, "PATIENCE_SECONDS", 0.1)
    maintenance = _Maintenance(reads=False)
    maintenance.last(["web-0"], ends=True)
    assert maintenance.told == [(("web-0",), [])]
