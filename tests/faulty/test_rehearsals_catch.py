"""The runner driven by every planted fault: a rehearsal tells each, and the same rehearsal without
it is clean.
"""

from __future__ import annotations

import pytest

from .catalogue import PLANTED_FAULTS
from .planted import PlantedFault
from .trials import CHOICES, MASKED, TRIALS, attempt, tried

SHOWN = [fault for fault in PLANTED_FAULTS if fault.name not in MASKED]
HIDDEN = [fault for fault in PLANTED_FAULTS if fault.name in MASKED]


@pytest.mark.parametrize("fault", SHOWN, ids=lambda fault: fault.name)
def test_is_told_by_the_sign_meant_for_it(fault: PlantedFault) -> None:
    """By the promise that it breaks in the model, if `TRIALS` says nothing else."""
    sign, told = tried(fault)
    assert sign in told


@pytest.mark.parametrize("fault", HIDDEN, ids=lambda fault: fault.name)
def test_changes_nothing_that_the_runner_does(fault: PlantedFault) -> None:
    """Whoever makes the runner depend on it finds it here, and is to give it a trial."""
    planted = {"policy": fault.policy, "without": frozenset(fault.without)}
    for choices in CHOICES[:4]:
        for deaths in ((), (16,)):
            wrong = attempt(fault.fleet, choices(), deaths, planted)
            right = attempt(fault.fleet, choices(), deaths, {})
            assert wrong.world.observer.records == right.world.observer.records


def test_every_trial_is_of_a_planted_fault() -> None:
    """And says why it is not as in the model, where it is not told by the same promise."""
    names = {fault.name for fault in PLANTED_FAULTS}
    assert TRIALS.keys() | MASKED.keys() <= names
    assert not TRIALS.keys() & MASKED.keys()
    assert all(trial.why for trial in TRIALS.values() if trial.sign or trial.planted)
