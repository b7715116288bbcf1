"""A fleet that cannot be maintained at all is refused, with the reason and what would help."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

import pytest

from freezeframe.fleet import AvailabilitySet, Fleet, Host, VirtualMachine
from freezeframe.maintenance.planning import PlanError, plan
from freezeframe.protocol.policies import OneUpdateDomain, Policy, load_policy
from tests.maintenance.random_fleets import random_fleet

TWISTED = Fleet(
    "twisted",
    (Host("a"), Host("b"), Host("c")),
    (
        VirtualMachine("v0", "a", "web", 0),
        VirtualMachine("v1", "a", "web", 1),
        VirtualMachine("v2", "b", "web", 1),
        VirtualMachine("v3", "a", "web", 0),
    ),
    (AvailabilitySet("web"),),
)


def test_a_host_with_two_domains_of_a_set_is_refused_with_what_would_help() -> None:
    with pytest.raises(PlanError, match="host a carries several domains of set web") as caught:
        plan(TWISTED, OneUpdateDomain())
    assert "v0, v3 of domain 0; v1 of domain 1. Move v1 to c." in str(caught.value)
    (obstacle,) = caught.value.obstacles
    assert obstacle.domains == {0: ("v0", "v3"), 1: ("v1",)}
    assert plan(TWISTED, load_policy("one-fault-domain")).waves


def test_a_vm_that_may_move_next_to_another_domain_is_an_obstacle_too() -> None:
    vms = (
        VirtualMachine("v0", "a", "web", 0),
        VirtualMachine("v1", "b", "web", 1, may_move_to=("a",)),
    )
    with pytest.raises(PlanError, match="Take a out of may_move_to of v1"):
        plan(replace(TWISTED, vms=vms), OneUpdateDomain())


def test_where_no_host_could_take_a_vm_another_host_is_advised() -> None:
    vms = tuple(
        VirtualMachine(f"v{number}", host, "web", domain)
        for number, (host, domain) in enumerate([("a", 0), ("a", 1), ("b", 2), ("c", 2)])
    )
    with pytest.raises(PlanError, match="so add one"):
        plan(replace(TWISTED, vms=vms), OneUpdateDomain())


def refusal_of(fleet: Fleet) -> str:
    """Why a fleet cannot be planned; empty if it can."""
    try:
        plan(fleet, OneUpdateDomain())
    except PlanError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("seed", range(40))
def test_who_follows_the_advice_comes_to_a_plan(seed: int) -> None:
    random = Random(f"advice {seed}")
    fleet = random_fleet(random, hosts_max=8)
    vms = [replace(vm, host=random.choice(fleet.hosts).name, may_move_to=()) for vm in fleet.vms]
    fleet = replace(fleet, vms=tuple(vms))
    for _ in range(len(vms) + 1):
        told = refusal_of(fleet)
        moves = dict(re.findall(r"Move (\S+) to (host-\d+)\.", told))
        if moves:
            name, target = next(iter(moves.items()))
            fleet = replace(
                fleet,
                vms=tuple(replace(vm, host=target) if vm.name == name else vm for vm in fleet.vms),
            )
    assert not moves
    assert not told or "so add one" in told


def test_a_policy_with_guards_of_its_own_is_refused() -> None:
    class Anything(OneUpdateDomain):
        def begins(self) -> tuple[()]:
            return ()

    with pytest.raises(PlanError, match="other guards on beginning a host"):
        plan(TWISTED, Anything())
    assert issubclass(Anything, Policy)
