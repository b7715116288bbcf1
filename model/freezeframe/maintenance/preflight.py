"""Whether hosts and VMs are as the fleet file says, before anything is done to them.

Owns the checks before a maintenance begins. It asks hypervisors and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from freezeframe.adapters.errors import AdapterError
from freezeframe.adapters.values import Capability, VmState
from freezeframe.fleet import Fleet, UpdateKind, VirtualMachine
from freezeframe.lifecycles import VmStatus

from .errors import UnfitError
from .foreign import adapter_errors_only
from .sites import LOOK_MS, Site

_NEEDED: Final = (Capability.OBSERVE, Capability.CHANGES)
_NEEDED_TO_PAUSE: Final = (Capability.PAUSE, Capability.SET_CLOCK, Capability.READ_CLOCK)


def refuse_unfit(fleet: Fleet, sites: Mapping[str, Site]) -> None:
    """Ask every host; raises `UnfitError` with all that is not as it must be."""
    reasons = tuple(reason for host in fleet.hosts for reason in _unfit(fleet, sites[host.name]))
    if reasons:
        raise UnfitError(reasons)


def _unfit(fleet: Fleet, site: Site) -> Iterator[str]:
    try:
        with adapter_errors_only(site.name, "list VMs"):
            found = {state.name: state for state in site.hypervisor.vms(deadline_ms=LOOK_MS)}
            offered = site.hypervisor.capabilities()
    except AdapterError as error:
        yield f"{site.name}: expected a host that can be reached, found: {error.text}"
        return
    for need in _NEEDED:
        if not offered[need].is_offered:
            yield f"{site.name}: expected it to offer {need!s}, found that {offered[need].why}"
    expected = {vm.name: vm for vm in fleet.vms if site.name in (vm.host, *vm.may_move_to)}
    for name, vm in expected.items():
        if name in found:
            yield from _unfit_vm(fleet, site, vm, found[name])
        elif vm.exists and vm.host == site.name:
            yield f"{name}: expected it on {site.name}, found no VM of that name; has it moved?"
    for name, state in found.items():
        if name not in expected and state.status in {VmStatus.RUNNING, VmStatus.PAUSED}:
            yield (
                f"{name}: expected every VM on {site.name} to be in the fleet file, found it "
                f"{state} and not there; the update would harm it"
            )


def _unfit_vm(fleet: Fleet, site: Site, vm: VirtualMachine, state: VmState) -> Iterator[str]:
    if state.status is VmStatus.PAUSED:
        who = "an earlier maintenance, whose journal knows it" if state.is_held else "somebody else"
        yield f"{vm.name}: expected it running, found it {state} on {site.name}, by {who}"
    host = next(each for each in fleet.hosts if each.name == site.name)
    kind = fleet.kind_of_update(host, vm)
    if kind is UpdateKind.NO_IMPACT or state.status is not VmStatus.RUNNING:
        return
    if not state.is_marked:
        yield f"{vm.name}: expected it marked for freezeframe on {site.name}, found that it is not"
        return
    if kind is UpdateKind.VM_PRESERVING:
        offered = site.hypervisor.capabilities(vm.name)
        for need in _NEEDED_TO_PAUSE:
            if not offered[need].is_offered:
                found = offered[need].why
                yield f"{vm.name}: expected {site.name} to offer {need!s}, found that {found}"
