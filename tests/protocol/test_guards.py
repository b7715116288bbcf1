"""Guards have names that can be typed, and a rule lists those that it asks."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freezeframe.protocol import POLICIES, System, load_policy
from freezeframe.protocol.guards import guard_name
from freezeframe.protocol.policies import STANDARD_RULES
from tests.fleets import CASES


@given(st.text(min_size=1))
def test_guard_names_can_be_typed_on_a_command_line(sentence: str) -> None:
    name = guard_name("pause", sentence)
    assert re.fullmatch(r"pause/([a-z0-9]+(-[a-z0-9]+)*)?", name)


def test_guard_names_are_unique_in_a_rule() -> None:
    for each in STANDARD_RULES:
        sentences = [guard.sentence for guard in each.guards.values()]
        assert len(set(sentences)) == len(sentences)
        assert all(name.startswith(f"{each.name}/") for name in each.guards)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_rule_lists_its_guards_in_the_order_in_which_they_are_met(policy: str) -> None:
    """Where all guards are switched off, all are met; those that a rule lists and no other."""
    rules = {each.name: each for each in load_policy(policy).rules()}
    every_guard = frozenset(guard for each in rules.values() for guard in each.guards)
    for case in CASES.values():
        system = System(case.fleet, load_policy(policy), every_guard)
        states = [system.initial, *(step.state for step in system.steps(system.initial))]
        for instance in system.instances:
            listed = list(rules[instance.rule.cut_short or instance.rule.name].guards)
            for state in states:
                met = [
                    guard
                    for part in instance.parts
                    for guard, _ in system.evaluate(
                        part.form, [state[slot] for slot in part.slots]
                    ).guards
                ]
                first_met = list(dict.fromkeys(met))
                assert [guard for guard in listed if guard in first_met] == first_met


def test_a_guard_tells_why_it_stays_in_a_literal_or_a_constant() -> None:
    guards = {name: g for each in STANDARD_RULES for name, g in each.guards.items()}
    literal = guards["move/the-vm-is-running-or-stopped"]
    constant = guards["pause/the-vm-was-seen-running"]
    assert "QEMU" in literal.stays
    assert "hypervisor refuses" in constant.stays
    assert guards["pause/the-host-is-quiescing"].stays == ""
