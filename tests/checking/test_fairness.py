"""Going on fairly ends in a fair loop, and breaks only promises that it never keeps."""

from __future__ import annotations

import pytest

from freezeframe.checking.fairness import go_on_fairly
from freezeframe.checking.lookup import Lookup
from freezeframe.checking.simulation import Simulation
from freezeframe.lifecycles import HostStatus
from freezeframe.properties import PROMISES
from freezeframe.protocol.components import Host
from freezeframe.protocol.policies import OneUpdateDomain, load_policy
from freezeframe.protocol.system import State, System
from tests.faulty.changed import without_rules
from tests.fleets import CASES, one_vm

from .big_fleets import big_fleet

EVENTUAL = [each for each in PROMISES if each.name == "no_vm_left_paused"]


class NeverResumes(OneUpdateDomain):
    """A controller that does not know how to resume."""

    def rules(self):  # type: ignore[no-untyped-def]  # noqa: ANN201
        return without_rules(super().rules(), "resume")


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


def test_a_vm_left_paused_is_a_breach() -> None:
    """The loop is one that the rules allow, that never keeps the promise, and that is fair."""
    system = System(one_vm(), NeverResumes())
    simulation = Simulation(Lookup(system, EVENTUAL))
    ending = go_on_fairly(simulation, 500)
    assert ending.breach is not None
    assert ending.breach.property.name == "no_vm_left_paused"
    assert ending.breach.subjects == ("v",)
    assert ending.loop_moves is not None

    states = [system.initial]
    for move in simulation.moves:
        after = system.apply(states[-1], None if move is None else system.instances[move])
        assert after is not None
        states.append(after)
    loop = states[-ending.loop_moves - 1 :]
    assert loop[0] == loop[-1]
    taken = {
        None if move is None else system.instances[move]
        for move in simulation.moves[-ending.loop_moves :]
    }
    for state in loop:
        for step in system.steps(state):
            if step.instance is None or step.instance.rule.is_fair:
                assert step.instance in taken


def test_too_few_moves_prove_nothing() -> None:
    """A run that is given up before it repeats itself breaks no promise."""
    simulation = Simulation(Lookup(System(one_vm(), NeverResumes()), EVENTUAL))
    ending = go_on_fairly(simulation, 3)
    assert ending.breach is None
    assert ending.loop_moves is None
    assert len(simulation.moves) == 3
