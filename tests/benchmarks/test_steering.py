"""What Hypothesis's runs reach with `hypothesis.target` and without, seed by seed the same number
of runs; the figures are printed.
"""

from __future__ import annotations

import pytest

from freezeframe.checking import fleet_machine
from freezeframe.checking.machines.hunting import machine_settings, run_machine
from freezeframe.checking.machines.reached import Reached
from freezeframe.fleet import Fleet, example
from tests.checking.big_fleets import big_fleet

SEEDS = 3


def reached(fleet: Fleet, runs: int, seed: int, *, uses_target: bool) -> Reached:
    machine = fleet_machine(fleet, policy="one-update-domain", uses_target=uses_target)
    assert run_machine(machine, machine_settings(runs, 40), seed) is None
    return machine.kit.reached


@pytest.mark.parametrize(
    ("fleet", "runs"),
    [(example("two-tiers"), 60), (example("eventful"), 60), (big_fleet(), 8)],
    ids=lambda each: each.name if isinstance(each, Fleet) else str(each),
)
def test_what_is_reached(fleet: Fleet, runs: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Each seed alone, for their spread; all met the same witness."""
    for uses_target in (False, True):
        found = [reached(fleet, runs, seed, uses_target=uses_target) for seed in range(SEEDS)]
        assert {"an_update_succeeds"} <= set.intersection(*(each.witnessed for each in found))
        states = ", ".join(f"{len(each.states):,}" for each in found)
        guards = ", ".join(str(len(each.guards)) for each in found)
        how = "with" if uses_target else "without"
        with capsys.disabled():
            print(f"\n{fleet.name}, {how} target: states {states}; guard outcomes {guards}")  # noqa: T201 (the figures)
