"""Rules are about those who are related, and about nobody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from freezeframe.fleet import Faults, Fleet, Limits, UpdateKind, VirtualMachine
from freezeframe.fleet import Host as FleetHost
from freezeframe.lifecycles import VmStatus
from freezeframe.protocol.components import (
    VM,
    Alarm,
    AvailabilitySet,
    Controller,
    Host,
    ScheduledEvent,
)
from freezeframe.protocol.policies import OneFaultDomain, OneUpdateDomain, Policy
from freezeframe.protocol.topology import Attempts, Destination, Lanes, Seat, Topology
from tests.fleets import A, B, V, one_set, one_vm, two_sets


def topology(fleet: Fleet, policy: Policy | None = None) -> Topology:
    return Topology(fleet, (policy or OneUpdateDomain()).lane)


def tuples(found: Topology, function: Callable[..., Any]) -> list[tuple[object, ...]]:
    """The arguments of each grounding: names of components, and constants as they are."""
    return [
        tuple(
            found.slots[grounding.slots[int(str(value))]].label if is_slot else value
            for is_slot, value in grounding.arguments
        )
        for grounding in found.ground(function)
    ]


def movable() -> Fleet:
    """A VM that may be on a or on b, and one that stays on b."""
    vms = (replace(V, may_move_to=("b",)), VirtualMachine("w", "b"))
    return one_vm(hosts=(A, B), vms=vms)


def host_and_vm(host: Host, vm: VM) -> None: ...
def host_and_set(host: Host, availability_set: AvailabilitySet) -> None: ...
def host_and_event(host: Host, event: ScheduledEvent) -> None: ...
def vm_and_set(vm: VM, availability_set: AvailabilitySet) -> None: ...
def vm_and_event(vm: VM, event: ScheduledEvent) -> None: ...
def set_and_event(availability_set: AvailabilitySet, event: ScheduledEvent) -> None: ...
def two_vms(vm: VM, other: VM) -> None: ...
def everywhere(controller: Controller, alarm: Alarm, vm: VM) -> None: ...
def a_move(host: Host, vm: VM, destination: Destination, seat: Seat) -> None: ...
def lanes_of(host: Host, availability_set: AvailabilitySet, lanes: Lanes) -> None: ...
def kind_of(host: Host, vm: VM, kind: UpdateKind) -> None: ...
def limits_of(vm: VM, limits: Limits) -> None: ...
def attempts_of(host: Host, attempts: Attempts) -> None: ...
def mistaken(host: Host, colour: str) -> None: ...


SHARED_HOST = {
    host_and_vm: [
        ("a", "web-0"),
        ("a", "db-0"),
        ("b", "web-1"),
        ("c", "db-1"),
    ],
    host_and_set: [("a", "web"), ("a", "db"), ("b", "web"), ("c", "db")],
    host_and_event: [("a", "a/web"), ("a", "a/db"), ("b", "b/web"), ("c", "c/db")],
    vm_and_set: [("web-0", "web"), ("web-1", "web"), ("db-0", "db"), ("db-1", "db")],
    vm_and_event: [
        ("web-0", "a/web"),
        ("web-1", "b/web"),
        ("db-0", "a/db"),
        ("db-1", "c/db"),
    ],
    set_and_event: [("web", "a/web"), ("web", "b/web"), ("db", "a/db"), ("db", "c/db")],
    everywhere: [("controller", "alarm", vm) for vm in ("web-0", "web-1", "db-0", "db-1")],
}


@pytest.mark.parametrize("function", SHARED_HOST)
def test_who_is_related_where_two_sets_share_a_host(function: Callable[..., Any]) -> None:
    assert tuples(topology(two_sets()), function) == SHARED_HOST[function]


def test_pairs_of_vms_are_counted_once() -> None:
    found = tuples(topology(two_sets()), two_vms)
    assert len(found) == 6
    assert len({frozenset(pair) for pair in found}) == 6


def test_a_vm_is_related_to_every_host_that_it_may_be_on() -> None:
    assert tuples(topology(movable()), host_and_vm) == [("a", "v"), ("b", "v"), ("b", "w")]
    assert tuples(topology(movable()), vm_and_event) == [("v", "a/v"), ("v", "b/v"), ("w", "b/w")]


def test_what_holds_for_a_vm_on_a_host_counts_only_while_it_is_there() -> None:
    found = topology(movable())
    seats = [(found.slots[g.slots[1]].label, g.seats) for g in found.ground(host_and_vm)]
    assert seats == [("v", ((1, 0),)), ("v", ((1, 1),)), ("w", ())]
    events = [g.seats for g in found.ground(vm_and_event)]
    assert events == [((0, 0),), ((0, 1),), ()]


def test_a_move_leads_to_another_host_and_knows_which_seat_that_is() -> None:
    found = topology(movable())
    assert tuples(found, a_move) == [("a", "v", "b", 1), ("b", "v", "a", 0)]
    # Where it comes from is where it has to be; where it goes to is not.
    assert [g.seats for g in found.ground(a_move)] == [((1, 0),), ((1, 1),)]


def test_lanes_are_update_domains_or_fault_domains() -> None:
    fleet = one_set(hosts=(A, replace(B, fault_domain=2)))
    assert tuples(topology(fleet), lanes_of) == [
        ("a", "web", frozenset({0})),
        ("b", "web", frozenset({1})),
    ]
    assert tuples(topology(fleet, OneFaultDomain()), lanes_of) == [
        ("a", "web", frozenset({0})),
        ("b", "web", frozenset({2})),
    ]


def test_a_host_that_may_come_to_carry_a_domain_has_it_among_its_lanes() -> None:
    vms = one_set().vms
    fleet = one_set(vms=(replace(vms[0], may_move_to=("b",)), vms[1]))
    assert tuples(topology(fleet), lanes_of) == [
        ("a", "web", frozenset({0})),
        ("b", "web", frozenset({0, 1})),
    ]


@pytest.mark.parametrize("of_fleet", UpdateKind)
@pytest.mark.parametrize("of_host", [None, *UpdateKind])
@pytest.mark.parametrize("preservable", [True, False])
def test_an_update_is_of_the_hosts_kind_unless_the_vm_cannot_be_preserved(
    *, of_fleet: UpdateKind, of_host: UpdateKind | None, preservable: bool
) -> None:
    fleet = one_vm(hosts=(replace(A, update=of_host),), vms=(replace(V, preservable=preservable),))
    fleet = replace(fleet, update=replace(fleet.update, kind=of_fleet))
    kind = of_host or of_fleet
    if kind is UpdateKind.VM_PRESERVING and not preservable:
        kind = UpdateKind.DISRUPTIVE
    assert tuples(topology(fleet), kind_of) == [("a", "v", kind)]


def test_constants_of_the_fleet() -> None:
    fleet = one_vm(limits=Limits(pause_ms=7_000))
    assert tuples(topology(fleet), limits_of) == [("v", Limits(pause_ms=7_000))]
    assert tuples(topology(fleet), attempts_of) == [("a", 1)]


def test_a_parameter_that_is_nothing_known_is_refused() -> None:
    with pytest.raises(TypeError, match="expected a component, UpdateKind, Lanes"):
        tuples(topology(one_vm()), mistaken)


def test_given_components_are_not_chosen_again() -> None:
    found = topology(two_sets())
    b = next(i for i, slot in enumerate(found.slots) if slot.label == "b")
    assert [g.slots[0] for g in found.ground(host_and_vm, {"host": b})] == [b]


def test_there_is_a_component_for_everything_that_a_fleet_has() -> None:
    fleet = two_sets(faults=Faults(vm_crash=1, power_loss=2))
    labels = [slot.label for slot in topology(fleet).slots]
    assert labels == [
        *("a", "b", "c"),
        *("web-0", "web-1", "db-0", "db-1"),
        *("web", "db"),
        *("a/web", "a/db", "b/web", "c/db"),
        *("alarm", "controller"),
        *("vm crash", "power loss"),
    ]
    assert topology(fleet).budgets == {"vm_crash": 1, "power_loss": 2}


def test_nobody_is_told_of_an_update_without_impact() -> None:
    quiet = FleetHost("q", update=UpdateKind.NO_IMPACT)
    slots = topology(one_vm(hosts=(quiet,), vms=(VirtualMachine("v", "q"),))).slots
    assert not any(slot.kind is ScheduledEvent for slot in slots)


def test_a_set_without_vms_has_nothing_to_wait_for() -> None:
    slots = topology(one_set(vms=(V,), hosts=(A,))).slots
    assert not any(slot.kind is AvailabilitySet for slot in slots)


def test_a_vm_in_no_set_is_a_tenant_of_its_own() -> None:
    found = topology(two_sets(vms=(*two_sets().vms, V)))
    assert found.tenant("v") == "v"
    assert found.tenant("db-1") == "db"


def test_a_vm_that_does_not_exist_yet_begins_as_absent() -> None:
    slots = topology(one_vm(vms=(replace(V, exists=False),))).slots
    vm = next(VM(slot.initial) for slot in slots if slot.kind is VM)
    assert (vm.status, vm.seen) == (VmStatus.ABSENT, VmStatus.ABSENT)
