"""What counts after something was seen that no rule leads to: the state is brought to what is so.

Owns how a component is put where it was seen. It must not judge; whoever calls it tells of the
divergence.
"""

from __future__ import annotations

from freezeframe.lifecycles import VM_OFF, Holder, VmStatus
from freezeframe.observation import Record, VmSeen
from freezeframe.protocol import State
from freezeframe.protocol.components import VM, ZERO, Alarm

from .explaining import Goal
from .rulebook import Rulebook


def reconciled(rulebook: Rulebook, state: State, goal: Goal, record: Record) -> State:
    """The state with the component of `goal` as it was seen; what was not seen stays."""
    slot = rulebook.system.slots[goal.slot]
    component = slot.kind(state[goal.slot])
    if isinstance(component, VM):
        return _vm_reconciled(rulebook, state, component, goal, record)
    for name, values in goal.fields.items():
        setattr(component, name, next(iter(values)))
    return rulebook.with_component(state, component, *slot.names)


def _vm_reconciled(rulebook: Rulebook, state: State, vm: VM, goal: Goal, record: Record) -> State:
    fact = record.fact
    (status, *_) = [each for each in VmStatus if each in goal.fields["status"]]
    holder = Holder.NOBODY
    if status is VmStatus.PAUSED:
        is_ours = isinstance(fact, VmSeen) and fact.is_held
        holder = Holder.MAINTENANCE if is_ours else Holder.OTHER
    elif status is VmStatus.STOPPED:
        holder = Holder.OTHER
    elif status is VmStatus.RUNNING and not vm.clock_right:
        status = VmStatus.RESUMED
    is_lasting = holder is Holder.MAINTENANCE and vm.is_held_by_maintenance
    vm.status = status
    vm.holder = vm.stopped_by = holder
    vm.paused_for = vm.paused_for if is_lasting else ZERO
    vm.in_phase = ZERO
    vm.clock_right = status in VM_OFF or (vm.clock_right and holder is not Holder.MAINTENANCE)
    is_others = holder is Holder.OTHER or (vm.was_held_meanwhile and status is VmStatus.RESUMED)
    vm.was_held_meanwhile = is_others and not vm.clock_right
    vm.memory_intact = status is not VmStatus.FAILED and (vm.memory_intact or status in VM_OFF)
    vm.observe()
    vm.has_failed = vm.has_failed or status is VmStatus.FAILED
    state = rulebook.with_component(state, vm, record.vm or "")
    if status is VmStatus.FAILED:
        alarm = rulebook.component(state, Alarm)
        alarm.sound()
        state = rulebook.with_component(state, alarm)
    return state
