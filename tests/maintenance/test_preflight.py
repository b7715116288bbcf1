"""Whatever is not as a maintenance needs it is told before it begins; nothing is paused, nothing
written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from freezeframe.adapters import Capability, Support
from freezeframe.adapters.simulated import SeededChoices, SimulatedAdapter
from freezeframe.fleet import Fleet, Host, UpdateKind, VirtualMachine
from freezeframe.lifecycles import VmStatus
from freezeframe.maintenance.errors import UnfitError
from freezeframe.maintenance.standing import Standing
from freezeframe.observation import Operation, Told

from .rehearsed_fleets import ONE_SET
from .world import World


class CannotPause(SimulatedAdapter):
    """A connection whose host offers no pauses, and says why."""

    def capabilities(self, vm: str | None = None) -> dict[Capability, Support]:
        lacking = Support(is_offered=False, why="its driver has none")
        return {**super().capabilities(vm), Capability.PAUSE: lacking}


class CannotTell(SimulatedAdapter):
    """A connection whose host tells no changes."""

    def capabilities(self, vm: str | None = None) -> dict[Capability, Support]:
        lacking = Support(is_offered=False, why="it has no event loop")
        return {**super().capabilities(vm), Capability.CHANGES: lacking}


def refusal(world: World) -> str:
    """Why a controller refuses to begin in `world`; nothing may have come of its asking."""
    before = [
        host.machines[vm].spell for host in world.simulation.hosts.values() for vm in host.machines
    ]
    with pytest.raises(UnfitError) as caught:
        world.runner().start()
    after = [
        host.machines[vm].spell for host in world.simulation.hosts.values() for vm in host.machines
    ]
    assert after == before
    assert world.kept == []
    asked = {each.fact.operation for each in world.observer.records if isinstance(each.fact, Told)}
    assert not asked & {Operation.PAUSE, Operation.RESUME, Operation.SHUT_DOWN}
    assert str(caught.value).endswith("nothing was paused; mend this and run again")
    return str(caught.value)


def test_a_host_out_of_reach_is_named() -> None:
    world = World(ONE_SET, SeededChoices(1))
    world.simulation.hosts["b"].drop_connections(60_000)
    told = refusal(world)
    assert "b: expected a host that can be reached, found: " in told
    assert "a:" not in told


def _vanish(world: World) -> None:
    world.simulation.hosts["a"].stop("x")
    world.simulation.hosts["a"].delete("x")


def _unmark(world: World) -> None:
    world.simulation.hosts["a"].machines["x"].is_marked = False


def _pause_for_an_earlier_maintenance(world: World) -> None:
    call = world.simulation.connect("a").pause("x", deadline_ms=10_000)
    call.result()


ODDITIES: dict[str, tuple[Callable[[World], None], str]] = {
    "vanished": (_vanish, "x: expected it on a, found no VM of that name; has it moved?"),
    "paused by somebody else": (
        lambda world: world.simulation.hosts["a"].hold("x"),
        "x: expected it running, found it paused (user) on a, by somebody else",
    ),
    "paused by an earlier maintenance": (
        _pause_for_an_earlier_maintenance,
        "on a, by an earlier maintenance, whose journal knows it",
    ),
    "not marked": (_unmark, "x: expected it marked for freezeframe on a, found that it is not"),
}


@pytest.mark.parametrize("oddity", ODDITIES)
def test_a_vm_that_is_not_as_expected_is_named(oddity: str) -> None:
    """And once it is mended, the same world is maintained."""
    happen, expected = ODDITIES[oddity]
    world = World(ONE_SET, SeededChoices(1))
    happen(world)
    told = refusal(world)
    assert expected in told
    assert told.count("\n") == 1


def test_a_vm_that_the_fleet_file_does_not_name_is_named_lest_the_update_harm_it() -> None:
    world = World(replace(ONE_SET, vms=ONE_SET.vms), SeededChoices(1))
    fewer = replace(ONE_SET, vms=tuple(vm for vm in ONE_SET.vms if vm.name != "x"))
    blind = World(fewer, SeededChoices(1))
    blind.simulation.hosts["a"].machines["x"] = world.simulation.hosts["a"].machines["x"]
    told = refusal(blind)
    assert "x: expected every VM on a to be in the fleet file, found it running" in told
    assert "the update would harm it" in told


@pytest.mark.parametrize(
    ("adapter", "expected"),
    [
        (CannotPause, "web-0: expected a to offer pause, found that its driver has none"),
        (CannotTell, "a: expected it to offer changes, found that it has no event loop"),
    ],
)
def test_what_a_host_lacks_is_named(adapter: type[SimulatedAdapter], expected: str) -> None:
    assert expected in refusal(World(ONE_SET, SeededChoices(1), adapter=adapter))


def test_all_that_is_wrong_is_told_at_once() -> None:
    world = World(ONE_SET, SeededChoices(1))
    _vanish(world)
    world.simulation.hosts["a"].hold("web-0")
    world.simulation.hosts["b"].drop_connections(60_000)
    assert refusal(world).count("\n") == 3


def test_a_host_whose_update_pauses_nobody_needs_no_pauses() -> None:
    fleet = Fleet("quiet", (Host("a", update=UpdateKind.NO_IMPACT),), (VirtualMachine("v", "a"),))
    world = World(fleet, SeededChoices(1), adapter=CannotPause)
    runner, standing = world.maintain()
    assert standing is Standing.COMPLETED
    assert runner.divergences == []
    assert world.simulation.hosts["a"].machines["v"].status is VmStatus.RUNNING


def test_what_was_begun_is_gone_on_with_whatever_is_found() -> None:
    """Only a fresh maintenance refuses; one with a journal must see to what it paused."""
    world = World(ONE_SET, SeededChoices(1))
    world.runner().start()
    world.simulation.hosts["a"].hold("x")
    world.runner().start()
