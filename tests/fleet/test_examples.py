"""Each example is valid and shows what the comment at its top says."""

from itertools import pairwise

import pytest

from freezeframe.fleet import (
    DEFAULT_EXAMPLE,
    Fleet,
    FreezeframeError,
    UpdateKind,
    example,
    example_names,
    parse_fleet,
    write_fleet,
)
from freezeframe.fleet.examples import example_text

GRID_MS = 5_000


def domains(fleet: Fleet, host: str) -> dict[str | None, int | None]:
    """Return the update domain that each set has on a host."""
    return {vm.availability_set: vm.update_domain for vm in fleet.vms if vm.host == host}


def conflict(fleet: Fleet, one: str, other: str) -> bool:
    """Return whether two hosts carry different update domains of one set."""
    here, there = domains(fleet, one), domains(fleet, other)
    return any(here[name] != there[name] for name in here.keys() & there.keys())


@pytest.mark.parametrize("name", example_names())
def test_an_example_reads_back_after_it_is_written(name: str) -> None:
    fleet = example(name)
    assert parse_fleet(write_fleet(fleet), name) == fleet


@pytest.mark.parametrize("name", example_names())
def test_an_example_begins_with_what_it_shows(name: str) -> None:
    lines = example_text(name).split("\n")
    assert lines[0].startswith("# ")
    assert all(len(line) <= 100 for line in lines)


@pytest.mark.parametrize("name", example_names())
def test_an_example_counts_time_in_steps_of_five_seconds(name: str) -> None:
    fleet = example(name)
    assert all(duration % GRID_MS == 0 for duration in fleet.durations_ms)


def test_an_unknown_example_is_refused_with_the_known_ones() -> None:
    message = "examples: expected one of one-vm, two-tiers, shared-hosts, provider-default, "
    with pytest.raises(FreezeframeError, match=f"{message}eventful, found 'two-tier'"):
        example("two-tier")


def test_the_default_is_one_of_them() -> None:
    assert DEFAULT_EXAMPLE in example_names()


def test_one_vm_is_one_vm_on_one_host() -> None:
    fleet = example("one-vm")
    assert (len(fleet.hosts), len(fleet.vms)) == (1, 1)


def test_two_tiers_keeps_the_shared_host_from_either_other() -> None:
    fleet = example("two-tiers")
    assert conflict(fleet, "host-a", "host-b")
    assert conflict(fleet, "host-a", "host-c")
    assert not conflict(fleet, "host-b", "host-c")
    assert fleet.faults.update_hang == 1


def test_shared_hosts_has_a_conflict_through_a_third_host() -> None:
    fleet = example("shared-hosts")
    assert not conflict(fleet, "host-a", "host-c")
    assert not domains(fleet, "host-a").keys() & domains(fleet, "host-c").keys()
    assert domains(fleet, "host-a")["web"] == domains(fleet, "host-b")["web"]
    assert conflict(fleet, "host-b", "host-c")
    hosts = [host.name for host in fleet.hosts]
    assert all(conflict(fleet, *pair) for pair in pairwise(hosts[1:]))


def test_provider_default_leaves_the_set_as_the_provider_makes_it() -> None:
    fleet = example("provider-default")
    (only,) = fleet.availability_sets
    assert (only.update_domains, only.fault_domains) == (5, 2)
    assert [vm.update_domain for vm in fleet.vms] == [0, 1, 2, 3, 4, 0]


def test_eventful_has_a_thing_of_every_kind() -> None:
    fleet = example("eventful")
    assert any(vm.may_move_to for vm in fleet.vms)
    assert any(not vm.exists for vm in fleet.vms)
    assert any(not vm.preservable for vm in fleet.vms)
    assert any(host.update is UpdateKind.DISRUPTIVE for host in fleet.hosts)
    assert fleet.customer.move
    assert fleet.operator.cancel
