"""A system is its rules, taken together with whoever they concern, and nothing more."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pytest

from freezeframe.fleet import CustomerActions, Faults, Fleet, OperatorActions
from freezeframe.lifecycles import EventStatus, HostStatus, SetStatus, VmStatus
from freezeframe.protocol.components import VM, Component, Controller, Host
from freezeframe.protocol.instances import ModelError
from freezeframe.protocol.language import Actor, Rule, rule
from freezeframe.protocol.policies import STANDARD_RULES, OneUpdateDomain
from freezeframe.protocol.system import State, System
from tests.fleets import CASES, A, B, V, one_set, one_vm


class Extended(OneUpdateDomain):
    """The usual rules and some more."""

    def __init__(self, *more: Rule) -> None:
        """Add `more`."""
        self.more = more

    def rules(self) -> tuple[Rule, ...]:
        return (*super().rules(), *self.more)


def component(system: System, state: State, label: str) -> Component:
    number = next(i for i, slot in enumerate(system.slots) if slot.label == label)
    return system.slots[number].kind(state[number])


def taken(system: System, state: State, move: str) -> State:
    """The state after the instance that prints as `move`, which must be possible."""
    instance = next(each for each in system.instances if str(each) == move)
    after = system.apply(state, instance)
    assert after is not None, f"{move} is not possible"
    return after


def possible(system: System, state: State) -> set[str]:
    return {str(step.instance or "wait") for step in system.steps(state)}


def test_maintenance_of_one_vm_from_beginning_to_end() -> None:
    system = System(one_vm(), OneUpdateDomain())
    state = system.initial
    for move, host, vm, event in (
        ("schedule a", "scheduled", "running", "scheduled"),
        ("approve a/v", "scheduled", "running", "approved"),
        ("quiesce a", "quiescing", "running", "started"),
        ("pause a v", "quiescing", "pausing", "started"),
        ("pause_completed v", "quiescing", "paused", "started"),
        ("begin_update a", "updating", "paused", "started"),
        ("wait", "updating", "paused", "started"),
        ("update_completed a", "restoring", "paused", "started"),
        ("resume a v", "restoring", "resuming", "started"),
        ("resume_completed v", "restoring", "resumed", "started"),
        ("set_clock v", "restoring", "running", "started"),
        ("return_to_service a", "in service", "running", "completed"),
    ):
        after = system.apply(state, None) if move == "wait" else taken(system, state, move)
        assert after is not None
        state = after
        statuses = [component(system, state, label).status for label in ("a", "v", "a/v")]  # type: ignore[attr-defined]
        assert statuses == [HostStatus(host), VmStatus(vm), EventStatus(event)]
    assert possible(system, state) == {"wait"}


def test_time_waits_for_what_is_due() -> None:
    system = System(one_vm(), OneUpdateDomain())
    state = taken(system, system.initial, "schedule a")
    assert "wait" in possible(system, state)
    state = taken(system, taken(system, state, "approve a/v"), "quiesce a")
    assert possible(system, state) == {"pause a v"}
    assert system.apply(state, None) is None


def test_all_functions_of_a_rule_are_taken_at_one_instant() -> None:
    """A host that enters maintenance enters each of its sets, and tells each of its tenants."""
    system = System(one_set(), OneUpdateDomain())
    state = taken(system, system.initial, "schedule a")
    web = component(system, state, "web")
    assert (web.status, web.lane, web.hosts) == (SetStatus.MAINTAINING, 0, 1)  # type: ignore[attr-defined]
    event = component(system, state, "a/web")
    assert event.status is EventStatus.SCHEDULED  # type: ignore[attr-defined]
    assert "schedule b" not in possible(system, state)


def test_a_rule_is_possible_only_with_all_its_functions() -> None:
    system = System(one_vm(vms=(V, replace(V, name="w"))), OneUpdateDomain())
    state = taken(system, system.initial, "schedule a")
    state = taken(system, state, "approve a/v")
    assert "quiesce a" not in possible(system, state)
    assert "quiesce a" in possible(system, taken(system, state, "approve a/w"))


def test_steps_and_apply_agree() -> None:
    system = System(CASES["power fails beneath a set"].fleet, OneUpdateDomain())
    states = [system.initial]
    for state in islice(states, 40):  # grows while it is walked
        by_steps = {step.instance: step.state for step in system.steps(state)}
        by_apply = {each: system.apply(state, each) for each in (*system.instances, None)}
        assert by_steps == {each: after for each, after in by_apply.items() if after is not None}
        states += by_steps.values()


def test_a_vm_that_is_elsewhere_takes_no_part() -> None:
    fleet = one_vm(
        hosts=(A, B),
        vms=(replace(V, may_move_to=("b",)),),
        customer=CustomerActions(move=1),
    )
    system = System(fleet, OneUpdateDomain())
    moved = taken(system, system.initial, "move a v b")
    assert component(system, moved, "v").place == 1  # type: ignore[attr-defined]
    # Its customer has no move left, and host a is now empty: nothing has to be paused there.
    assert not any(move.startswith("move") for move in possible(system, moved))
    state = taken(system, moved, "schedule a")
    state = taken(system, taken(system, state, "approve a/v"), "quiesce a")
    assert possible(system, state) == {"schedule b", "begin_update a"}


def test_a_controller_that_is_down_does_nothing() -> None:
    system = System(one_vm(faults=Faults(controller_crash=1)), OneUpdateDomain())
    state = taken(system, system.initial, "crash_controller")
    actors = {step.instance.rule.actor for step in system.steps(state) if step.instance}
    assert Actor.CONTROLLER not in actors
    assert "restart_controller" in possible(system, state)


def test_what_is_counted_happens_as_often_as_that() -> None:
    system = System(one_vm(operator=OperatorActions(cancel=2)), OneUpdateDomain())
    state = system.initial
    for _ in range(2):
        state = taken(system, taken(system, state, "schedule a"), "cancel a")
    assert "cancel a" not in possible(system, taken(system, state, "schedule a"))


def test_what_a_fleet_does_not_allow_has_no_instance() -> None:
    names = {each.name for each in System(one_vm(), OneUpdateDomain()).rules}
    for each in STANDARD_RULES:
        if each.budget or each.occasions:
            assert each.name not in names
    assert "pause" in names


@pytest.mark.parametrize("cause", ["suspend", "io_error"])
def test_a_rule_has_an_occasion_if_any_of_its_causes_is_allowed(cause: str) -> None:
    faults = Faults(io_error=cause == "io_error")
    customer = CustomerActions(suspend=cause == "suspend")
    system = System(one_vm(faults=faults, customer=customer), OneUpdateDomain())
    assert "release" in {each.name for each in system.rules}


def test_a_guard_that_is_switched_off_is_not_asked() -> None:
    guard = "quiesce/each-tenant-approved-or-had-its-notice"
    whole, without = (
        System(one_vm(), OneUpdateDomain(), frozenset(names)) for names in ((), (guard,))
    )
    state = taken(whole, whole.initial, "schedule a")
    assert "quiesce a" not in possible(whole, state)
    assert "quiesce a" in possible(without, state)


def test_only_the_head_may_change_the_heads_components() -> None:
    def meddle(host: Host, vm: VM) -> None:  # noqa: ARG001 (one for each VM)
        host.attempts_left = 7

    @rule(actor=Actor.FAULT, each=(meddle,))
    def strike(host: Host) -> None:
        """Something strikes."""

    system = System(one_vm(), Extended(strike))
    with pytest.raises(ModelError, match="rule strike: meddle changed Host, which belongs to"):
        list(system.steps(system.initial))


def test_what_is_written_without_being_read_is_written() -> None:
    """And counts as accessed, for what is done then depends on what else the component holds."""

    @rule(actor=Actor.FAULT)
    def blind(vm: VM, controller: Controller) -> None:  # noqa: ARG001 (not looked at)
        """Memory is lost."""
        vm.memory_intact = False

    system = System(one_vm(), Extended(blind))
    state = taken(system, system.initial, "blind v")
    assert component(system, state, "v").memory_intact is False  # type: ignore[attr-defined]
    part = next(each for each in system.instances if str(each) == "blind v").parts[0]
    outcome = system.evaluate(part.form, [system.initial[slot] for slot in part.slots])
    assert outcome.touched == (0,)


def test_instances_are_told_by_their_rule_and_subjects() -> None:
    names = [str(each) for each in System(one_set(), OneUpdateDomain()).instances]
    assert len(set(names)) == len(names)
    assert {"pause a web-0", "pause b web-1", "settle web", "clear_alarm"} <= set(names)
    assert "pause a web-1" not in names


def _states(fleet: Fleet, count: int, tick_ms: int | None = None) -> tuple[System, list[State]]:
    """A system, and the first states that a breadth-first search of it meets."""
    system = System(fleet, OneUpdateDomain(), tick_ms=tick_ms)
    states = [system.initial]
    known = {system.initial}
    for state in islice(states, count):  # grows while it is walked
        for step in system.steps(state):
            if step.state not in known:
                known.add(step.state)
                states.append(step.state)
    return system, states[:count]


@pytest.mark.parametrize("name", ["updates hang and fail, operators cancel", "usual durations"])
def test_time_can_pass_many_units_at_once(name: str) -> None:
    system, states = _states(CASES[name].fleet, 400)
    for state in states:
        for slot, value in enumerate(state):
            by_one = value
            for _ in range(3):
                by_one = system.tick(slot, by_one)
            assert system.tick(slot, value, 3) == by_one


@pytest.mark.parametrize("name", ["updates hang and fail, operators cancel", "usual durations"])
def test_an_outcome_stays_as_it_is_until_the_time_it_tells(name: str) -> None:
    """With a finer unit than need be there are units in which nothing may alter."""
    system, states = _states(CASES[name].fleet, 1_500, tick_ms=500)
    altered = 0
    for state in states:
        for part in {part for instance in system.instances for part in instance.parts}:
            values = [state[slot] for slot in part.slots]
            told = system.evaluate(part.form, values)
            later = [system.tick(slot, state[slot]) for slot in part.slots]
            after = system.evaluate(part.form, later)
            is_same = (told.is_enabled, told.is_due) == (after.is_enabled, after.is_due)
            assert is_same or told.alters_in == 1
            altered += not is_same
    assert altered
