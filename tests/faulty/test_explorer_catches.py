"""The explorer catches every planted fault by its promise, and nothing where none is planted."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache

import pytest

from freezeframe.checking.check import check
from freezeframe.checking.judging import judge
from freezeframe.protocol.policies import OneUpdateDomain
from freezeframe.reporting import Counterexample, Verdict

from .catalogue import PLANTED_FAULTS
from .planted import PlantedFault

VARIANTS = {
    "all at once": "without schedule/no-other-domain-of-the-set-is-under-maintenance",
    "goes on with what was scheduled": "without quiesce/no-failure-waits-for-an-operator",
    "announces nothing": "without quiesce/each-tenant-approved-or-had-its-notice",
    "pauses for every update": "without pause/the-update-preserves-the-vm",
    "shuts down what it could pause": "without shut_down/the-update-cannot-preserve-the-vm",
    "updates beneath running VMs": (
        "without begin_update/every-vm-on-the-host-was-seen-to-stand-still"
    ),
    "keeps no journal of pauses": "without return_to_service/maintenance-holds-no-vm-of-the-host",
    "never sets clocks": ("without return_to_service/every-resumed-vm-was-seen-with-its-clock-set"),
    "believes old events": "without believe/the-event-is-not-older-than-what-was-seen",
    "sounds no alarm": "continues after failure",
}
"""Faults whose counterexample is step by step that of another: made otherwise, the same harm."""


@cache
def harm_of(fault: PlantedFault) -> Counterexample:
    """The counterexample to the promise that a fault is meant to break."""
    faulty = check(fault.fleet, fault.policy(), without=fault.without)
    results = {each.name: each for each in faulty.properties}
    assert results[fault.breaks].verdict is Verdict.VIOLATED
    found = results[fault.breaks].counterexample
    assert found is not None
    return found


@pytest.mark.parametrize("fault", PLANTED_FAULTS, ids=lambda fault: fault.name)
def test_breaks_a_promise_that_is_kept_without_it(fault: PlantedFault) -> None:
    """Maybe others as well. The counterexample is of that promise, and what is recorded of that run
    is judged alike.
    """
    found = harm_of(fault)
    assert found.steps
    judged = judge(found.records, fault.fleet)
    assert fault.breaks in {each.property.name for each in judged.violations}
    sound = {each.name: each for each in check(fault.fleet, OneUpdateDomain()).properties}
    assert sound[fault.breaks].verdict is Verdict.HOLDS


def test_at_least_thirty_do_harm_of_their_own() -> None:
    """Those that look like another are counted as variants of it, whatever they are called."""
    first: dict[Hashable, str] = {}
    variants = {}
    for fault in PLANTED_FAULTS:
        steps = ((step.at_seconds, step.rule, step.subjects) for step in harm_of(fault).steps)
        looks = (fault.breaks, tuple(steps))
        if looks in first:
            variants[fault.name] = first[looks]
        first.setdefault(looks, fault.name)
    assert variants == VARIANTS
    assert len(first) >= 30


def test_every_promise_is_broken_by_one() -> None:
    """A promise that nothing can break would be worth nothing."""
    from freezeframe.properties import PROMISES  # noqa: PLC0415

    assert {fault.breaks for fault in PLANTED_FAULTS} == {each.name for each in PROMISES}
