"""Coverage of an explored space, against a search in plain Python over the rules."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from freezeframe.checking.search import coverage
from freezeframe.checking.search.coverage import all_pulls, coverage_of, pulls_taken, row_name
from freezeframe.checking.search.explorer import explore
from freezeframe.fleet import CustomerActions, Faults, example
from freezeframe.lifecycles import ALL, Lifecycle
from freezeframe.protocol.components import AvailabilitySet, Host
from freezeframe.protocol.language import RuleFunction, require
from freezeframe.protocol.policies import OneUpdateDomain, load_policy
from freezeframe.protocol.system import State, Step, System

if TYPE_CHECKING:
    from freezeframe.protocol.language import Pull

ONE_VM = example("one-vm")
FLEETS = (
    ONE_VM,
    replace(ONE_VM, name="faults", faults=Faults(update_failure=1, resume_failure=1)),
    replace(
        ONE_VM,
        name="customer",
        faults=Faults(power_loss=1),
        customer=CustomerActions(stop=1, start=1, suspend=1),
    ),
)
EACH_FLEET = pytest.mark.parametrize("fleet_number", range(len(FLEETS)))


@cache
def system(fleet_number: int) -> System:
    return System(FLEETS[fleet_number], load_policy("one-update-domain"))


@cache
def steps_from_everywhere(fleet_number: int) -> dict[State, tuple[Step, ...]]:
    """Every reachable state with its steps: breadth first, in plain Python, by the rules alone."""
    asked = system(fleet_number)
    found: dict[State, tuple[Step, ...]] = {}
    waiting = [asked.initial]
    while waiting:
        state = waiting.pop()
        if state not in found:
            found[state] = tuple(asked.steps(state))
            waiting += [step.state for step in found[state]]
    return found


def pulls_by_the_rules(fleet_number: int) -> set[Pull]:
    asked = system(fleet_number)
    return {
        pull
        for state, steps in steps_from_everywhere(fleet_number).items()
        for step in steps
        if step.instance is not None
        for part in step.instance.parts
        for pull in asked.evaluate(part.form, [state[slot] for slot in part.slots]).pulls
    }


@EACH_FLEET
def test_rows_are_those_that_some_step_takes(fleet_number: int) -> None:
    assert pulls_taken(explore(system(fleet_number))) == pulls_by_the_rules(fleet_number)


@EACH_FLEET
def test_rows_explain_every_change_of_a_status(fleet_number: int) -> None:
    asked = system(fleet_number)
    changes = {
        (slot.kind.__name__, before[index][0], step.state[index][0])
        for before, steps in steps_from_everywhere(fleet_number).items()
        for step in steps
        for index, slot in enumerate(asked.slots)
        if "status" in slot.kind.FIELDS and before[index][0] is not step.state[index][0]
    }
    tables: dict[str, Lifecycle[Any]] = {table.name: table for table in ALL}
    kinds = {"VM": "VM", "host": "Host", "scheduled event": "ScheduledEvent"}
    explained = set()
    for name, source, trigger in pulls_taken(explore(asked)):
        state = tables[name].states(source)
        explained.add((kinds[name], state, tables[name].destination(state, trigger)))
    assert changes == {(kind, old, new) for kind, old, new in explained if old is not new}


@EACH_FLEET
def test_rows_are_the_same_however_the_edges_are_cut_into_chunks(
    fleet_number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = explore(system(fleet_number))
    whole = pulls_taken(space)
    monkeypatch.setattr(coverage, "_FIRST_EDGES", 3)
    monkeypatch.setattr(coverage, "_CHUNK", 2)
    assert pulls_taken(space) == whole
    assert coverage_of(space).values == by_the_rules(fleet_number)


def by_the_rules(fleet_number: int) -> dict[str, int]:
    values: dict[str, set[object]] = {}
    for state in steps_from_everywhere(fleet_number):
        for slot, value in zip(system(fleet_number).slots, state, strict=True):
            values.setdefault(slot.kind.__name__, set()).add(value)
    return {kind: len(each) for kind, each in values.items()}


@EACH_FLEET
def test_values_are_counted_for_each_kind_of_component(fleet_number: int) -> None:
    assert coverage_of(explore(system(fleet_number))).values == by_the_rules(fleet_number)


@EACH_FLEET
def test_rules_are_those_that_fired(fleet_number: int) -> None:
    fired = {
        step.instance.rule.name
        for steps in steps_from_everywhere(fleet_number).values()
        for step in steps
        if step.instance is not None
    }
    rules = coverage_of(explore(system(fleet_number))).rules
    assert {name for name, has_fired in rules.items() if has_fired} == fired
    assert set(rules) == {rule.name for rule in system(fleet_number).rules}


def never(host: Host, availability_set: AvailabilitySet) -> None:  # noqa: ARG001 (names the head's host)
    require(False, "pigs fly")  # noqa: FBT003 (how guards are written)


class Never(OneUpdateDomain):
    """Lets no host of any set begin."""

    def begins(self) -> tuple[RuleFunction, ...]:
        return (never,)


def test_a_row_that_another_part_of_its_rule_always_blocks_is_not_taken() -> None:
    space = explore(System(example("two-tiers"), Never()))
    asked_for = set().union(*(coverage.pulls_of(form) for form in space.tables.forms))
    schedule = ("host", "in service", "schedule")
    assert schedule in asked_for
    assert schedule not in pulls_taken(space)
    assert not coverage_of(space).rows[row_name(schedule)]


def test_all_rows_are_counted_taken_or_not() -> None:
    rows = coverage_of(explore(system(0))).rows
    assert len(rows) == sum(len(table.edges()) for table in ALL) == len(all_pulls())
    assert rows["VM: running -begin_pause-> pausing"]
    assert not rows["VM: paused -stop-> stopped"]


def test_an_incomplete_search_counts_only_what_it_explored() -> None:
    space = explore(system(0), max_states=2)
    assert not space.is_complete
    assert pulls_taken(space) == {
        ("host", "in service", "schedule"),
        ("scheduled event", "unannounced", "announce"),
    }
