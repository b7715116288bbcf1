"""A fleet from what records name, where no fleet file tells: who was on which host.

It must not know what is judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from freezeframe.fleet import AvailabilitySet, Fleet, Host, VirtualMachine
from freezeframe.observation import Record


@dataclass(frozen=True)
class Placement:
    """The availability set of a VM, and its update domain."""

    availability_set: str
    update_domain: int


def widened(fleet: Fleet, records: Iterable[Record]) -> Fleet:
    """`fleet` with every host and VM that `records` name, and every host where a VM was told of.

    A VM that is new is in no set; one that the fleet has may move to the hosts where it was.
    """
    hosts = {host.name: host for host in fleet.hosts}
    vms = {vm.name: vm for vm in fleet.vms}
    for record in records:
        if record.host is None:
            continue
        hosts.setdefault(record.host, Host(record.host))
        if record.vm is None:
            continue
        vm = vms.setdefault(record.vm, VirtualMachine(record.vm, record.host))
        if record.host not in (vm.host, *vm.may_move_to):
            vms[vm.name] = replace(vm, may_move_to=(*vm.may_move_to, record.host))
    return replace(fleet, hosts=tuple(hosts.values()), vms=tuple(vms.values()))


def placed(fleet: Fleet, placements: Mapping[str, Placement]) -> Fleet:
    """`fleet` with its VMs in the sets and domains that `placements` gives by name."""
    vms = tuple(
        replace(vm, **vars(placements[vm.name])) if vm.name in placements else vm
        for vm in fleet.vms
    )
    sets = {each.name: each for each in fleet.availability_sets}
    for vm in vms:
        if vm.availability_set is not None:
            known = sets.get(vm.availability_set, AvailabilitySet(vm.availability_set, 1))
            domains = max(known.update_domains, (vm.update_domain or 0) + 1)
            sets[known.name] = replace(known, update_domains=domains)
    return replace(fleet, vms=vms, availability_sets=tuple(sets.values()))
