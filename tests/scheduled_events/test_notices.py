"""What a runner tells of its events is what guests are shown, and their approvals reach it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from freezeframe.fleet import Fleet, Host, Limits, Span, Timing, Update, UpdateKind, VirtualMachine
from freezeframe.lifecycles import EventStatus
from freezeframe.observation import EventSeen
from freezeframe.scheduled_events import Approve, ScheduledEventsError, from_json, to_json
from freezeframe.scheduled_events.desk import Desk
from freezeframe.scheduled_events.notices import DeskNotices

from .happenings import NOON_MS, PLACEMENTS, beginning, shown

ID = "C7061BAC-AFDC-4513-B24B-AA5F13A16123"
FLEET = Fleet(
    "small",
    (Host("host-a"), Host("host-b", update=UpdateKind.DISRUPTIVE)),
    (
        VirtualMachine("web-0", "host-a", "web", 0),
        VirtualMachine("web-1", "host-b", "web", 1),
        VirtualMachine("alone", "host-a", preservable=False),
        VirtualMachine("db-0", "host-b", "db", 0),
    ),
    limits=Limits(notice_ms=10_000),
    timing=Timing(pause=Span(0, 1_000), update=Span(0, 15_000), resume=Span(0, 1_001)),
)


class _Runner:
    """A runner's hands, and the clock of the service, which the test sets."""

    def __init__(self) -> None:
        self.now_ms = NOON_MS
        self.desk = Desk(beginning(), now_ms=lambda: self.now_ms)
        self.notices = DeskNotices(self.desk, FLEET)

    def tell(self, status: EventStatus, event_id: str = ID) -> list[dict[str, Any]]:
        """Tell of an event of web-0's tenant; returns what that is shown."""
        self.notices.show("host-a", ["web-0"], EventSeen("web", event_id, status))
        return shown(self.desk.state, "web")


def test_shows_an_event_through_its_life() -> None:
    """With the runner's id, and never a start before `NotBefore`."""
    runner = _Runner()
    (event,) = runner.tell(EventStatus.SCHEDULED)
    assert (event["EventId"], event["Resources"], event["EventType"]) == (ID, ["web-0"], "Freeze")
    assert event["NotBefore"] == "Mon, 19 Sep 2016 12:00:09 GMT"
    assert event["DurationInSeconds"] == 18
    (event,) = runner.tell(EventStatus.STARTED)
    assert (event["EventId"], event["EventStatus"]) == (ID, "Started")
    assert runner.tell(EventStatus.COMPLETED) == []


def test_tells_a_runner_how_long_a_tenant_may_still_count_on() -> None:
    """By the `NotBefore` that it was told, however often and when it is told of it again."""
    runner = _Runner()
    event = EventSeen("web", ID, EventStatus.SCHEDULED)
    assert runner.notices.show("host-a", ["web-0"], event) == 9_000
    runner.now_ms += 4_000
    assert runner.notices.show("host-a", ["web-0"], event) == 5_000
    assert runner.notices.show("host-b", [], event) == 0


def test_hears_of_approvals_until_the_runner_takes_them() -> None:
    """Those of events that have started are of no use to it."""
    runner = _Runner()
    runner.tell(EventStatus.SCHEDULED)
    assert runner.notices.approved() == frozenset()
    runner.desk.apply(Approve("web-1", (ID.lower(),)))
    assert runner.notices.approved() == {ID}
    assert runner.tell(EventStatus.APPROVED)[0]["EventStatus"] == "Scheduled"
    runner.tell(EventStatus.STARTED)
    assert runner.notices.approved() == frozenset()


def test_takes_the_same_again_for_nothing_new() -> None:
    """As after a restart of the runner, at every point."""
    runner = _Runner()
    for status in (
        EventStatus.SCHEDULED,
        EventStatus.APPROVED,
        EventStatus.STARTED,
        EventStatus.COMPLETED,
    ):
        runner.tell(status)
        before = runner.desk.state
        runner.now_ms += 5_000
        runner.tell(status)
        assert runner.desk.state == before


def test_an_event_that_ended_meanwhile_is_not_begun_anew() -> None:
    """Cancelled, or told of only once it was over."""
    runner = _Runner()
    runner.tell(EventStatus.SCHEDULED)
    assert runner.tell(EventStatus.CANCELLED) == []
    assert runner.tell(EventStatus.COMPLETED, "C7061BAC-AFDC-4513-B24B-AA5F13A16124") == []


def test_a_service_that_lost_its_state_is_told_again() -> None:
    """The runner's journal has the ids; also of an event that has started."""
    runner = _Runner()
    (event,) = runner.tell(EventStatus.STARTED)
    assert (event["EventId"], event["EventStatus"]) == (ID, "Started")


def test_a_restart_of_both_keeps_notice_time_and_approval() -> None:
    """The state is kept, the runner tells the same again."""
    runner = _Runner()
    runner.tell(EventStatus.SCHEDULED)
    runner.desk.apply(Approve("web-0", (ID,)))
    again = _Runner()
    again.desk = Desk(from_json(to_json(runner.desk.state), PLACEMENTS))
    again.notices = DeskNotices(again.desk, FLEET)
    assert again.tell(EventStatus.SCHEDULED)[0]["NotBefore"] == "Mon, 19 Sep 2016 12:00:09 GMT"
    assert again.notices.approved() == {ID}


def test_refuses_resources_of_two_update_domains() -> None:
    """Before anything is paused."""
    runner = _Runner()
    event = EventSeen("web", ID, EventStatus.SCHEDULED)
    with pytest.raises(ScheduledEventsError, match="one update domain"):
        runner.notices.show("host-a", ["web-0", "web-1"], event)


@pytest.mark.parametrize(("host", "vm"), [("host-a", "alone"), ("host-b", "db-0")])
def test_announces_a_reboot_where_nothing_is_preserved(host: str, vm: str) -> None:
    """A VM of another series, or any VM beneath a disruptive update."""
    runner = _Runner()
    tenant = PLACEMENTS[vm].tenant
    runner.notices.show(host, [vm], EventSeen(tenant, ID, EventStatus.SCHEDULED))
    (event,) = shown(runner.desk.state, tenant)
    assert (event["EventType"], event["DurationInSeconds"]) == ("Reboot", -1)


def test_announces_no_interruption_where_there_is_none() -> None:
    """Zero seconds say so. Source: Azure's Scheduled Events page, event properties."""
    runner = _Runner()
    runner.notices = DeskNotices(runner.desk, replace(FLEET, update=Update(UpdateKind.NO_IMPACT)))
    (event,) = runner.tell(EventStatus.SCHEDULED)
    assert (event["EventType"], event["DurationInSeconds"]) == ("Freeze", 0)


def test_an_event_without_resources_is_shown_to_nobody() -> None:
    """A tenant whose VMs have left the host meanwhile."""
    runner = _Runner()
    runner.notices.show("host-a", [], EventSeen("web", ID, EventStatus.SCHEDULED))
    runner.notices.show("host-a", [], EventSeen("web", ID, EventStatus.STARTED))
    assert shown(runner.desk.state, "web") == []


@pytest.mark.parametrize("status", [EventStatus.SCHEDULED, EventStatus.STARTED])
def test_an_event_that_an_earlier_maintenance_left_makes_room(status: EventStatus) -> None:
    """Its journal is gone, so nobody else will ever end it."""
    runner = _Runner()
    runner.tell(status)
    other = "C7061BAC-AFDC-4513-B24B-AA5F13A16124"
    (event,) = runner.tell(EventStatus.SCHEDULED, other)
    assert (event["EventId"], event["EventStatus"]) == (other, "Scheduled")
