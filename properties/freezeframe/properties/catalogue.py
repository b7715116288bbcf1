"""What maintenance promises: one sentence each that a customer could read, over what an observer
sees.

Knows nothing of controllers, locks or rules.
"""

from __future__ import annotations

from freezeframe.fleet import Limits, UpdateKind, VirtualMachine
from freezeframe.observation import AnyUnit, EventView, HostView, StageView, UnitView, VmView

from .forms import Property, Scope, always, eventually, sometimes


def different_update_domains(vm: VirtualMachine, other: VirtualMachine) -> bool:
    """Whether two VMs belong to one availability set, in different update domains of it."""
    return (
        vm.availability_set is not None
        and vm.availability_set == other.availability_set
        and vm.update_domain != other.update_domain
    )


@always(
    "Never are VMs of two update domains of one availability set paused together.",
    where=different_update_domains,
)
def one_update_domain_paused(vm: VmView, other: VmView) -> bool:
    """Both down for maintenance is the harm; a shut-down VM serves its customer no more than a
    paused one.
    """
    return not (vm.is_down_for_maintenance and other.is_down_for_maintenance)


@always("No VM is paused longer than its limit.")
def pause_within_limit(vm: VmView, limits: Limits) -> bool:
    """Counted from when the pause begins until the VM runs again, both included."""
    return vm.paused_seconds * 1000 <= limits.pause_ms


@always("A VM resumes with exactly the memory it was paused with.")
def memory_preserved(vm: VmView) -> bool:
    """A VM that runs has the memory that its guest left there."""
    return not vm.is_running or vm.memory_is_intact


@always(
    "After every resume, a VM's clock is set right before its host is back in service, unless "
    "somebody else held the VM meanwhile."
)
def clock_synchronized(host: HostView, vm: VmView) -> bool:
    """Holds for every resume, not only the first.

    A VM that its customer or an I/O error stopped before its clock was set cannot be waited for. It
    is owed that once it runs again, wherever its host stands then; `no_deadlock` asks for it.
    """
    is_asked = host.is_in_service and vm.is_running and not vm.was_held_meanwhile
    return not is_asked or vm.clock_is_right


@always(
    "No VM is paused before its event was announced and then approved, or its notice time had "
    "passed."
)
def event_before_impact(vm: VmView, event: EventView, limits: Limits) -> bool:
    """The event is the one of the VM's tenant for the VM's host."""
    if not vm.is_down_for_maintenance:
        return True
    had_notice = event.was_approved or event.announced_seconds * 1000 >= limits.notice_ms
    return event.is_current and had_notice


@always("An event's resources never span two update domains.", where=different_update_domains)
def one_impact_per_event(event: EventView, vm: VmView, other: VmView) -> bool:  # noqa: ARG001 (both are on its host)
    """Asked only while both VMs are on the event's host, so they are among its resources."""
    return not event.is_current


@always("An update that cannot preserve VMs never pauses one; one that can shuts none down.")
def only_eligible_updates(host: HostView, vm: VmView, kind: UpdateKind) -> bool:  # noqa: ARG001 (the VM is on the host)
    """What cannot be preserved takes the other road: it is shut down and started again."""
    if vm.is_paused_for_maintenance:
        return kind is UpdateKind.VM_PRESERVING
    return kind is UpdateKind.DISRUPTIVE or not vm.is_down_for_maintenance


@always(
    "No VM is paused or shut down for nothing: its host does not run the new software yet.",
    scope=Scope.STEP,
)
def no_needless_impact(host: HostView, vm: VmView, after: VmView) -> bool:
    """Asked when its impact begins; it may well last until after the update."""
    begins = after.is_down_for_maintenance and not vm.is_down_for_maintenance
    return not (begins and host.has_new_software)


@always("A VM that maintenance did not pause is never resumed by it.")
def unrelated_vms_untouched(vm: VmView) -> bool:
    """Its customer or an I/O error may have paused it."""
    return not vm.is_resumed_for_another


@always(
    "After a failed VM or host, no further domain is begun until an operator says so.",
    scope=Scope.STEP,
)
def halts_on_failure(unit: AnyUnit, stage: StageView, after: StageView) -> bool:
    """Neither announced to any tenant nor started, and no host leaves service, be it for an update
    that nobody is told of; what has started may be finished.

    A host that has used up its attempts at the update in vain has failed as well.
    """
    begins = (after.is_begun and not stage.is_begun) or (after.is_started and not stage.is_started)
    return not (unit.has_failed and begins)


@eventually("From every reachable state, every paused VM can and will be resumed.")
def no_vm_left_paused(vm: VmView) -> bool:
    """Or stopped by its customer, or lost with its host; it does not wait for ever."""
    return not vm.is_down_for_maintenance


@eventually("With no more faults, every host reaches the new software.")
def maintenance_completes(host: HostView) -> bool:
    """Faults are within a budget, so every run has an end of them."""
    return host.has_new_software


@always("Time can always go on, or the maintenance is over.", scope=Scope.STANDSTILL)
def no_deadlock(unit: UnitView) -> bool:
    """It is over when every host is back with the new software, and no VM is owed anything."""
    return unit.is_settled


@sometimes("Some host reaches the new software.")
def an_update_succeeds(host: HostView) -> bool:
    """Otherwise every other promise is kept by doing nothing."""
    return host.has_new_software


PROMISES: tuple[Property, ...] = (
    one_update_domain_paused,
    pause_within_limit,
    memory_preserved,
    clock_synchronized,
    event_before_impact,
    one_impact_per_event,
    only_eligible_updates,
    no_needless_impact,
    unrelated_vms_untouched,
    halts_on_failure,
    no_vm_left_paused,
    maintenance_completes,
    no_deadlock,
)
"""The promises, in the order in which they are reported."""

WITNESSES: tuple[Property, ...] = (an_update_succeeds,)
"""What must be possible, lest the promises hold for want of anything happening."""

ALL = PROMISES + WITNESSES
