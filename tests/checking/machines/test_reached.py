"""What runs reached is counted against what there is, and never more than there is."""

from __future__ import annotations

import re

import pytest

from freezeframe.checking import fleet_machine
from freezeframe.checking.check import check
from freezeframe.checking.machines.hunting import machine_settings, run_machine
from freezeframe.checking.machines.machine import FleetMachine
from freezeframe.checking.machines.reached import coverage_lines
from freezeframe.properties import ALL
from freezeframe.protocol.policies import load_policy
from tests.fleets import CASES

COMPLETE = "nothing goes wrong"


def run(name: str, examples: int) -> type[FleetMachine]:
    """A machine that has run without finding anything."""
    machine = fleet_machine(CASES[name].fleet, policy=CASES[name].policy)
    assert run_machine(machine, machine_settings(examples, 40), 0) is None
    return machine


@pytest.mark.parametrize("name", ["power fails", "updates hang and fail, operators cancel"])
def test_runs_reach_nothing_that_the_search_does_not(name: str) -> None:
    """Rules and guard outcomes are the search's or fewer, and so is the number of states."""
    reached = run(name, 10).kit.reached
    result = check(CASES[name].fleet, load_policy(CASES[name].policy), ALL)
    guards = {(g, outcome) for g, seen in result.coverage.guards.items() for outcome in seen}
    assert 0 < len(reached.states) <= result.states
    assert reached.rules <= {rule for rule, fired in result.coverage.rules.items() if fired}
    assert reached.guards <= guards


def test_enough_runs_reach_nearly_all_of_a_small_fleet() -> None:
    """All rules and outcomes of guards, and of the states no fewer than nine of ten."""
    machine = run(COMPLETE, 20)
    result = check(CASES[COMPLETE].fleet, load_policy("one-update-domain"), ALL)
    lines = coverage_lines(machine.kit.lookup, machine.kit.reached, result)
    states = len(machine.kit.reached.states)
    assert states >= 0.9 * result.states
    assert any(line.startswith(f"states: {states} of {result.states} states") for line in lines)
    for kind in ("rules", "guard outcomes"):
        line = next(each for each in lines if each.startswith(kind))
        some, of = re.findall(r"\d+", line)
        assert some == of


def test_against_an_incomplete_search_there_is_at_least_so_much() -> None:
    """The summary does not claim to know what was not explored."""
    machine = run(COMPLETE, 3)
    result = check(CASES[COMPLETE].fleet, load_policy("one-update-domain"), ALL, max_states=40)
    lines = coverage_lines(machine.kit.lookup, machine.kit.reached, result)
    assert any("of at least" in line for line in lines if line.startswith("states"))
    assert any(line.endswith("found so far") for line in lines if line.startswith("rules"))


def test_what_no_run_can_prove_is_inconclusive() -> None:
    """Promises for the end of all runs are not counted as kept."""
    machine = run(COMPLETE, 3)
    lines = coverage_lines(machine.kit.lookup, machine.kit.reached, None)
    told = {line.partition(":")[0]: line for line in lines}
    assert "inconclusive" in told["no_vm_left_paused"]
    assert "inconclusive" in told["maintenance_completes"]
    assert told["an_update_succeeds"] == "an_update_succeeds: seen"
    assert "declared" in told["rules"]
