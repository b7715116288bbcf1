"""The state of a component in words, and what a step changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from freezeframe.protocol.components import VM, AvailabilitySet, Component, Host, ScheduledEvent
from freezeframe.protocol.components import Alarm as AlarmComponent
from freezeframe.protocol.components import Budget as BudgetComponent
from freezeframe.protocol.components import Controller as ControllerComponent
from freezeframe.protocol.system import State, System

from .verdicts import Change

KINDS: Mapping[type[Component], str] = {
    Host: "host",
    VM: "VM",
    AvailabilitySet: "set",
    ScheduledEvent: "event",
    AlarmComponent: "alarm",
    ControllerComponent: "controller",
    BudgetComponent: "budget",
}
"""What a component is, in one word."""


def facts_of(system: System, slot: int, state: State) -> dict[str, str]:
    """What there is to tell of one component; only what differs from the ordinary, besides its
    status.
    """
    described = system.slots[slot]
    component = described.kind(state[slot])
    match component:
        case VM():
            facts = _vm_facts(component, system.topology.places(described.names[0]))
        case Host():
            facts = _host_facts(component)
        case AvailabilitySet():
            lane = "none" if component.lane is None else str(component.lane)
            facts = {"status": component.status.value, "domain": lane}
        case ScheduledEvent():
            facts = {"status": component.status.value}
        case AlarmComponent():
            facts = {"status": "raised" if component.is_raised else "clear"}
        case ControllerComponent():
            facts = {"status": "up" if component.is_up else "down"}
        case BudgetComponent():
            facts = {"left": str(component.left)}
        case _:
            kind = described.kind.__name__
            raise TypeError(f"expected a component of the protocol, found {kind}")
    return facts


def _vm_facts(vm: VM, places: Sequence[str]) -> dict[str, str]:
    facts = {
        "status": vm.status.value,
        "host": places[vm.place],
        "memory": "intact" if vm.memory_intact else "lost",
        "clock": "right" if vm.clock_right else "behind",
        "held by": vm.holder.value,
    }
    if vm.seen is not vm.status:
        facts["seen as"] = vm.seen.value
    if vm.echo is not None:
        facts["repeated event"] = vm.echo.value
    if vm.is_deaf:
        facts["next event"] = "will be lost"
    return facts


def _host_facts(host: Host) -> dict[str, str]:
    facts = {
        "status": host.status.value,
        "software": "new" if host.has_new_software else "old",
    }
    if host.is_hung:
        facts["update"] = "hangs"
    return facts


def unique_labels(system: System) -> tuple[str, ...]:
    """What to call each component, one name for each; fleets may name a VM and a set alike."""
    plain = [slot.label for slot in system.slots]
    shared = {label for label, count in Counter(plain).items() if count > 1}
    told = [
        f"{KINDS[slot.kind]} {slot.label}" if slot.label in shared else slot.label
        for slot in system.slots
    ]
    again = {label for label, count in Counter(told).items() if count > 1}
    return tuple(
        f"{label} ({index})" if label in again else label for index, label in enumerate(told)
    )


def all_facts(system: System, state: State) -> Mapping[str, Mapping[str, str]]:
    """What there is to tell of every component, by its label."""
    return {
        label: facts_of(system, index, state) for index, label in enumerate(unique_labels(system))
    }


def changes_between(system: System, before: State, after: State) -> tuple[Change, ...]:
    """What an observer would see change, budgets left out."""
    found: list[Change] = []
    for index, slot in enumerate(system.slots):
        if before[index] == after[index] or slot.kind is BudgetComponent:
            continue
        old, new = facts_of(system, index, before), facts_of(system, index, after)
        found += [
            Change(slot.label, name, old.get(name, "-"), new.get(name, "-"), KINDS[slot.kind])
            for name in dict.fromkeys([*old, *new])
            if old.get(name) != new.get(name)
        ]
    return tuple(found)
