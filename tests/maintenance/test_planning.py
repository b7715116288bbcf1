"""A plan's waves are valid, few, and in agreement with the rules."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from itertools import combinations
from random import Random

import pytest

from freezeframe.fleet import (
    AvailabilitySet,
    Fleet,
    Host,
    Limits,
    Timing,
    Update,
    UpdateKind,
    VirtualMachine,
    example,
)
from freezeframe.lifecycles import HostStatus
from freezeframe.maintenance.planning import Plan, plan
from freezeframe.protocol.components import Host as HostComponent
from freezeframe.protocol.policies import OneUpdateDomain, load_policy
from freezeframe.protocol.system import State, System
from tests.fleets import span
from tests.maintenance.random_fleets import random_fleet

POLICIES = ("one-update-domain", "one-fault-domain")


def lane_of(policy: str, fleet: Fleet, vm: VirtualMachine, place: str) -> int | None:
    """The domain of a VM on a host, by the definition of each policy."""
    if policy == "one-update-domain":
        return vm.update_domain
    return next(host.fault_domain for host in fleet.hosts if host.name == place)


def conflicts(policy: str, fleet: Fleet) -> set[frozenset[str]]:
    """Pairs of hosts that carry, or may carry, VMs of one set in different domains."""
    seats = [
        (vm.availability_set, lane_of(policy, fleet, vm, place), place)
        for vm in fleet.vms
        for place in (vm.host, *vm.may_move_to)
        if vm.availability_set is not None
    ]
    return {
        frozenset((a[2], b[2]))
        for a, b in combinations(seats, 2)
        if a[0] == b[0] and a[1] != b[1] and a[2] != b[2]
    }


def least_waves(hosts: list[str], apart: set[frozenset[str]]) -> int:
    """The least number of waves, by trying every parting of the hosts."""

    def fits(rest: list[str], waves: list[list[str]], most: int) -> bool:
        if not rest:
            return True
        first, *others = rest
        for wave in waves:
            if all(frozenset((first, each)) not in apart for each in wave):
                wave.append(first)
                if fits(others, waves, most):
                    return True
                wave.pop()
        return len(waves) < most and fits(others, [*waves, [first]], most)

    return next(most for most in range(1, len(hosts) + 1) if fits(hosts, [], most))


@pytest.mark.parametrize("batch", range(10))
def test_waves_are_valid_and_within_the_greedy_bound(batch: int) -> None:
    """A thousand fleets in all: every host once, and no two of a wave in conflict."""
    for seed in range(100):
        random = Random(f"{batch} {seed}")
        fleet, policy = random_fleet(random), random.choice(POLICIES)
        made = plan(fleet, load_policy(policy))
        apart = conflicts(policy, fleet)
        assert sorted(host for wave in made.waves for host in wave.hosts) == sorted(
            host.name for host in fleet.hosts
        )
        for wave in made.waves:
            assert not any(frozenset(pair) in apart for pair in combinations(wave.hosts, 2))
        degree = max(sum(host.name in pair for pair in apart) for host in fleet.hosts)
        assert made.waves_min <= len(made.waves) <= degree + 1


@pytest.mark.parametrize("batch", range(5))
def test_small_fleets_have_the_fewest_waves(batch: int) -> None:
    for seed in range(40):
        fleet = random_fleet(Random(f"small {batch} {seed}"), hosts_max=12)
        made = plan(fleet, OneUpdateDomain())
        hosts = [host.name for host in fleet.hosts]
        assert len(made.waves) == least_waves(hosts, conflicts("one-update-domain", fleet))
        assert made.is_minimal


def test_fewest_waves_can_be_more_than_any_set_has_domains() -> None:
    """Five hosts in a ring, each two neighbours apart for a set of their own."""
    hosts = [f"host-{number}" for number in range(5)]
    vms = [
        VirtualMachine(f"vm-{number}-{side}", hosts[(number + side) % 5], f"set-{number}", side)
        for number in range(5)
        for side in (0, 1)
    ]
    sets = tuple(AvailabilitySet(f"set-{number}", 2) for number in range(5))
    made = plan(Fleet("ring", tuple(map(Host, hosts)), tuple(vms), sets), OneUpdateDomain())
    assert (len(made.waves), made.waves_min, made.is_minimal) == (3, 3, True)


def test_sets_that_are_laid_out_alike_need_no_more_waves_than_domains() -> None:
    random, hosts = Random(0), range(200)
    vms = tuple(
        VirtualMachine(f"vm-{host}-{name}", f"host-{host}", f"set-{name}", host % 5)
        for host in hosts
        for name in random.sample(range(20), 4)
    )
    sets = tuple(AvailabilitySet(f"set-{name}") for name in range(20))
    made = plan(
        Fleet("striped", tuple(Host(f"host-{host}") for host in hosts), vms, sets),
        OneUpdateDomain(),
    )
    assert (len(made.waves), made.is_minimal) == (5, True)


@pytest.mark.parametrize("seed", range(25))
def test_the_rules_let_the_hosts_of_a_wave_begin_together_and_no_others(seed: int) -> None:
    fleet = random_fleet(Random(f"rules {seed}"), hosts_max=8)
    system = System(fleet, OneUpdateDomain())
    schedules = {
        each.subjects[0]: each for each in system.instances if each.rule.name == "schedule"
    }

    def begin(*hosts: str) -> State | None:
        state: State | None = system.initial
        for host in hosts:
            state = None if state is None else system.apply(state, schedules[host])
        return state

    waves = plan(fleet, OneUpdateDomain()).waves
    for wave in waves:
        assert begin(*wave.hosts) is not None
    apart = conflicts("one-update-domain", fleet)
    for pair in combinations([host.name for host in fleet.hosts], 2):
        assert (begin(*pair) is None) == (frozenset(pair) in apart)


def shortest_seconds(fleet: Fleet) -> float:
    """The least time after which every host is back with new software, of all runs of the model."""
    system = System(fleet, OneUpdateDomain())
    hosts = [number for number, slot in enumerate(system.slots) if slot.kind is HostComponent]
    waiting, seen = deque([(0, system.initial)]), set[State]()
    while waiting:
        ticks, state = waiting.popleft()
        if state in seen:
            continue
        seen.add(state)
        found = [HostComponent(state[number]) for number in hosts]
        if all(each.has_new_software and each.status is HostStatus.IN_SERVICE for each in found):
            return system.settings.seconds(ticks)
        for step in system.steps(state):
            if step.instance is None:
                waiting.append((ticks + 1, step.state))
            else:
                waiting.appendleft((ticks, step.state))
    raise AssertionError("expected a run that completes, found none")


def timed(hosts: int, sets: tuple[str, ...], *, recovery: int, pause: int = 0) -> Fleet:
    """Hosts that each carry one VM, in domains 0, 1, … of the sets, one set a host."""
    vms = tuple(
        VirtualMachine(f"vm-{number}", f"host-{number}", sets[number % len(sets)], number)
        for number in range(hosts)
    )
    timing = Timing(
        pause=span(pause, pause),
        update=span(5, 5),
        rollback=span(0, 0),
        resume=span(0, 0),
        clock_sync=span(5, 5),
        restart=span(0, 0),
        poll=span(0, 0),
        recovery=span(recovery, recovery),
    )
    return Fleet(
        "timed",
        tuple(Host(f"host-{number}") for number in range(hosts)),
        vms,
        tuple(AvailabilitySet(name) for name in sets),
        timing=timing,
        limits=Limits(notice_ms=10_000),
    )


@pytest.mark.parametrize(
    "fleet",
    [
        timed(1, ("web",), recovery=0),
        timed(2, ("web",), recovery=10, pause=5),
        timed(2, ("web", "db"), recovery=10),
        replace(timed(2, ("web",), recovery=5), update=Update(UpdateKind.DISRUPTIVE)),
    ],
    ids=["one host", "one set", "two sets", "disruptive"],
)
def test_the_least_duration_is_that_of_the_shortest_run_of_the_model(fleet: Fleet) -> None:
    assert plan(fleet, OneUpdateDomain()).least_ms / 1000 == shortest_seconds(fleet)


def test_a_set_recovers_between_two_domains_and_notice_comes_before_each() -> None:
    made = plan(timed(3, ("web",), recovery=60), OneUpdateDomain())
    assert [(wave.starts_at_ms, wave.ends_at_ms) for wave in made.waves] == [
        (0, 10_000),
        (70_000, 80_000),
        (140_000, 150_000),
    ]
    assert made.least_with_notice_ms == made.least_ms + 3 * 10_000


def test_a_host_waits_only_for_its_own_sets() -> None:
    """Of two sets, one in two domains and one in three, neither waits for the other."""
    fleet = timed(5, ("web", "db"), recovery=60)  # web: hosts 0, 2, 4; db: hosts 1, 3
    made = plan(fleet, OneUpdateDomain())
    assert made.least_ms == 150_000
    assert [len(wave.hosts) for wave in made.waves] == [2, 2, 1]


def apart(made: Plan) -> list[tuple[int, int, tuple[str, ...]]]:
    return [(each.one, each.other, each.sets) for each in made.separations]


def test_each_separation_names_the_sets_that_force_it() -> None:
    made = plan(example("shared-hosts"), OneUpdateDomain())
    for one, other, sets in apart(made):
        assert sets
        for name in sets:
            assert made.waves[one].domains[name] != made.waves[other].domains[name]
    assert len(apart(made)) == len(list(combinations(made.waves, 2)))
