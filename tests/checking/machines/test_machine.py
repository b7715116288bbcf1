"""Machines are the model's own rules, and what they find can be run again as it is printed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import Phase, Verbosity, settings

from freezeframe.checking import fleet_machine
from freezeframe.checking.machines.broken import PromiseBroken
from freezeframe.checking.machines.hunting import machine_settings, run_machine
from freezeframe.checking.machines.machine import FleetMachine
from freezeframe.fleet import Faults, Fleet
from freezeframe.properties import PROMISES
from freezeframe.protocol.components import VM
from freezeframe.protocol.instances import ModelError
from freezeframe.protocol.language import Actor, Rule, require, rule
from freezeframe.protocol.policies import OneUpdateDomain
from freezeframe.reporting.timeline import render_counterexample
from tests.checking.big_fleets import big_fleet
from tests.faulty import planted_fleets
from tests.fleets import SHORT_NOTICE, one_set, one_vm

POLICY = "one-update-domain"
NOTICE = "quiesce/each-tenant-approved-or-had-its-notice"
NO_OTHER_DOMAIN = "schedule/no-other-domain-of-the-set-is-under-maintenance"
SEEN_STILL = "begin_update/every-vm-on-the-host-was-seen-to-stand-still"
ABANDONS = "abandon/the-time-left-is-just-enough-to-resume"


def broken_by(fleet: Fleet, without: str, examples: int = 60) -> PromiseBroken:
    machine = fleet_machine(fleet, policy=POLICY, without=[without])
    broken = run_machine(machine, machine_settings(examples, 40), 0)
    assert broken is not None
    return broken


@pytest.mark.parametrize("without", [NOTICE, NO_OTHER_DOMAIN, SEEN_STILL])
def test_what_is_printed_is_a_program_that_breaks_the_promise(without: str) -> None:
    """Every line but the last is taken without harm; the last breaks the same promise."""
    fleet = one_set(limits=SHORT_NOTICE)
    broken = broken_by(fleet, without)
    machine = fleet_machine(fleet, policy=POLICY, without=[without])
    lines = broken.program.splitlines()
    names: dict[str, object] = {"Fleet": machine}
    for line in lines[:-1]:
        exec(line, names)  # noqa: S102 (a program that we have just printed)
    with pytest.raises(PromiseBroken) as again:
        exec(lines[-1], names)  # noqa: S102 (likewise)
    assert str(again.value) == str(broken)


def policy_of(rules: Callable[[], tuple[Rule, ...]]) -> OneUpdateDomain:
    """The standard policy with other rules."""
    policy = OneUpdateDomain()
    policy.rules = rules  # type: ignore[method-assign]
    return policy


def never_polls() -> OneUpdateDomain:
    rules = tuple(each for each in OneUpdateDomain().rules() if each.name != "poll")
    return policy_of(lambda: rules)


@pytest.mark.parametrize(
    ("promise", "fleet", "policy", "without", "loop_moves"),
    [
        ("no_vm_left_paused", one_vm(faults=Faults(event_lost=1)), never_polls(), (), 1),
        ("maintenance_completes", planted_fleets.one_vm(), OneUpdateDomain(), (ABANDONS,), 12),
    ],
)
def test_a_program_that_never_ends_breaks_the_promise_when_it_repeats_itself(
    promise: str, fleet: Fleet, policy: OneUpdateDomain, without: tuple[str, ...], loop_moves: int
) -> None:
    """The page tells what repeats for ever, be it that time passes or many steps."""
    meant = [each for each in PROMISES if each.name == promise]
    machine = fleet_machine(fleet, policy=policy, without=without, properties=meant)
    broken = run_machine(machine, machine_settings(60, 40), 0)
    assert broken is not None
    assert "for ever" in str(broken)
    lines = broken.program.splitlines()
    assert lines[-1] == f"state.repeat_for_ever(moves={loop_moves})"
    names: dict[str, object] = {"Fleet": machine}
    exec("\n".join(lines[:-1]), names)  # noqa: S102 (a program that we have just printed)
    with pytest.raises(PromiseBroken) as again:
        exec(lines[-1], names)  # noqa: S102 (likewise)
    assert str(again.value) == str(broken)


def test_moves_that_do_not_lead_back_break_nothing_however_often_they_are_asked_for() -> None:
    """Only what can be repeated, and lets nobody wait who can be relied upon, is a run without
    end.
    """
    state = fleet_machine(one_vm(), policy=POLICY)()
    state.wait(units=2)
    state.repeat_for_ever(moves=1)
    assert not state.simulation.breach


def test_hypothesis_itself_shrinks_to_a_program_of_the_fleets_own_names() -> None:
    """As users see it who run the machine by its own test case, without our help."""
    machine = fleet_machine(one_vm(), policy=POLICY, without=[NOTICE])
    case = machine.TestCase
    case.settings = settings(
        machine_settings(60, 40),
        phases=(Phase.generate, Phase.shrink),
        verbosity=Verbosity.normal,
    )
    with pytest.raises(PromiseBroken) as found:
        case("runTest").runTest()
    program = "\n".join(found.value.__notes__)
    assert "state.schedule(subjects='a')" in program
    assert "state.quiesce(subjects='a')" in program
    assert "state.pause(subjects='a v')" in program
    assert "look_ahead" not in program
    assert str(found.value) == str(broken_by(one_vm(), NOTICE))


def test_the_page_is_the_reports() -> None:
    """Nothing is printed that the report does not print of the same counterexample."""
    broken = broken_by(one_set(), NO_OTHER_DOMAIN)
    assert str(broken) == render_counterexample(broken.counterexample)


def test_a_rule_may_not_take_a_name_of_the_machines() -> None:
    """The message says which rule, and what to do."""

    @rule(actor=Actor.CUSTOMER)
    def wait(vm: VM) -> None:
        """Do nothing."""
        require(vm.is_deaf, "nothing is heard")

    policy = policy_of(lambda: (*OneUpdateDomain().rules(), wait))
    with pytest.raises(ModelError, match=r"rule wait: .* rename it"):
        fleet_machine(one_vm(), policy=policy)


def test_runs_a_fleet_of_two_hundred_vms() -> None:
    """A few runs, each through to the end of the maintenance, break nothing."""
    machine = fleet_machine(big_fleet(), policy=POLICY)
    assert run_machine(machine, machine_settings(2, 20), 0) is None
    assert "an_update_succeeds" in machine.kit.reached.witnessed


def test_tells_the_shortest_way_to_harm_two_hundred_vms() -> None:
    """Of two hosts and two VMs, all the others left out."""
    found = broken_by(big_fleet(), NO_OTHER_DOMAIN, examples=3).counterexample
    assert found.property_name == "one_update_domain_paused"
    rules = [step.rule for step in found.steps]
    assert sorted(rules) == sorted(["schedule", "approve", "quiesce", "pause"] * 2)


def test_runs_may_be_steered_by_what_few_runs_met() -> None:
    """Hypothesis is told scores only where that is asked for, and the runs differ."""
    moves = []
    for uses_target in (False, True):
        machine = fleet_machine(one_set(), policy=POLICY, uses_target=uses_target)
        assert run_machine(machine, machine_settings(40, 40), 0) is None
        moves.append(machine.kit.reached.moves)
    assert moves[0] != moves[1]


def test_machines_do_not_share_what_they_reached() -> None:
    """Each class counts for itself."""
    one, other = (fleet_machine(one_vm(), policy=POLICY) for _ in range(2))
    assert issubclass(one, FleetMachine)
    run_machine(one, machine_settings(3, 20), 0)
    assert one.kit.reached.states
    assert not other.kit.reached.states
