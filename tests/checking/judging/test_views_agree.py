"""What records tell of a run is what the model shows, in every state and whatever led there."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from copy import copy
from dataclasses import fields, replace
from itertools import count
from typing import Any

import pytest

from freezeframe.observation import Ledger
from freezeframe.protocol.components import VM, Component, Host, ScheduledEvent
from freezeframe.protocol.observed import records_of
from freezeframe.protocol.policies import load_policy
from freezeframe.protocol.system import State, Step, System
from freezeframe.protocol.topology import Slot
from freezeframe.protocol.views import view_of
from tests.faulty.catalogue import PLANTED_FAULTS
from tests.fleets import CASES

TRANSITIONS_MAX = 3_000
SYSTEMS = {
    **{
        name: System(case.fleet, load_policy(case.policy))
        for name, case in CASES.items()
        if case.transitions <= TRANSITIONS_MAX
    },
    **{
        fault.name: System(fault.fleet, fault.policy(), frozenset(fault.without))
        for fault in PLANTED_FAULTS
        if fault.name in {"the agent lies", "loses memory"}
    },
}
SHOWN: dict[type[Component], tuple[str, ...]] = {
    VM: (
        "is_paused_for_maintenance",
        "is_down_for_maintenance",
        "is_resumed_for_another",
        "is_running",
        "paused_seconds",
        "memory_is_intact",
        "clock_is_right",
        "was_held_meanwhile",
        "has_failed",
        "is_settled",
    ),
    Host: (
        "is_begun",
        "is_started",
        "is_in_service",
        "has_new_software",
        "has_failed",
        "is_settled",
    ),
    ScheduledEvent: ("is_begun", "is_current", "is_started", "was_approved"),
}
"""What each view tells that does not stop at a bound of the model's own."""
_NUMBERS = count()
DURATIONS = {"paused_ms", "status_ms", "announced_ms", "fingerprints"}
"""What is known of a component and grows for ever, or is never told of a model."""


def known(ledger: Ledger, slot: Slot) -> object:
    if slot.kind is VM:
        return ledger.vm(*slot.names)
    return ledger.host(*slot.names) if slot.kind is Host else ledger.event(*slot.names)


def shown(view: object, kind: type[Component], pause_max_seconds: float) -> dict[str, Any]:
    """What a view tells, as far as the model keeps it: a pause to a bound, approvals to the end."""
    found = {name: getattr(view, name) for name in SHOWN[kind]}
    if kind is VM:
        found["paused_seconds"] = min(found["paused_seconds"], pause_max_seconds)
    if kind is ScheduledEvent:
        found["was_approved"] = found["is_current"] and found["was_approved"]
    return found


def remembered(system: System, ledger: Ledger) -> Hashable:
    """All that may make a difference to what the ledger makes of further records."""
    values = [known(ledger, slot) for slot in system.slots if slot.kind in SHOWN]
    return tuple(
        tuple(getattr(value, each.name) for each in fields(value) if each.name not in DURATIONS)  # type: ignore[arg-type]
        for value in values
    )


def told(system: System, state: State, step: Step, ledger: Ledger) -> Ledger:
    """The ledger after one more step from `state`."""
    after = copy(ledger)
    vars(after).update({name: copy(value) for name, value in vars(ledger).items()})
    now_ms = after.now_ms or 0
    known_already = len(list(records_of(system, [], [state]))) - 1
    records = list(records_of(system, [step.instance], [state, step.state]))[known_already:]
    for record in records:
        alone = replace(record, source=f"record {next(_NUMBERS)}", sequence=1)
        after.fold(replace(alone, monotonic_ms=now_ms + record.monotonic_ms))
    return after


@pytest.mark.parametrize("name", SYSTEMS)
def test_views_are_the_same_whatever_led_to_a_state(name: str) -> None:
    """Runs that the model takes for one and records do not are both followed."""
    system = SYSTEMS[name]
    pause_max_seconds = system.settings.seconds(system.settings.longest_pause)
    began = Ledger(system.fleet.limits, attempts=system.fleet.update.attempts)
    for record in records_of(system, [], [system.initial]):
        began.fold(record)
    queue = deque([(system.initial, began)])
    met = {(system.initial, remembered(system, began))}
    while queue:
        state, ledger = queue.popleft()
        for step in system.steps(state):
            after = told(system, state, step, ledger)
            for slot, value in zip(system.slots, step.state, strict=True):
                if slot.kind in SHOWN:
                    model = view_of(slot.kind(value), system.settings)
                    told_of = shown(known(after, slot), slot.kind, pause_max_seconds)
                    assert told_of == shown(model, slot.kind, pause_max_seconds), (step, slot)
            met_now = step.state, remembered(system, after)
            if met_now not in met:
                met.add(met_now)
                queue.append((step.state, after))
    assert len(met) >= len({state for state, _ in met}) > 1
