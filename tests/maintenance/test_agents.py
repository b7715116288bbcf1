"""A guest agent that never answers again halts the rollout: its VM's clock cannot be set."""

from __future__ import annotations

from typing import Any

import pytest

from freezeframe.adapters.simulated import SeededChoices, SimulatedAdapter
from freezeframe.fleet import Fleet
from freezeframe.lifecycles import VmStatus
from freezeframe.maintenance.following import follow_all
from freezeframe.maintenance.standing import Standing
from freezeframe.observation import HostTold, Operation, StepTaken

from .rehearsed_fleets import ONE_SET, with_faults
from .world import World


class DeadAgent(SimulatedAdapter):
    """The guest agent of x hears nothing while it is dead."""

    is_dead = True

    def set_clock(self, vm: str, *, deadline_ms: int) -> Any:
        if vm == "x" and self.is_dead:
            self.simulated.silence_agent(vm)
        return super().set_clock(vm, deadline_ms=deadline_ms)


class Calm(SeededChoices):
    """Nothing else goes wrong: which agent is silent and which is dead cannot be told at once."""

    def happens(self, label: str) -> bool:  # noqa: ARG002 (nothing happens by chance)
        return False


@pytest.mark.parametrize(
    ("fleet", "is_declared"),
    [
        (with_faults(ONE_SET, "agent_death"), True),
        (with_faults(ONE_SET, "agent_death", "agent_silent"), True),
        (with_faults(ONE_SET), False),
    ],
    ids=["one may die", "one may be silent before it dies", "none may die"],
)
def test_a_dead_agent_is_reported_and_no_further_domain_is_begun(
    fleet: Fleet, *, is_declared: bool
) -> None:
    world = World(fleet, Calm(1), adapter=DeadAgent)
    runner, standing = world.maintain(steps_max=400)
    assert standing is Standing.HALTED
    facts = [each.fact for each in world.kept]
    steps = [each.step for each in facts if isinstance(each, StepTaken)]
    assert [each for each in steps if each.startswith("report_agent")]
    begun = {
        each.host
        for each in world.kept
        if isinstance(each.fact, HostTold) and each.fact.operation is Operation.UPDATE
    }
    assert len(begun) == 1
    status = {
        vm.status for host in world.simulation.hosts.values() for vm in host.machines.values()
    }
    assert status == {VmStatus.RUNNING}
    assert (runner.divergences == []) is is_declared


def test_an_operator_mends_the_agent_and_the_rollout_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The trace says so, and the model allows every step."""
    world = World(with_faults(ONE_SET, "agent_death"), Calm(1), adapter=DeadAgent)
    _, standing = world.maintain(steps_max=400)
    assert standing is Standing.HALTED
    monkeypatch.setattr(DeadAgent, "is_dead", False)
    runner, standing = world.maintain(steps_max=400, is_resumed=True)
    assert standing is Standing.COMPLETED
    assert "mend_agent x" in [
        each.fact.step for each in world.kept if isinstance(each.fact, StepTaken)
    ]
    assert follow_all(world.rulebook, world.kept).divergences == ()
    assert runner.divergences == []
