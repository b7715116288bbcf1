"""A maintenance as its guests see it, through a service on real sockets and in virtual time.

The promises are judged on what clients read and did, with what hosts and controller recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from freezeframe.adapters.simulated import SeededChoices
from freezeframe.checking.judging import Judgement, judge
from freezeframe.fleet import Fleet, Limits
from freezeframe.lifecycles import EventStatus
from freezeframe.maintenance.driver import Runner
from freezeframe.maintenance.ports import SilentNotices
from freezeframe.maintenance.standing import Standing
from freezeframe.observation import EventSeen, Operation, Outcome, Record, Told
from freezeframe.properties import PROMISES
from freezeframe.reporting import Verdict
from freezeframe.scheduled_events import (
    Observer,
    Placement,
    Reading,
    ScheduledEventsError,
    from_json,
    placements_of,
    to_json,
)
from freezeframe.scheduled_events.desk import Desk
from freezeframe.scheduled_events.keeping import new_state
from freezeframe.scheduled_events.notices import DeskNotices
from freezeframe.scheduled_events.service import Listener, RateLimit, served
from tests.faulty.planted_fleets import mixed_host
from tests.fleets import two_sets
from tests.maintenance.world import World

from .service.running import NO_LIMIT, Service

NOTICE_MS = 20_000
FLEET = two_sets(limits=Limits(notice_ms=NOTICE_MS))
OF_EVENTS = [each for each in PROMISES if "event" in each.name]
IMPATIENT = frozenset({"quiesce/each-tenant-approved-or-had-its-notice"})
MIXING = frozenset({"schedule/the-host-carries-one-domain-of-each-set"})


class Cloud:
    """A simulated fleet that is maintained, its metadata service, and clients in its VMs."""

    def __init__(self, world: World, service: Service) -> None:
        """Begin before any maintenance."""
        self.world = world
        self.service = service
        self.fleet = world.fleet
        self.clients = {vm.name: Observer(vm.name, self.fleet) for vm in self.fleet.vms}
        self.seen: list[Record] = []
        self._history: list[Record] = []
        self._kept = 0
        self.first_read: dict[str, list[tuple[int, str, str]]] = {vm: [] for vm in self.clients}

    def now(self) -> Reading:
        """The time."""
        return Reading(self.world.time.monotonic_ms(), self.world.time.wall_ms())

    def poll(self, vm: str) -> list[dict[str, Any]]:
        """Let a VM read its document."""
        document = self.service.ask(vm).json
        self._tell(*self.clients[vm].read(document, self.now()))
        events: list[dict[str, Any]] = document["Events"]
        for event in events:
            step = (event["EventId"], event["EventStatus"])
            if step not in [each[1:] for each in self.first_read[vm]]:
                self.first_read[vm].append((self.now().monotonic_ms, *step))
        return events

    def poll_all(self, _: Runner) -> None:
        """Let every VM read its document."""
        for vm in self.clients:
            self.poll(vm)

    def approve(self, vm: str, event_id: str) -> None:
        """Let a VM approve an event that it read."""
        assert self.service.approve(vm, event_id).status == 200
        self._tell(self.clients[vm].approved(event_id, self.now()))

    def judged(self) -> Judgement:
        """The promises about events, judged on what clients saw, in the order in which it came."""
        self._tell()
        return judge(self._history, self.fleet, properties=OF_EVENTS)

    def _tell(self, *seen: Record) -> None:
        """Add to the history what clients saw, after what the others recorded before."""
        new = self.world.kept[self._kept :]
        self._kept += len(new)
        self._history += [each for each in new if not isinstance(each.fact, EventSeen)]
        self._history += seen
        self.seen += seen

    def pauses(self, vm: str) -> list[int]:
        """When a VM was asked to pause."""
        asked = Told(Operation.PAUSE, Outcome.REQUESTED)
        return [
            each.monotonic_ms for each in self.world.kept if each.vm == vm and each.fact == asked
        ]


@contextmanager
def _cloud(
    without: frozenset[str] = frozenset(), fleet: Fleet = FLEET, *, tells_domains: bool = True
) -> Iterator[Cloud]:
    """A cloud of `fleet`; unless it `tells_domains`, its service takes all VMs for one domain's."""
    world = World(fleet, SeededChoices(1), without=without)
    placements = placements_of(fleet)
    if not tells_domains:
        placements = {vm: Placement(each.tenant) for vm, each in placements.items()}
    desk = Desk(new_state(placements), now_ms=world.time.wall_ms)
    world.notices = DeskNotices(desk, fleet)
    listeners = [Listener("127.0.0.1", 0, vm=vm.name) for vm in fleet.vms]
    with served(fleet, desk, listeners, rate=RateLimit(NO_LIMIT)) as opened:
        yield Cloud(world, Service(desk, {str(each.vm): each.port for each in opened}))


def _maintained(cloud: Cloud, habits: Callable[[str, list[dict[str, Any]]], None]) -> None:
    """Maintain the fleet; each VM polls after every step, and then does as is its habit."""

    def poll_all(_: Runner) -> None:
        for vm in cloud.clients:
            habits(vm, cloud.poll(vm))

    runner, standing = cloud.world.maintain(poll_all)
    poll_all(runner)
    assert standing is Standing.COMPLETED
    assert runner.divergences == []


def test_who_never_approves_gets_the_whole_notice() -> None:
    """And sees each event scheduled, started and gone; no promise about events is broken."""
    with _cloud() as cloud:
        _maintained(cloud, lambda *_: None)
        judgement = cloud.judged()
        assert judgement.verdict is Verdict.HOLDS
        assert all(
            each.subjects for each in judgement.properties if each.property.name.startswith("event")
        )
        for vm in FLEET.vms:
            (paused_ms,) = cloud.pauses(vm.name)
            mine = [each for each in cloud.seen if each.source == f"client {vm.name}"]
            told = [each for each in mine if each.host == vm.host]
            statuses = [vars(each.fact)["status"] for each in told]
            assert statuses == [EventStatus.SCHEDULED, EventStatus.STARTED, EventStatus.COMPLETED]
            assert paused_ms - told[0].monotonic_ms >= NOTICE_MS
            assert told[1].monotonic_ms <= paused_ms < told[2].monotonic_ms


def test_who_approves_is_not_kept_waiting_and_others_on_the_host_are_asked_too() -> None:
    """All approve but db-0, for whom host a, which it shares with web-0, waits."""
    with _cloud() as cloud:

        def approve(vm: str, events: list[dict[str, Any]]) -> None:
            for event in events:
                if event["EventStatus"] == "Scheduled" and "db-0" not in event["Resources"]:
                    cloud.approve(vm, event["EventId"])

        _maintained(cloud, approve)
        assert cloud.judged().verdict is Verdict.HOLDS
        for vm, waits in (("web-0", True), ("db-0", True), ("web-1", False), ("db-1", False)):
            (paused_ms,) = cloud.pauses(vm)
            steps = cloud.first_read[vm]
            host = next(each.host for each in FLEET.vms if each.name == vm)
            ids = {vars(e.fact)["event_id"] for e in cloud.seen if e.host == host}
            announced_ms = next(ms for ms, event_id, _ in steps if event_id in ids)
            assert (paused_ms - announced_ms >= NOTICE_MS) is waits


def test_a_controller_that_does_not_wait_is_caught_by_what_clients_saw() -> None:
    """The guard that keeps it waiting is switched off."""
    with _cloud(IMPATIENT) as cloud:
        cloud.world.maintain(cloud.poll_all)
        judgement = cloud.judged()
        broken = {each.property.name for each in judgement.properties if each.violations}
        assert broken == {"event_before_impact"}


def test_an_event_across_two_domains_is_caught_by_what_clients_saw() -> None:
    """The guard that keeps such a host from maintenance is off, and the service does not refuse."""
    with _cloud(MIXING, mixed_host(), tells_domains=False) as cloud:
        cloud.world.maintain(cloud.poll_all)
        shown = {each.event_id: each for each in cloud.service.desk.state.events.values()}
        assert [each.resources for each in shown.values()] == [("web-0", "web-1")]
        judgement = cloud.judged()
        broken = {each.property.name for each in judgement.properties if each.violations}
        assert broken == {"one_impact_per_event"}


def test_a_service_that_knows_domains_refuses_an_event_across_two() -> None:
    """So the runner ends before anything is paused, and clients are told of nothing."""
    with _cloud(MIXING, mixed_host()) as cloud:
        with pytest.raises(ScheduledEventsError, match="one update domain"):
            cloud.world.maintain(cloud.poll_all)
        assert cloud.poll("web-0") == []
        assert cloud.pauses("web-0") == []


def test_a_restart_of_controller_and_service_keeps_ids_and_incarnations() -> None:
    """Half way through a notice."""
    with _cloud() as cloud:
        runner = cloud.world.runner()
        runner.start()
        while not cloud.poll("web-0"):
            assert runner.step() is Standing.GOING_ON
        before = cloud.service.ask("web-0").json
        kept = to_json(cloud.service.desk.state)
        state = from_json(kept, placements_of(FLEET))
        desk = Desk(state, now_ms=cloud.world.time.wall_ms)
        cloud.world.notices = DeskNotices(desk, FLEET)
        listeners = [Listener("127.0.0.1", 0, vm=vm.name) for vm in FLEET.vms]
        with served(FLEET, desk, listeners, rate=RateLimit(NO_LIMIT)) as opened:
            cloud.service = Service(desk, {str(each.vm): each.port for each in opened})
            again = cloud.world.runner()
            again.start()
            assert cloud.service.ask("web-0").json == before
            _maintained(cloud, lambda *_: None)
        assert cloud.judged().verdict is Verdict.HOLDS


def test_guests_that_are_told_late_get_the_notice_that_they_are_told() -> None:
    """Nobody served events at first; half way through the notice somebody who does goes on.

    And is followed by another in turn, which must not count by the journal either.
    """
    with _cloud() as cloud:
        told, cloud.world.notices = cloud.world.notices, SilentNotices()
        runner = cloud.world.runner()
        runner.start()
        while not any(isinstance(each.fact, EventSeen) for each in cloud.world.kept):
            assert runner.step() is Standing.GOING_ON
        cloud.world.time.wait_ms(NOTICE_MS // 2)
        assert runner.step() is Standing.GOING_ON
        cloud.world.notices = told
        cloud.world.runner().start()
        (event,) = cloud.poll("web-0")
        assert event["EventStatus"] == "Scheduled"
        _maintained(cloud, lambda *_: None)
        assert cloud.judged().verdict is Verdict.HOLDS
