"""The state of a component in words, and what a step changed."""

from __future__ import annotations

from collections.abc import Mapping

from freezeframe.protocol.components import VM, AvailabilitySet, Host, ScheduledEvent
from freezeframe.protocol.components import Alarm as AlarmComponent
from freezeframe.protocol.components import Budget as BudgetComponent
from freezeframe.protocol.components import Controller as ControllerComponent
from freezeframe.protocol.system import State, System

from .verdicts import Change


def facts_of(system: System, slot: int, state: State) -> dict[str, str]:
    """What there is to tell of one component; only what differs from the ordinary, besides its
    status.
    """
    described = system.slots[slot]
    component = described.kind(state[slot])
    match component:
        case VM():
            facts = {"status": component.status.value}
            places = system.topology.places(described.names[0])
            facts["host"] = places[component.place]
            facts["memory"] = "intact" if component.memory_intact else "lost"
            facts["clock"] = "right" if component.clock_right else "behind"
            facts["held by"] = component.holder.value
            if component.seen is not component.status:
                facts["seen as"] = component.seen.value
            if component.echo is not None:
                facts["repeated event"] = component.echo.value
            if component.is_deaf:
                facts["next event"] = "will be lost"
            return facts
        case Host():
            facts = {"status": component.status.value}
            facts["software"] = "new" if component.has_new_software else "old"
            if component.is_hung:
                facts["update"] = "hangs"
            return facts
        case AvailabilitySet():
            lane = "none" if component.lane is None else str(component.lane)
            return {"status": component.status.value, "domain": lane}
        case ScheduledEvent():
            return {"status": component.status.value}
        case AlarmComponent():
            return {"status": "raised" if component.is_raised else "clear"}
        case ControllerComponent():
            return {"status": "up" if component.is_up else "down"}
        case BudgetComponent():
            return {"left": str(component.left)}
    raise TypeError(f"expected a component of the protocol, found {described.kind.__name__}")


def all_facts(system: System, state: State) -> Mapping[str, Mapping[str, str]]:
    """What there is to tell of every component, by its label."""
    return {slot.label: facts_of(system, index, state) for index, slot in enumerate(system.slots)}


def changes_between(system: System, before: State, after: State) -> tuple[Change, ...]:
    """What an observer would see change, budgets left out."""
    found: list[Change] = []
    for index, slot in enumerate(system.slots):
        if before[index] == after[index] or slot.kind is BudgetComponent:
            continue
        old, new = facts_of(system, index, before), facts_of(system, index, after)
        found += [
            Change(slot.label, name, old.get(name, "-"), new.get(name, "-"))
            for name in dict.fromkeys([*old, *new])
            if old.get(name) != new.get(name)
        ]
    return tuple(found)
