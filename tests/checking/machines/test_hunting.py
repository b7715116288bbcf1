"""Violations are found by Hypothesis, the same ones each time, and told as the explorer does."""

from __future__ import annotations

import pytest

from freezeframe.checking import find_violation
from freezeframe.checking.check import check
from freezeframe.properties import PROMISES
from freezeframe.protocol.policies import OneUpdateDomain
from tests.faulty.catalogue import PLANTED_FAULTS
from tests.fleets import CASES

BY_NAME = {fault.name: fault for fault in PLANTED_FAULTS}


@pytest.mark.parametrize(
    "name",
    [
        "locks one set only",
        "done before its VMs run",
        "forgets the rollback",
        "never resumes",
        "holds and waits",
    ],
)
def test_the_same_counterexample_is_told_whichever_way_it_was_found(name: str) -> None:
    """Equal in every step, time, change and subject."""
    fault = BY_NAME[name]
    meant = [each for each in PROMISES if each.name == fault.breaks]
    options = {"without": fault.without, "properties": meant}
    found = find_violation(fault.fleet, fault.policy(), **options)  # type: ignore[arg-type]
    explored = check(fault.fleet, fault.policy(), meant, without=fault.without, max_states=200_000)
    assert found == explored.properties[0].counterexample


def test_the_same_arguments_find_the_same() -> None:
    """Nothing depends on the clock, the database or an earlier run."""
    fault = BY_NAME["sets clocks on the first resume only"]
    one, other = (find_violation(fault.fleet, fault.policy()) for _ in range(2))
    assert one is not None
    assert one == other


@pytest.mark.parametrize("name", ["power fails", "customers come and go", "two sets share a host"])
def test_nothing_is_found_where_all_holds(name: str) -> None:
    """A sound policy passes, whatever goes wrong within the budgets."""
    found = find_violation(CASES[name].fleet, OneUpdateDomain(), max_examples=15)
    assert found is None
