"""Hypothesis catches every planted fault by its promise, and tells it as the explorer does."""

from __future__ import annotations

import pytest

from freezeframe.checking import find_violation
from freezeframe.checking.check import check
from freezeframe.properties import PROMISES

from .catalogue import PLANTED_FAULTS
from .planted import PlantedFault


@pytest.mark.parametrize("fault", PLANTED_FAULTS, ids=lambda fault: fault.name)
def test_breaks_the_promise_meant_for_it(fault: PlantedFault) -> None:
    """It is asked of that promise alone, so no other can be the one that is caught. The
    counterexample equals the explorer's in every step, time, change and subject.
    """
    meant = tuple(each for each in PROMISES if each.name == fault.breaks)
    found = find_violation(fault.fleet, fault.policy(), without=fault.without, properties=meant)
    assert found is not None
    assert found.property_name == fault.breaks
    assert found.steps
    (explored,) = check(fault.fleet, fault.policy(), meant, without=fault.without).properties
    assert found == explored.counterexample
