"""An adapter that raises what it must not, or whose fingerprints differ, calls an operator: nobody
is left paused for it, and the controller does not take the host for one without power.
"""

from __future__ import annotations

from typing import Any

import pytest

from freezeframe.adapters.simulated import SeededChoices, SimulatedAdapter
from freezeframe.lifecycles import HostStatus
from freezeframe.maintenance.errors import UnfitError
from freezeframe.maintenance.foreign import Never
from freezeframe.maintenance.standing import Standing
from freezeframe.observation import AlarmSeen, HostSeen, Outcome, Told
from tests.faulty.adapters.memory import FingerprintsAtRandom

from .rehearsals import Rehearsal, rehearse
from .rehearsed_fleets import ONE_VM, with_faults
from .world import World

FLEET = with_faults(ONE_VM, "power_loss")


class PausesAndRaises(SimulatedAdapter):
    """It pauses, and raises at once."""

    def pause(self, vm: str, *, deadline_ms: int) -> Any:
        super().pause(vm, deadline_ms=deadline_ms)
        raise KeyError(vm)


class ResumesAndRaises(SimulatedAdapter):
    """It resumes, and raises where the answer is asked for."""

    def resume(self, vm: str, *, deadline_ms: int) -> Any:
        super().resume(vm, deadline_ms=deadline_ms)
        return Never[None](KeyError(vm))  # type: ignore[arg-type]  # (that is what is wrong)


class SeesNothing(SimulatedAdapter):
    """It cannot even list its VMs."""

    def vms(self, *, deadline_ms: int) -> Any:
        raise KeyError(deadline_ms)


def maintained_by(adapter: type[SimulatedAdapter]) -> Rehearsal:
    return rehearse(FLEET, SeededChoices(1), adapter=adapter, has_watchdog=False, steps_max=300)


@pytest.mark.parametrize("adapter", [PausesAndRaises, ResumesAndRaises])
def test_a_foreign_error_leaves_the_outcome_unknown_and_calls_an_operator(
    adapter: type[SimulatedAdapter],
) -> None:
    """It is named, and what came about all the same is found by looking."""
    found = maintained_by(adapter)
    facts = [each.fact for each in found.world.kept]
    unknown = [each for each in facts if isinstance(each, Told) and "KeyError" in each.why]
    assert {each.outcome for each in unknown} == {Outcome.UNKNOWN}
    assert [
        each.is_raised for each in facts if isinstance(each, AlarmSeen) if "KeyError" in each.why
    ]
    assert found.is_done
    assert found.broken == found.unkept == []


def test_an_alarm_is_not_taken_for_a_loss_of_power() -> None:
    """Not even where the fleet file says that power may be lost."""
    found = maintained_by(FingerprintsAtRandom)
    facts = [each.fact for each in found.world.kept]
    assert any(isinstance(each, AlarmSeen) and "memory" in each.why for each in facts)
    phases = {each.phase for each in facts if isinstance(each, HostSeen)}
    assert HostStatus.OUT_OF_SERVICE not in phases
    assert found.standing is Standing.COMPLETED
    assert found.is_done


def test_a_host_whose_adapter_raises_is_refused_before_anything_is_paused() -> None:
    world = World(FLEET, SeededChoices(1), adapter=SeesNothing)
    with pytest.raises(UnfitError, match="KeyError"):
        world.runner().start()
    assert world.kept == []
