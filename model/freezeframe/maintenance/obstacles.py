"""Hosts that can never be maintained, because they carry several domains of one set, and what would
make it possible.

It must not know how hosts are parted into waves.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from freezeframe.fleet import Fleet, VirtualMachine
from freezeframe.protocol.policies import Policy
from freezeframe.protocol.topology import Lanes

_NAMED_MAX: Final = 5
"""VMs of one domain that a message names."""


@dataclass(frozen=True)
class Obstacle:
    """A host that carries several domains of a set: their VMs, and what would help, a sentence
    each.
    """

    host: str
    availability_set: str
    domains: Mapping[int, tuple[str, ...]]
    remedies: tuple[str, ...]

    def __str__(self) -> str:
        """What was found, and what to do."""
        found = "; ".join(
            f"{_listed(vms)} of domain {domain}" for domain, vms in sorted(self.domains.items())
        )
        return (
            f"host {self.host} carries several domains of set {self.availability_set}: {found}. "
            + " ".join(self.remedies)
        )


def obstacles(
    fleet: Fleet, policy: Policy, lanes: Mapping[str, Mapping[str, Lanes]]
) -> tuple[Obstacle, ...]:
    """Every obstacle of a fleet, in its order; `lanes` is what `carried_lanes` says of it."""
    bad = {
        (host, name)
        for host, sets in lanes.items()
        for name, domains in sets.items()
        if len(domains) > 1
    }
    if not bad:
        return ()
    concerned: dict[tuple[str, str], list[VirtualMachine]] = defaultdict(list)
    for vm in fleet.vms:
        for place in (vm.host, *vm.may_move_to):
            if (place, vm.availability_set) in bad:
                concerned[place, str(vm.availability_set)].append(vm)
    advisor = _Advisor(fleet, policy, lanes)
    ranks = {host.name: rank for rank, host in enumerate(fleet.hosts)}
    return tuple(
        advisor.obstacle(host, name, concerned[host, name])
        for host, name in sorted(bad, key=lambda each: (ranks[each[0]], each[1]))
    )


class _Advisor:
    """Knows where VMs could go."""

    def __init__(
        self, fleet: Fleet, policy: Policy, lanes: Mapping[str, Mapping[str, Lanes]]
    ) -> None:
        self.hosts = {host.name: host for host in fleet.hosts}
        self.policy = policy
        self.lanes = lanes
        self.loads = Counter(vm.host for vm in fleet.vms)

    def obstacle(self, host: str, name: str, vms: list[VirtualMachine]) -> Obstacle:
        """Keep the domain with most VMs where it is; the others would have to go."""
        domains: dict[int, list[VirtualMachine]] = defaultdict(list)
        for vm in vms:
            domains[self.policy.lane(vm, self.hosts[host])].append(vm)
        kept = max(domains, key=lambda each: (sum(vm.host == host for vm in domains[each]), -each))
        leaving = [vm for domain, each in domains.items() if domain != kept for vm in each]
        return Obstacle(
            host,
            name,
            {domain: tuple(vm.name for vm in each) for domain, each in domains.items()},
            tuple(self._remedy(vm, host) for vm in leaving),
        )

    def _remedy(self, vm: VirtualMachine, host: str) -> str:
        if vm.host != host:
            return f"Take {host} out of may_move_to of {vm.name}."
        target = self._target(vm)
        if target is None:
            return (
                f"Move {vm.name} to another host; none of this fleet carries no other domain of "
                f"{vm.availability_set}, so add one."
            )
        return f"Move {vm.name} to {target}."

    def _target(self, vm: VirtualMachine) -> str | None:
        """The host with the fewest VMs on which `vm` would be with its own domain only."""
        fitting = [
            name
            for name, host in self.hosts.items()
            if name != vm.host
            and self.lanes[name].get(str(vm.availability_set), frozenset())
            <= {self.policy.lane(vm, host)}
        ]
        return min(fitting, key=lambda name: self.loads[name], default=None)


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - _NAMED_MAX
    return ", ".join(names[:_NAMED_MAX]) + (f" and {more} more" if more > 0 else "")
