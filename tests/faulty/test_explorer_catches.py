"""The explorer catches every planted fault by its promise, and nothing where none is planted."""

from __future__ import annotations

import pytest

from freezeframe.checking.check import check
from freezeframe.checking.judging import judge
from freezeframe.protocol.policies import OneUpdateDomain
from freezeframe.reporting import Verdict

from .catalogue import PLANTED_FAULTS
from .planted import PlantedFault


@pytest.mark.parametrize("fault", PLANTED_FAULTS, ids=lambda fault: fault.name)
def test_breaks_just_the_promise_meant_for_it(fault: PlantedFault) -> None:
    """The promise is broken with the fault and kept without it, the counterexample is of it, and
    what is recorded of that run is judged alike.
    """
    faulty = check(fault.fleet, fault.policy(), without=fault.without)
    results = {each.name: each for each in faulty.properties}
    assert results[fault.breaks].verdict is Verdict.VIOLATED
    found = results[fault.breaks].counterexample
    assert found is not None
    assert found.steps
    judged = judge(found.records, fault.fleet)
    assert fault.breaks in {each.property.name for each in judged.violations}
    sound = {each.name: each for each in check(fault.fleet, OneUpdateDomain()).properties}
    assert sound[fault.breaks].verdict is Verdict.HOLDS


def test_at_least_thirty_are_planted() -> None:
    """Names are unique, so that each is a fault of its own."""
    assert len({fault.name for fault in PLANTED_FAULTS}) == len(PLANTED_FAULTS) >= 30


def test_every_promise_is_broken_by_one() -> None:
    """A promise that nothing can break would be worth nothing."""
    from freezeframe.properties import PROMISES  # noqa: PLC0415

    assert {fault.breaks for fault in PLANTED_FAULTS} == {each.name for each in PROMISES}
