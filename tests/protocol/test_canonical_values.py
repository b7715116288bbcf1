"""Equal situations are equal values: what measures nothing stands at 0, and what counts is right.

Asked of every value in the explored cases, and along random walks through a fleet in which
everything may happen.
"""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freezeframe.checking.search.explorer import explore
from freezeframe.fleet import (
    CustomerActions,
    Faults,
    Fleet,
    OperatorActions,
    Tolerance,
    Update,
    UpdateKind,
    VirtualMachine,
)
from freezeframe.lifecycles import EventStatus, Holder, HostStatus, SetStatus, VmStatus
from freezeframe.protocol.components import (
    VM,
    AvailabilitySet,
    Budget,
    Component,
    Controller,
    Host,
    ScheduledEvent,
)
from freezeframe.protocol.language import Deadline, Duration
from freezeframe.protocol.policies import OneUpdateDomain, load_policy
from freezeframe.protocol.settings import Settings
from freezeframe.protocol.system import State, System
from tests.fleets import CASES, COARSE, LONG_NOTICE, A, B, C, span, two_sets


def everything() -> Fleet:
    """Two sets that share a host, VMs of every sort, and all that may happen, twice each."""
    more = (
        VirtualMachine("roamer", "b", may_move_to=("c",)),
        VirtualMachine("stubborn", "c", preservable=False),
        VirtualMachine("late", "a", exists=False),
    )
    return two_sets(
        hosts=(A, B, replace(C, update=UpdateKind.DISRUPTIVE)),
        vms=(*two_sets().vms, *more),
        timing=replace(COARSE, recovery=span(0, 5)),
        limits=LONG_NOTICE,
        update=Update(attempts=2),
        faults=Faults(*[2] * len(fields(Faults))),
        customer=CustomerActions(*[2] * len(fields(CustomerActions))),
        operator=OperatorActions(cancel=2),
        tolerance=Tolerance(1, 0, 1),
    )


@cache
def system() -> System:
    return System(everything(), OneUpdateDomain())


def assert_canonical(component: Component, settings: Settings) -> None:
    match component:
        case VM():
            assert_canonical_vm(component, settings)
        case Host():
            longest = settings.longest(Duration.UPDATE) + component.is_hung
            if component.status is HostStatus.ROLLING_BACK:
                longest = settings.longest(Duration.ROLLBACK)
            is_timed = component.status in {HostStatus.UPDATING, HostStatus.ROLLING_BACK}
            assert 0 <= component.in_phase <= (longest if is_timed else 0)
            assert not component.is_hung or component.status is HostStatus.UPDATING
            assert component.attempts_left >= 0
            assert component.intended is not component.status
        case AvailabilitySet():
            is_under_maintenance = component.status is SetStatus.MAINTAINING
            assert (component.hosts > 0) is is_under_maintenance
            assert (component.lane is not None) is is_under_maintenance
            is_timed = component.status is SetStatus.RECOVERING
            longest = settings.longest(Duration.RECOVERY) if is_timed else 0
            assert 0 <= component.in_phase <= longest
        case ScheduledEvent():
            is_timed = component.status in {EventStatus.SCHEDULED, EventStatus.STARTED}
            longest = settings.deadlines[Deadline.NOTICE] if is_timed else 0
            assert 0 <= component.announced_for <= longest
            assert not component.was_approved or component.status in {
                EventStatus.APPROVED,
                EventStatus.STARTED,
            }
        case Controller():
            longest = 0 if component.is_up else settings.longest(Duration.RESTART)
            assert 0 <= component.down_for <= longest


def assert_canonical_vm(vm: VM, settings: Settings) -> None:
    longest = 1 + max(settings.pause_limit, settings.longest(Duration.PAUSE))
    assert 0 <= vm.paused_for <= (longest if vm.was_paused_by_maintenance else 0)
    longest = {
        VmStatus.RESUMING: settings.longest(Duration.RESUME),
        VmStatus.RESUMED: settings.longest(Duration.CLOCK_SYNC) + (not vm.agent_answers),
    }.get(vm.status, 0)
    assert 0 <= vm.in_phase <= longest
    is_unseen = vm.seen is not vm.status
    assert 0 <= vm.unseen_for <= (settings.longest(Duration.POLL) if is_unseen else 0)
    held = {
        Holder.NOBODY: set(VmStatus) - {VmStatus.PAUSING, VmStatus.RESUMING, VmStatus.PAUSED},
        Holder.MAINTENANCE: {
            VmStatus.PAUSING,
            VmStatus.PAUSED,
            VmStatus.RESUMING,
            VmStatus.STOPPED,
        },
        Holder.OTHER: {VmStatus.PAUSED, VmStatus.STOPPED},
    }
    assert vm.status in held[vm.stopped_by]
    is_behind = {VmStatus.PAUSED, VmStatus.RESUMING, VmStatus.RESUMED}
    assert vm.clock_right or vm.status in is_behind
    assert not (vm.clock_right and vm.was_paused_by_maintenance and vm.status in is_behind)
    assert not vm.was_held_meanwhile or not (vm.clock_right or vm.was_paused_by_maintenance)
    assert vm.memory_intact or vm.status in {VmStatus.FAILED, VmStatus.ABSENT}
    told = {VmStatus.PAUSED, VmStatus.RESUMED, VmStatus.STOPPED, VmStatus.FAILED}
    assert vm.echo in {None, *told}


def assert_sound(system: System, state: State) -> None:
    """What must be so of several components together."""
    components = [slot.kind(value) for slot, value in zip(system.slots, state, strict=True)]
    by_label = dict(zip((slot.label for slot in system.slots), components, strict=True))
    for component in components:
        assert_canonical(component, system.settings)
    hosts = {each.name: by_label[each.name] for each in system.fleet.hosts}
    for slot, component in zip(system.slots, components, strict=True):
        if isinstance(component, AvailabilitySet):
            members = [vm for vm in system.fleet.vms if vm.availability_set == slot.names[0]]
            homes = {place for vm in members for place in (vm.host, *vm.may_move_to)}
            counted = [h for name, h in hosts.items() if name in homes]
            assert component.hosts == sum(h.is_under_maintenance for h in counted)  # type: ignore[attr-defined]
        if isinstance(component, ScheduledEvent):
            host = hosts[slot.names[0]]
            assert component.is_current is host.is_under_maintenance  # type: ignore[attr-defined]
            has_begun = host.is_under_maintenance and host.status is not HostStatus.SCHEDULED  # type: ignore[attr-defined]
            assert (component.status is EventStatus.STARTED) is has_begun


@pytest.mark.parametrize("name", CASES)
def test_every_value_of_every_case_is_canonical(name: str) -> None:
    case = CASES[name]
    found = System(case.fleet, load_policy(case.policy))
    tables = explore(found).tables
    for kind, numbering in tables.answers.numberings.items():
        for value in numbering.values:
            assert_canonical(kind(value), found.settings)


@settings(max_examples=25)
@given(st.data())
def test_along_random_walks_all_that_is_known_fits_together(data: st.DataObject) -> None:
    state = system().initial
    budgets = [i for i, slot in enumerate(system().slots) if slot.kind is Budget]
    for _ in range(data.draw(st.integers(1, 40), label="steps")):
        steps = list(system().steps(state))
        assert steps, "neither a step nor time is possible"
        chosen = data.draw(st.integers(0, len(steps) - 1), label="which")
        after = steps[chosen].state
        assert_sound(system(), after)
        for slot in budgets:
            assert 0 <= Budget(after[slot]).left <= Budget(state[slot]).left
        state = after


def test_nothing_stands_still_where_nothing_is_left_to_be_measured() -> None:
    """Time that passes in an idle fleet changes nothing, so that the space is finite."""
    assert system().apply(system().initial, None) == system().initial
