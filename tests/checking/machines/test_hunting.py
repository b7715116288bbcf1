"""Violations are found by Hypothesis, the same ones each time, and none where there is none."""

from __future__ import annotations

import pytest

from freezeframe.checking import find_violation
from freezeframe.protocol.policies import OneUpdateDomain
from tests.faulty.catalogue import PLANTED_FAULTS
from tests.fleets import CASES

BY_NAME = {fault.name: fault for fault in PLANTED_FAULTS}


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
