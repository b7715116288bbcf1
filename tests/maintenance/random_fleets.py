"""Fleets drawn at random, whose hosts carry one domain of each set of theirs."""

from __future__ import annotations

from random import Random

from freezeframe.fleet import AvailabilitySet, Fleet, Host, Limits, VirtualMachine


def random_fleet(random: Random, hosts_max: int = 30) -> Fleet:
    """A fleet of up to `hosts_max` hosts, some with VMs in no set, or that may move."""
    hosts = [f"host-{number}" for number in range(random.randint(1, hosts_max))]
    sets = [f"set-{number}" for number in range(random.randint(1, 6))]
    domains = random.randint(2, 4)
    home = {(host, name): random.randrange(domains) for host in hosts for name in sets}
    vms: list[VirtualMachine] = []
    for host in hosts:
        for name in random.sample(sets, random.randint(0, min(3, len(sets)))):
            domain = home[host, name]
            others = [each for each in hosts if each != host and home[each, name] == domain]
            may_move_to = tuple(random.sample(others, min(len(others), random.randint(0, 1))))
            vms.append(VirtualMachine(f"vm-{len(vms)}", host, name, domain, may_move_to))
        if random.random() < 0.2:
            vms.append(VirtualMachine(f"vm-{len(vms)}", host))
    return Fleet(
        "random",
        tuple(Host(host, random.randrange(3)) for host in hosts),
        tuple(vms),
        tuple(AvailabilitySet(name, domains) for name in sets),
        limits=Limits(notice_ms=5_000),
    )
