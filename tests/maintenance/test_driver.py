"""A runner maintains simulated fleets, and keeps everything before it acts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from freezeframe.adapters.simulated import Choices, SeededChoices
from freezeframe.fleet import Faults, Fleet, Limits
from freezeframe.lifecycles import HostStatus, VmStatus
from freezeframe.maintenance.driver import Runner
from freezeframe.maintenance.following import follow_all
from freezeframe.maintenance.standing import Standing
from freezeframe.observation import (
    AlarmSeen,
    Fact,
    HostSeen,
    MemoryFingerprinted,
    Operation,
    Outcome,
    Record,
    StepTaken,
    Told,
)
from tests.fleets import one_vm, two_sets

from .rehearsals import rehearse
from .rehearsed_fleets import DISRUPTIVE
from .world import World


@pytest.mark.parametrize("fleet", [one_vm(), two_sets()], ids=lambda fleet: fleet.name)
def test_a_fleet_is_maintained_as_the_model_allows(fleet: Fleet) -> None:
    world = World(fleet, SeededChoices(1))
    runner, standing = world.maintain()
    assert standing is Standing.COMPLETED
    assert runner.divergences == []
    for host in world.simulation.hosts.values():
        assert host.environment == "new"
        for vm, machine in host.machines.items():
            assert machine.status is VmStatus.RUNNING
            assert host.guest(vm).finds_memory_intact
            assert abs(host.guest(vm).clock_offset_ms) <= 1_000


def test_a_maintenance_goes_through_its_phases_in_order() -> None:
    world = World(one_vm(), SeededChoices(1))
    world.maintain()
    facts = [record.fact for record in world.kept]
    assert [fact.phase for fact in facts if isinstance(fact, HostSeen)] == [
        HostStatus.SCHEDULED,
        HostStatus.QUIESCING,
        HostStatus.UPDATING,
        HostStatus.RESTORING,
        HostStatus.IN_SERVICE,
    ]
    completed = [
        fact.operation
        for fact in facts
        if isinstance(fact, Told) and fact.outcome is Outcome.COMPLETED
    ]
    assert completed == [
        Operation.PAUSE,
        Operation.FINGERPRINT,
        Operation.FINGERPRINT,
        Operation.RESUME,
        Operation.SET_CLOCK,
    ]


def test_asked_to_end_it_finishes_what_is_begun_and_a_later_run_does_the_rest() -> None:
    world = World(two_sets(), SeededChoices(1))

    def end_once_something_is_paused(runner: Runner) -> None:
        machines = [
            each for host in world.simulation.hosts.values() for each in host.machines.values()
        ]
        if any(machine.status is VmStatus.PAUSED for machine in machines):
            runner.end()

    runner, standing = world.maintain(end_once_something_is_paused)
    assert standing is Standing.ENDED
    hosts = world.simulation.hosts.values()
    assert {machine.status for host in hosts for machine in host.machines.values()} == {
        VmStatus.RUNNING
    }
    assert {host.environment for host in hosts} == {"new", "old"}
    later, standing = world.maintain()
    assert standing is Standing.COMPLETED
    assert runner.divergences == later.divergences == []


def test_asked_to_end_while_it_waits_for_a_notice_it_ends_at_once() -> None:
    world = World(one_vm(), SeededChoices(1))
    runner = world.runner()
    runner.start()
    world.time.plan(10, runner.end)
    while runner.step() is Standing.GOING_ON:
        pass
    assert world.time.monotonic_ms() == 10


def test_the_journal_alone_tells_where_a_maintenance_stands() -> None:
    world = World(two_sets(), SeededChoices(2))
    runner, _ = world.maintain()
    assert follow_all(world.rulebook, world.kept).course == runner.course
    decided = [each.fact.step for each in world.kept if isinstance(each.fact, StepTaken)]
    assert decided[0] == "schedule a"


def test_an_update_that_hangs_is_given_up_also_when_no_deadline_is_near() -> None:
    """The runner must not take itself for dead when time passes and nobody tells it anything."""
    limits = Limits(pause_ms=90_000, notice_ms=0)
    world = World(one_vm(faults=Faults(update_hang=1), limits=limits), SeededChoices(0))
    world.simulation.fate.force("update_hang", "a")
    runner, standing = world.maintain(steps_max=400)
    assert standing is Standing.HALTED
    assert runner.divergences == []
    assert not any(each.is_held for each in world.simulation.hosts["a"].machines.values())


def test_a_vm_that_its_customer_stops_while_it_is_to_shut_down_is_left_to_them() -> None:
    """The host refuses to boot it, so to ask would be for ever."""
    found = rehearse(DISRUPTIVE, SeededChoices(29))
    assert found.world.customers.acted == ["stop v"]
    told = [each.fact for each in found.world.kept if isinstance(each.fact, Told)]
    shut_down = [fact.outcome for fact in told if fact.operation is Operation.SHUT_DOWN]
    assert shut_down == [Outcome.REQUESTED, Outcome.FAILED]
    assert Operation.BOOT not in {fact.operation for fact in told}
    assert (found.is_done, found.broken, found.unkept) == (True, [], [])
    assert found.divergences == ()


class Batched(World):
    """A world that also keeps what was written at once."""

    def __init__(self, fleet: Fleet, choices: Choices) -> None:
        """Begin with nothing written."""
        super().__init__(fleet, choices)
        self.batches: list[list[Fact]] = []

    def append(self, records: Sequence[Record]) -> None:
        self.batches.append([record.fact for record in records])
        super().append(records)


def test_memory_that_changed_raises_an_alarm_that_no_death_can_lose() -> None:
    """It is written at once with what shows it, which is not looked at again."""
    world = Batched(one_vm(), SeededChoices(1))
    host = world.simulation.hosts["a"]

    def harm(_: Runner) -> None:
        for vm in host.machines:
            if host.environment == "updating" and host.guest(vm).finds_memory_intact:
                host.guest(vm).lose_memory()

    world.maintain(harm)
    (batch,) = [each for each in world.batches if any(isinstance(x, AlarmSeen) for x in each)]
    shown, alarm = batch[-2:]
    assert isinstance(shown, MemoryFingerprinted)
    assert isinstance(alarm, AlarmSeen)
    assert "changed while it was paused" in alarm.why
