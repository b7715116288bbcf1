"""Observers see what there is to see, and nothing of what the controller believes."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freezeframe.lifecycles import EventStatus, Holder, HostStatus, VmStatus
from freezeframe.observation import EventView, HostView, StageView, UnitView, VmView
from freezeframe.protocol.components import (
    VM,
    Alarm,
    AvailabilitySet,
    Budget,
    Component,
    Controller,
    Host,
    ScheduledEvent,
    Value,
)
from freezeframe.protocol.settings import settings_of, standard_deadlines_ms
from freezeframe.protocol.views import VIEWED, view_of
from tests.fleets import one_vm

SETTINGS = settings_of(one_vm(), standard_deadlines_ms(one_vm()))
VIEWS: dict[Any, type[Component]] = {
    VmView: VM,
    HostView: Host,
    EventView: ScheduledEvent,
}
BELIEFS: dict[str, st.SearchStrategy[Any]] = {
    "seen": st.sampled_from(VmStatus),
    "unseen_for": st.integers(0, 5),
    "is_deaf": st.booleans(),
    "echo": st.sampled_from([None, VmStatus.PAUSED, VmStatus.STOPPED]),
    "in_phase": st.integers(0, 5),
    "holder": st.sampled_from(Holder),
    "agent_answers": st.booleans(),
}
"""What a VM's component holds that nobody outside the model can know."""


def shown(view: type, component: Component) -> dict[str, Any]:
    """All that a view tells."""
    members = {name: member for base in view.__mro__ for name, member in vars(base).items()}
    names = [name for name, member in members.items() if isinstance(member, property)]
    filled = view_of(component, SETTINGS)
    return {name: getattr(filled, name) for name in names}


def value_of(kind: type[Component], initial: Value, **fields: Any) -> Value:
    return kind.frozen(**{**dict(zip(kind.FIELDS, initial, strict=True)), **fields})


def vm(**fields: Any) -> VM:
    return VM(value_of(VM, VM.initial(VmStatus.RUNNING), **fields))


def test_each_view_is_filled_by_one_component_and_those_of_units_and_stages_by_two() -> None:
    one_each = {view: (kind,) for view, kind in VIEWS.items()}
    assert dict(VIEWED) == {
        **one_each,
        UnitView: (Host, VM),
        StageView: (Host, ScheduledEvent),
    }


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_tells_all_that_it_has_to(view: type) -> None:
    initial: dict[Any, Value] = {
        VmView: VM.initial(VmStatus.RUNNING),
        HostView: Host.initial(1),
        EventView: ScheduledEvent.initial(),
    }
    assert len(shown(view, VIEWS[view](initial[view]))) >= 1


@pytest.mark.parametrize("kind", [Alarm, AvailabilitySet, Controller, Budget])
def test_what_is_inside_the_controller_has_no_view(kind: type[Component]) -> None:
    with pytest.raises(KeyError):
        view_of(kind(()), SETTINGS)


@given(st.data(), st.sampled_from(VmStatus), st.sampled_from(Holder))
def test_what_the_controller_believes_cannot_be_seen(
    data: st.DataObject, status: VmStatus, holder: Holder
) -> None:
    """Two VMs that differ only in that look the same."""
    one, other = (
        vm(
            status=status,
            stopped_by=holder,
            **{name: data.draw(each) for name, each in BELIEFS.items()},
        )
        for _ in range(2)
    )
    assert shown(VmView, one) == shown(VmView, other)


@pytest.mark.parametrize(("status", "holder"), list(product(VmStatus, Holder)))
def test_a_vm_is_down_for_whoever_keeps_it_down(status: VmStatus, holder: Holder) -> None:
    found = shown(VmView, vm(status=status, stopped_by=holder))
    ours = holder is Holder.MAINTENANCE
    assert found["is_down_for_maintenance"] is ours
    is_pause = status in {VmStatus.PAUSING, VmStatus.PAUSED, VmStatus.RESUMING}
    assert found["is_paused_for_maintenance"] is (ours and is_pause)
    assert found["is_running"] is (status in {VmStatus.RUNNING, VmStatus.RESUMED})
    assert found["is_resumed_for_another"] is (holder is Holder.OTHER and found["is_running"])


def test_durations_are_told_in_seconds() -> None:
    assert SETTINGS.tick_ms == 5_000
    assert shown(VmView, vm(paused_for=3))["paused_seconds"] == 15.0
    event = ScheduledEvent(
        value_of(
            ScheduledEvent,
            ScheduledEvent.initial(),
            status=EventStatus.SCHEDULED,
            announced_for=1,
        )
    )
    assert shown(EventView, event)["announced_seconds"] == 5.0


@pytest.mark.parametrize("status", EventStatus)
def test_an_event_is_shown_from_its_announcement_to_its_end(status: EventStatus) -> None:
    event = ScheduledEvent(value_of(ScheduledEvent, ScheduledEvent.initial(), status=status))
    found = shown(EventView, event)
    assert found["is_current"] is (
        status in {EventStatus.SCHEDULED, EventStatus.APPROVED, EventStatus.STARTED}
    )
    assert found["is_begun"] is found["is_current"]
    assert found["is_started"] is (status is EventStatus.STARTED)


@pytest.mark.parametrize("status", HostStatus)
def test_a_host_is_in_service_or_not(status: HostStatus) -> None:
    host = Host(value_of(Host, Host.initial(1), status=status))
    found = shown(HostView, host)
    assert found["is_in_service"] is (status is HostStatus.IN_SERVICE)
    assert found["is_begun"] is (status not in {HostStatus.IN_SERVICE, HostStatus.OUT_OF_SERVICE})
    assert found["is_started"] is (found["is_begun"] and status is not HostStatus.SCHEDULED)


@given(st.booleans(), st.booleans())
def test_marks_are_told_as_they_are(first: bool, second: bool) -> None:  # noqa: FBT001 (drawn)
    marks = {"memory_intact": first, "clock_right": second, "was_held_meanwhile": first}
    found = shown(VmView, vm(**marks, has_failed=first))
    assert found["was_held_meanwhile"] is first
    assert (found["memory_is_intact"], found["clock_is_right"]) == (first, second)
    assert found["has_failed"] is first
    host = Host(value_of(Host, Host.initial(1), has_new_software=first, has_failed=second))
    assert shown(HostView, host)["has_new_software"] is first
    assert shown(HostView, host)["has_failed"] is second


@pytest.mark.parametrize("status", HostStatus)
def test_a_host_is_settled_once_it_is_back_with_the_new_software(status: HostStatus) -> None:
    for is_new in (False, True):
        host = Host(value_of(Host, Host.initial(1), status=status, has_new_software=is_new))
        expected = is_new and status is HostStatus.IN_SERVICE
        assert shown(HostView, host)["is_settled"] is expected


@pytest.mark.parametrize(
    ("fields", "is_settled"),
    [
        ({}, True),
        ({"status": VmStatus.STOPPED, "stopped_by": Holder.OTHER}, True),
        ({"status": VmStatus.STOPPED, "stopped_by": Holder.MAINTENANCE}, False),
        ({"status": VmStatus.PAUSED, "stopped_by": Holder.MAINTENANCE}, False),
        ({"status": VmStatus.RESUMED, "clock_right": False}, False),
        ({"status": VmStatus.FAILED, "memory_intact": False}, True),
    ],
)
def test_a_vm_is_settled_once_maintenance_owes_it_nothing(
    fields: dict[str, Any],
    is_settled: bool,  # noqa: FBT001 (a row of a table)
) -> None:
    assert shown(VmView, vm(**fields))["is_settled"] is is_settled
