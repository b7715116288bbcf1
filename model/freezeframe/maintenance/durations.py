"""How long the maintenance of each host takes at least, by the timing that a fleet promises.

It must not know which hosts are maintained together.
"""

from __future__ import annotations

from freezeframe.fleet import Fleet, UpdateKind


def least_ms(fleet: Fleet) -> dict[str, int]:
    """For each host, from when it may begin until it is back in service, if its guests agree."""
    timing = fleet.timing
    pausing = (timing.pause, timing.update, timing.resume, timing.clock_sync)
    paused_ms = sum(span.min_ms for span in pausing)
    holds_vms = {vm.host for vm in fleet.vms if vm.exists and vm.preservable}
    return {
        host.name: paused_ms
        if host.name in holds_vms and fleet.kind_of_update(host) is UpdateKind.VM_PRESERVING
        else timing.update.min_ms
        for host in fleet.hosts
    }


def least_ms_with_notice(fleet: Fleet) -> dict[str, int]:
    """The same, if every guest that must be told has its whole notice first."""
    told = {place for vm in fleet.vms for place in (vm.host, *vm.may_move_to)}
    swift = least_ms(fleet)
    return {
        host.name: swift[host.name] + fleet.limits.notice_ms
        if host.name in told and fleet.kind_of_update(host) is not UpdateKind.NO_IMPACT
        else swift[host.name]
        for host in fleet.hosts
    }
