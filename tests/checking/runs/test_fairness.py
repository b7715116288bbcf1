"""Going on fairly ends in a fair loop, and breaks only promises that it never keeps."""

from __future__ import annotations

import pytest

from freezeframe.checking.runs.fairness import go_on_fairly
from freezeframe.checking.runs.lookup import Lookup
from freezeframe.checking.runs.simulation import Simulation
from freezeframe.lifecycles import HostStatus
from freezeframe.properties import PROMISES
from freezeframe.protocol.components import VM, Host
from freezeframe.protocol.language import Actor, Rule, promptly, require, rule
from freezeframe.protocol.policies import OneUpdateDomain, load_policy
from freezeframe.protocol.system import State, System
from tests.checking.big_fleets import big_fleet
from tests.faulty.changed import without_rules
from tests.fleets import CASES, NO_NOTICE, one_vm

EVENTUAL = [each for each in PROMISES if each.name == "no_vm_left_paused"]


WITHDRAW_ON_FAILURE = "withdraw/a-failure-waits-for-an-operator"


class NeverResumes(OneUpdateDomain):
    """A controller that does not know how to resume."""

    def rules(self) -> tuple[Rule, ...]:
        return without_rules(super().rules(), "resume")


class NeverUpdates(OneUpdateDomain):
    """A hypervisor whose updates never complete."""

    def rules(self) -> tuple[Rule, ...]:
        return without_rules(super().rules(), "update_completed")


def is_finished(system: System, state: State) -> bool:
    """Whether every host is back in service with new software."""
    hosts = [
        Host(value) for slot, value in zip(system.slots, state, strict=True) if slot.kind is Host
    ]
    return all(h.has_new_software and h.status is HostStatus.IN_SERVICE for h in hosts)


@pytest.mark.parametrize("name", ["nothing goes wrong", "two sets share a host", "usual durations"])
def test_maintenance_is_finished(name: str) -> None:
    """Without faults, all hosts are updated, and then nothing repeats itself but waiting."""
    system = System(CASES[name].fleet, load_policy("one-update-domain"))
    simulation = Simulation(Lookup(system, PROMISES))
    ending = go_on_fairly(simulation, 5_000)
    assert ending.breach is None
    assert ending.loop_moves == 1
    assert simulation.moves[-1] is None
    assert is_finished(system, simulation.state)


def test_a_big_fleet_is_finished() -> None:
    """Two hundred VMs in twenty domains, one domain at a time."""
    system = System(big_fleet(), load_policy("one-update-domain"))
    simulation = Simulation(Lookup(system, PROMISES))
    assert go_on_fairly(simulation, 3_000).breach is None
    assert is_finished(system, simulation.state)


@pytest.mark.parametrize(
    ("policy", "without", "promise", "subject"),
    [
        (NeverResumes(), (), "no_vm_left_paused", "v"),
        (OneUpdateDomain(), (WITHDRAW_ON_FAILURE,), "maintenance_completes", "a"),
    ],
)
def test_what_is_never_kept_is_a_breach(
    policy: OneUpdateDomain, without: tuple[str, ...], promise: str, subject: str
) -> None:
    """The loop is one that the rules allow, and one that is fair."""
    system = System(one_vm(), policy, frozenset(without))
    simulation = Simulation(Lookup(system, [each for each in PROMISES if each.name == promise]))
    ending = go_on_fairly(simulation, 500)
    assert ending.breach is not None
    assert ending.breach.property.name == promise
    assert ending.breach.subjects == (subject,)
    assert ending.loop_moves is not None

    moves = [None if move is None else system.instances[move] for move in simulation.moves]
    states = [system.initial]
    for move in moves:
        after = system.apply(states[-1], move)
        assert after is not None
        states.append(after)
    loop = states[-ending.loop_moves - 1 :]
    assert loop[0] == loop[-1]
    taken = set(moves[-ending.loop_moves :])
    for state in loop:
        for step in system.steps(state):
            if step.instance is None or step.instance.rule.is_fair:
                assert step.instance in taken


def test_what_is_kept_again_and_again_is_no_breach() -> None:
    """Updates that never complete are rolled back for ever, and each time the VM is resumed."""
    system = System(one_vm(limits=NO_NOTICE), NeverUpdates())
    simulation = Simulation(Lookup(system, EVENTUAL))
    numbers = {str(instance): number for number, instance in enumerate(system.instances)}
    for name in ("schedule a", "quiesce a", "pause a v"):
        simulation.take(numbers[name])
    ending = go_on_fairly(simulation, 500)
    assert ending.breach is None
    assert ending.loop_moves is not None
    assert numbers["pause a v"] in simulation.moves[-ending.loop_moves :]


class WaitsForItsCustomer(OneUpdateDomain):
    """Once a VM is paused, time stands still until its customer asks for it."""

    def rules(self) -> tuple[Rule, ...]:
        @rule(actor=Actor.CUSTOMER)
        def ask_for(vm: VM) -> None:
            """Have a VM resumed at once."""
            promptly()
            require(vm.is_paused_by_maintenance, "the VM is paused")
            vm.begin_resume()

        return (*without_rules(super().rules(), "resume", "begin_update", "abandon"), ask_for)


def test_where_nobody_reliable_can_go_on_what_is_not_kept_never_will_be() -> None:
    """And time cannot either, so the run ends there."""
    simulation = Simulation(Lookup(System(one_vm(), WaitsForItsCustomer()), EVENTUAL))
    ending = go_on_fairly(simulation, 500)
    assert ending.breach is not None
    assert ending.breach.subjects == ("v",)
    assert ending.loop_moves == 0


def test_too_few_moves_prove_nothing() -> None:
    """A run that is given up before it repeats itself breaks no promise."""
    simulation = Simulation(Lookup(System(one_vm(), NeverResumes()), EVENTUAL))
    ending = go_on_fairly(simulation, 3)
    assert ending.breach is None
    assert ending.loop_moves is None
    assert len(simulation.moves) == 3
