"""What happens to events, and what their tenants are shown of it."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freezeframe.lifecycles import EventStatus
from freezeframe.scheduled_events import (
    MINIMUM_NOTICE_MS,
    Announce,
    Approve,
    Call,
    Cancel,
    Change,
    Complete,
    EventType,
    Fail,
    Revise,
    ScheduledEventsError,
    Start,
    State,
    apply,
)

from .happenings import NOON_MS, PLACEMENTS, after, beginning, incarnation, shown

DAY_MS = 24 * 3600 * 1000
FREEZE = Announce("host-a", ("web-0",), duration_seconds=5)
OTHERS = Announce("host-a", ("db-0",), duration_seconds=5)


def _ids(state: State, tenant: str) -> tuple[str, ...]:
    return tuple(event["EventId"] for event in shown(state, tenant))


@pytest.mark.parametrize("event_type", EventType)
def test_gives_each_type_its_minimum_notice(event_type: EventType) -> None:
    """The event starts then, without approval, and not a millisecond before."""
    state = after(beginning(), Announce("host-a", ("alone",), event_type))
    published = {"Freeze": 900, "Reboot": 900, "Redeploy": 600, "Preempt": 30, "Terminate": 300}
    due_ms = NOON_MS + published[event_type] * 1000
    assert MINIMUM_NOTICE_MS[event_type] == published[event_type] * 1000
    with pytest.raises(ScheduledEventsError, match="1 ms of it left"):
        apply(state, Start("host-a"), due_ms - 1)
    assert shown(apply(state, Start("host-a"), due_ms), "alone")[0]["EventStatus"] == "Started"


def test_keeps_the_notice_and_what_is_shown_of_it_where_seconds_are_split() -> None:
    """`NotBefore` has no fractions: an event starts then or a moment later."""
    state = apply(beginning(), Announce("host-a", ("alone",), notice_ms=1_200), NOON_MS + 500)
    assert shown(state, "alone")[0]["NotBefore"] == "Mon, 19 Sep 2016 12:00:01 GMT"
    assert not state.is_ready("host-a", NOON_MS + 1_699)
    assert state.is_ready("host-a", NOON_MS + 1_700)


def test_keeps_the_id_until_the_event_is_gone_and_never_uses_it_again() -> None:
    """Clients key their recovery on it, and take its disappearance for the end."""
    state = after(beginning(), FREEZE)
    first = _ids(state, "web")
    UUID(first[0])
    state = after(state, Approve("web-0", first))
    assert _ids(state, "web") == first
    state = after(state, Start("host-a"))
    assert _ids(state, "web") == first
    state = after(state, Complete("host-a"))
    assert _ids(state, "web") == ()
    assert _ids(after(state, FREEZE), "web") != first


def test_shows_the_whole_set_and_nobody_else_the_event() -> None:
    """All VMs of the availability set see it, whichever are hit."""
    state = after(beginning(), FREEZE)
    assert [event["Resources"] for event in shown(state, "web")] == [["web-0"]]
    assert shown(state, "db") == shown(state, "alone") == []


def test_one_approval_is_for_all_resources_and_may_come_from_any_vm_of_the_set() -> None:
    """Here from one that is not hit itself."""
    state = after(beginning(), Announce("host-a", ("web-0", "web-2")))
    state = after(state, Approve("web-1", _ids(state, "web")), Start("host-a"))
    assert shown(state, "web")[0]["Resources"] == ["web-0", "web-2"]
    assert shown(state, "web")[0]["EventStatus"] == "Started"


def test_approves_several_events_in_one_request() -> None:
    """Ids are taken in either case."""
    state = after(beginning(), FREEZE, Announce("host-b", ("web-1",)))
    one, two = _ids(state, "web")
    state = after(state, Approve("web-0", (one.lower(), two)))
    assert state.is_ready("host-a", NOON_MS)
    assert state.is_ready("host-b", NOON_MS)


def test_a_shared_host_waits_for_all_tenants_or_the_notice() -> None:
    """One tenant's haste must not cost another its notice."""
    state = after(beginning(), FREEZE, OTHERS)
    state = after(state, Approve("web-0", _ids(state, "web")))
    with pytest.raises(ScheduledEventsError, match="the approval of db"):
        after(state, Start("host-a"))
    assert shown(state, "web")[0]["EventStatus"] == "Scheduled"
    assert after(state, Start("host-a"), at_ms=NOON_MS + 900_000)
    approved = after(state, Approve("db-0", _ids(state, "db")), Start("host-a"))
    assert shown(approved, "web")[0]["EventStatus"] == "Started"


def test_approvals_that_are_repeated_late_unknown_or_foreign_change_nothing() -> None:
    """They are accepted all the same, and tell nothing of other tenants."""
    state = after(beginning(), FREEZE, OTHERS, Call("web-0"), Call("db-0"))
    mine, foreign = _ids(state, "web"), _ids(state, "db")
    assert after(state, Approve("web-0", foreign)) == state
    approved = after(state, Approve("web-0", mine))
    assert after(approved, Approve("web-0", (*mine, *mine, str(UUID(int=1))))) == approved
    over = after(approved, Approve("db-0", foreign), Start("host-a"), Complete("host-a"))
    late = after(over, Approve("web-0", mine))
    assert shown(late, "web") == []
    assert late.editions == over.editions


def test_a_cancelled_event_disappears_without_having_started() -> None:
    """Once it has started it cannot be cancelled any more."""
    state = after(beginning(), FREEZE)
    cancelled = after(state, Cancel("host-a"))
    assert shown(cancelled, "web") == []
    started = after(state, Approve("web-0", _ids(state, "web")), Start("host-a"))
    with pytest.raises(ScheduledEventsError, match="complete in state 'started', found 'cancel'"):
        after(started, Cancel("host-a"))


def test_failed_hardware_starts_at_once() -> None:
    """It was never scheduled, and is a reboot."""
    event = shown(after(beginning(), Fail("host-a", ("web-0",))), "web")[0]
    assert (event["EventStatus"], event["EventType"]) == ("Started", "Reboot")
    assert event["NotBefore"] == ""


def test_a_started_event_may_turn_out_otherwise() -> None:
    """A second, shorter impact follows; a reboot was but a freeze. The event stays the same."""
    state = after(beginning(), Call("web-0"), Fail("host-a", ("web-0",)))
    before = shown(state, "web")[0]
    state = after(state, Revise("host-a", type=EventType.FREEZE, duration_seconds=2))
    event = shown(state, "web")[0]
    assert (event["EventType"], event["DurationInSeconds"]) == ("Freeze", 2)
    assert (event["EventId"], event["EventStatus"]) == (before["EventId"], "Started")
    assert incarnation(state, "web") == 3


def test_the_first_call_enables_and_a_day_without_one_disables() -> None:
    """Then the incarnation begins anew. Source of the reset: azure-events-az, its comments."""
    state = after(beginning(), FREEZE)
    assert incarnation(state, "web") == 0
    state = after(state, Call("web-1"))
    assert incarnation(state, "web") == 1
    state = after(state, Cancel("host-a"), FREEZE)
    assert incarnation(state, "web") == 3
    kept = apply(state, Call("web-0"), NOON_MS + DAY_MS)
    assert incarnation(kept, "web") == 3
    assert incarnation(apply(state, Call("web-0"), NOON_MS + DAY_MS + 60_000), "web") == 1


def test_a_poll_changes_nothing_that_must_be_written_down() -> None:
    """Else a thousand VMs that poll would each write a journal entry a second."""
    state = after(beginning(), Call("web-0"))
    assert apply(state, Call("web-0"), NOON_MS + 59_999) is state


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        (("web-0", "web-1"), "one update domain .* domains 0, 1"),
        (("web-0", "db-0"), "one tenant .* db, web"),
        (("web-0", "web-0"), "different VMs"),
        (("nobody",), "VMs of the fleet, found nobody"),
        ((), "found none"),
    ],
)
def test_refuses_resources_that_do_not_belong_together(
    resources: tuple[str, ...], expected: str
) -> None:
    """`Resources` never spans two update domains, nor two tenants."""
    with pytest.raises(ScheduledEventsError, match=expected):
        after(beginning(), Announce("host-a", resources))


def test_refuses_to_announce_twice_or_to_move_what_is_not_there() -> None:
    """The lifecycle has no such rows."""
    with pytest.raises(ScheduledEventsError, match="found 'announce'"):
        after(beginning(), FREEZE, FREEZE)
    for change in (Start("host-a"), Complete("host-a"), Cancel("host-a"), Revise("host-a")):
        with pytest.raises(ScheduledEventsError, match="host-a: expected an event"):
            after(beginning(), change)
    with pytest.raises(ScheduledEventsError, match="notice of 0 ms or more, found -1"):
        after(beginning(), Announce("host-a", ("alone",), notice_ms=-1))


def test_takes_an_id_that_it_is_given_if_it_is_new() -> None:
    """A runner keeps its own, so that they are the same after a restart."""
    mine = "c7061bac-afdc-4513-b24b-aa5f13a16123"
    state = after(beginning(), Announce("host-a", ("alone",), event_id=mine))
    assert _ids(state, "alone") == (mine.upper(),)
    for bad in (mine, "host-a/alone"):
        with pytest.raises(ScheduledEventsError, match="expected a new GUID"):
            after(state, Announce("host-b", ("db-0",), event_id=bad))


def test_starts_and_ends_one_tenants_event_if_asked() -> None:
    """And starts it early if whoever does so kept the notice by a clock of its own."""
    state = after(beginning(), FREEZE, OTHERS)
    state = after(state, Start("host-a", "web", is_due=True))
    assert shown(state, "web")[0]["EventStatus"] == "Started"
    assert shown(state, "db")[0]["EventStatus"] == "Scheduled"
    state = after(state, Complete("host-a", "web"))
    assert shown(state, "web") == []
    with pytest.raises(ScheduledEventsError, match="an event of web"):
        after(state, Cancel("host-a", "web"))


_OCCASIONS = st.sampled_from(["host-a", "host-b"])
_VMS = st.sampled_from(sorted(PLACEMENTS))
_CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(Announce, _OCCASIONS, _VMS.map(lambda vm: (vm,)), st.sampled_from(EventType)),
    st.builds(Fail, _OCCASIONS, _VMS.map(lambda vm: (vm,))),
    st.builds(Start, _OCCASIONS),
    st.builds(Complete, _OCCASIONS),
    st.builds(Cancel, _OCCASIONS),
    st.builds(Revise, _OCCASIONS, duration_seconds=st.integers(-1, 3)),
    st.builds(Call, _VMS),
)


@given(st.lists(st.tuples(_CHANGES, st.integers(0, 1_000_000)), max_size=40), st.data())
def test_an_incarnation_is_new_just_when_the_document_is(
    happenings: list[tuple[Change, int]], data: st.DataObject
) -> None:
    """For every tenant that called, after whatever happened; refused changes change nothing."""
    state, now_ms = after(beginning(), *map(Call, PLACEMENTS)), NOON_MS
    for happening, pause_ms in happenings:
        now_ms += pause_ms
        change = happening
        if ids := [event.event_id for event in state.events.values()]:
            vms = data.draw(st.sampled_from([None, *PLACEMENTS]))
            approved = data.draw(st.lists(st.sampled_from(ids), max_size=2).map(tuple))
            change = Approve(vms, approved) if vms else change
        try:
            then = apply(state, change, now_ms)
        except ScheduledEventsError:
            continue
        for tenant in {each.tenant for each in PLACEMENTS.values()}:
            is_new = shown(then, tenant) != shown(state, tenant)
            assert incarnation(then, tenant) - incarnation(state, tenant) == is_new
        state = then


def test_an_approved_event_is_shown_as_scheduled() -> None:
    """The document has no word for approved, so it does not change."""
    state = after(beginning(), Call("web-0"), FREEZE)
    approved = after(state, Approve("web-0", _ids(state, "web")))
    assert approved.events["host-a", "web"].status is EventStatus.APPROVED
    assert shown(approved, "web") == shown(state, "web")
    assert incarnation(approved, "web") == incarnation(state, "web")
