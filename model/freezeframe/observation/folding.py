"""What is known of a VM once one more fact was told of it: a request, its answer, or what was seen.

Owns what each fact changes in `SeenVm`. It must not know where records come from or in which order.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from freezeframe.lifecycles import VM_OFF, Holder, VmStatus

from .facts import Operation, Outcome, Reason, Told, VmSeen
from .seen import SeenVm

_NOT_OURS = frozenset(Reason) - {Reason.USER, Reason.UNKNOWN}


def vm_told(vm: SeenVm, told: Told, late_ms: int) -> SeenVm:
    """What is known of `vm` once maintenance asked it, or was answered, `late_ms` ago."""
    by_operation = {
        Operation.PAUSE: _pause_told,
        Operation.RESUME: _resume_told,
        Operation.SHUT_DOWN: _shut_down_told,
        Operation.BOOT: _boot_told,
    }
    fold = by_operation.get(told.operation)
    return vm if fold is None else fold(vm, told.outcome, late_ms)


def _pause_told(vm: SeenVm, outcome: Outcome, late_ms: int) -> SeenVm:
    is_pausing = vm.is_down_for_maintenance and vm.status is VmStatus.PAUSING
    if outcome in {Outcome.REQUESTED, Outcome.COMPLETED}:
        if vm.holder is Holder.NOBODY and (vm.is_running or vm.status is None):
            vm = replace(
                vm,
                status=VmStatus.PAUSING,
                holder=Holder.MAINTENANCE,
                paused_ms=late_ms,
                fingerprints=MappingProxyType({}),
                is_resumed_for_another=False,
            )
            is_pausing = True
        elif vm.holder is Holder.OTHER and _preceded(vm, late_ms):
            vm = replace(_stands_still(vm), holder=Holder.MAINTENANCE, paused_ms=late_ms)
        if outcome is Outcome.COMPLETED and is_pausing:
            vm = replace(
                _stands_still(vm), status=VmStatus.PAUSED, reason=Reason.USER, may_yet_pause=False
            )
    elif outcome is Outcome.UNKNOWN:
        vm = replace(vm, may_yet_pause=is_pausing)
    elif is_pausing:  # refused or failed
        vm = replace(vm, status=VmStatus.RUNNING, holder=Holder.NOBODY, paused_ms=0)
    return vm


def _stands_still(vm: SeenVm) -> SeenVm:
    """Paused for maintenance, and its clock with it."""
    return replace(vm, clock_is_right=False, was_held_meanwhile=False)


def _preceded(vm: SeenVm, late_ms: int) -> bool:
    """Whether a request that is only now told of came before the pause that was seen."""
    is_ours = vm.status is VmStatus.PAUSED and vm.reason not in _NOT_OURS
    return is_ours and late_ms > 0 and late_ms >= vm.status_ms


def _resume_told(vm: SeenVm, outcome: Outcome, late_ms: int) -> SeenVm:
    if outcome is Outcome.REQUESTED:
        if vm.is_down_for_maintenance and vm.status is VmStatus.PAUSED:
            return replace(vm, status=VmStatus.RESUMING)
        return replace(vm, may_yet_run=vm.holder is Holder.OTHER)
    if outcome is Outcome.COMPLETED:
        return _ran(vm, Reason.UNPAUSED, late_ms)
    if outcome is Outcome.UNKNOWN:
        return vm
    status = VmStatus.PAUSED if vm.status is VmStatus.RESUMING else vm.status
    return replace(vm, status=status, may_yet_run=False)


def _shut_down_told(vm: SeenVm, outcome: Outcome, late_ms: int) -> SeenVm:
    if vm.status is VmStatus.ABSENT or outcome is Outcome.UNKNOWN:
        return vm
    if outcome is not Outcome.COMPLETED:
        return replace(vm, may_yet_stop=outcome is Outcome.REQUESTED)
    holder = Holder.OTHER if vm.holder is Holder.OTHER else Holder.MAINTENANCE
    return replace(
        _is_off(vm, VmStatus.STOPPED, Reason.SHUT_DOWN, late_ms), holder=holder, may_yet_stop=False
    )


def _boot_told(vm: SeenVm, outcome: Outcome, late_ms: int) -> SeenVm:
    if outcome is Outcome.REQUESTED:
        return replace(vm, may_yet_run=vm.holder is Holder.OTHER)
    if outcome is Outcome.COMPLETED:
        return _ran(vm, Reason.BOOTED, late_ms)
    return vm if outcome is Outcome.UNKNOWN else replace(vm, may_yet_run=False)


def _ran(vm: SeenVm, reason: Reason, late_ms: int) -> SeenVm:
    """What is known of `vm` once maintenance was told that it runs again, as it had asked.

    Others may have stopped it before that was told; they were not overruled unless it was asked
    after they had.
    """
    if vm.holder is Holder.OTHER and not vm.may_yet_run:
        return vm
    return _runs(vm, reason, late_ms)


def vm_seen(vm: SeenVm, seen: VmSeen, late_ms: int, *, trusts_marks: bool = False) -> SeenVm:
    """What is known of `vm` once it was seen so, `late_ms` ago.

    A mark tells whose doing it is of a VM of which nothing was known, or if it `trusts_marks`.
    """
    is_ours = seen.is_held and (vm.status is None or trusts_marks)
    if seen.status is VmStatus.PAUSED:
        if is_ours and not vm.is_down_for_maintenance:
            vm = replace(
                _stands_still(vm),
                status=VmStatus.PAUSED,
                holder=Holder.MAINTENANCE,
                paused_ms=late_ms,
            )
        return _pauses(vm, seen.reason, late_ms)
    if seen.status is VmStatus.RUNNING:
        return _runs(vm, seen.reason, late_ms)
    if is_ours and seen.status is VmStatus.STOPPED:
        vm = replace(vm, status=VmStatus.STOPPED, holder=Holder.MAINTENANCE)
    return _is_off(vm, seen.status, seen.reason, late_ms)


def _pauses(vm: SeenVm, reason: Reason, late_ms: int) -> SeenVm:
    known = replace(vm, status=VmStatus.PAUSED, reason=reason, status_ms=late_ms)
    is_resuming = vm.status is VmStatus.RESUMING and vm.is_down_for_maintenance
    if is_resuming and reason not in _NOT_OURS:
        return replace(known, status=VmStatus.RESUMING)
    if vm.is_down_for_maintenance and vm.status is VmStatus.PAUSED:
        return known
    is_ours = reason not in _NOT_OURS and (
        (vm.is_down_for_maintenance and vm.status is VmStatus.PAUSING) or vm.may_yet_pause
    )
    if not is_ours:
        return replace(
            known,
            holder=Holder.OTHER,
            paused_ms=0,
            is_resumed_for_another=False,
            was_held_meanwhile=not vm.clock_is_right,
        )
    is_counted = vm.is_down_for_maintenance
    return replace(
        _stands_still(known),
        holder=Holder.MAINTENANCE,
        paused_ms=vm.paused_ms if is_counted else late_ms,
        may_yet_pause=False,
        is_resumed_for_another=False,
    )


def _runs(vm: SeenVm, reason: Reason, late_ms: int) -> SeenVm:
    if vm.status is VmStatus.PAUSING and vm.is_down_for_maintenance and not vm.may_yet_pause:
        # Its CPUs did not stand still yet, so its pause is no older; the answer will tell the rest.
        return replace(vm, paused_ms=late_ms)
    known = replace(
        vm,
        status=VmStatus.RUNNING,
        reason=reason,
        status_ms=late_ms,
        paused_ms=0,
        holder=Holder.NOBODY,
        may_yet_run=False,
        fingerprints=MappingProxyType({}),
    )
    if vm.status in VM_OFF:
        known = replace(known, memory_is_intact=True, clock_is_right=True)
    elif vm.is_paused_for_maintenance and vm.status is not VmStatus.PAUSING:
        known = replace(known, may_yet_pause=False)
    was_taken = vm.holder is Holder.OTHER and vm.may_yet_run
    return replace(known, is_resumed_for_another=was_taken or _keeps_running(vm))


def _keeps_running(vm: SeenVm) -> bool:
    return vm.is_resumed_for_another and vm.is_running


def _is_off(vm: SeenVm, status: VmStatus, reason: Reason, late_ms: int) -> SeenVm:
    is_known = vm.status is status
    is_shut_down = is_known and vm.is_down_for_maintenance and status is VmStatus.STOPPED
    holder = Holder.NOBODY
    if status is VmStatus.STOPPED and reason is not Reason.POWER_LOSS:
        may_be_ours = reason is not Reason.DESTROYED and vm.holder is not Holder.OTHER
        is_ours = is_shut_down or (vm.may_yet_stop and may_be_ours)
        holder = Holder.MAINTENANCE if is_ours else Holder.OTHER
    return SeenVm(
        status=status,
        reason=reason,
        host=vm.host,
        holder=holder,
        status_ms=late_ms,
        memory_is_intact=vm.memory_is_intact and status is not VmStatus.FAILED,
        may_yet_run=vm.may_yet_run and is_known,
    )
