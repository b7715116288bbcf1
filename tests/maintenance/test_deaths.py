"""A controller may die at any moment of a maintenance: the next one completes it and nothing is
lost; and if there is none, nobody stays paused.

Every moment is tried: before and after each write to the journal, each notice, each request.
"""

from __future__ import annotations

import pytest

from freezeframe.adapters.simulated import SeededChoices
from freezeframe.fleet import Fleet

from .rehearsals import Rehearsal, rehearse
from .rehearsed_fleets import DISRUPTIVE, ONE_VM, SHARED_HOST, with_faults

HANGING = with_faults(ONE_VM, "controller_crash", "update_hang")
SHARED = with_faults(SHARED_HOST, "controller_crash")
OFF = with_faults(DISRUPTIVE, "controller_crash")
CASES = [
    pytest.param(HANGING, 3, id="a hanging update"),
    pytest.param(SHARED, 1, id="two sets"),
    pytest.param(OFF, 0, id="a VM that is shut down"),
]


@pytest.mark.parametrize(("fleet", "seed"), CASES)
def test_whenever_a_controller_dies_its_successor_completes(fleet: Fleet, seed: int) -> None:
    """At every moment of the undisturbed run, so that some death leaves each first part of what
    that run journalled: after every step, and in the midst of every write of several.
    """
    undisturbed = rehearse(fleet, SeededChoices(seed))
    assert kept_all(undisturbed)
    left = set()
    for moment, writing in enumerate(undisturbed.world.doom.passed):
        for torn in range(max(1, writing)):
            found = rehearse(fleet, SeededChoices(seed), deaths=(moment,), torn=torn)
            assert found.world.doom.deaths == 1
            assert kept_all(found), (moment, torn)
            left |= set(found.world.left)
    assert left == set(range(len(undisturbed.world.kept) + 1))


def kept_all(found: Rehearsal) -> bool:
    """Whether it is complete, no promise was broken, and all was as the model has it."""
    return found.is_done and not found.broken and not found.unkept and not found.divergences


def test_a_controller_that_never_comes_back_leaves_nobody_paused() -> None:
    """Whenever it dies, the watchdog resumes what it paused, within the limit."""
    fleet = with_faults(ONE_VM, "controller_crash")
    moments = len(rehearse(fleet, SeededChoices(1)).world.doom.passed)
    rescued = 0
    for moment in range(moments):
        found = rehearse(fleet, SeededChoices(1), deaths=(moment,), comes_back=False)
        assert "pause_within_limit" not in found.broken
        assert "memory_preserved" not in found.broken
        hosts = found.world.simulation.hosts.values()
        assert not any(each.is_held for host in hosts for each in host.machines.values())
        rescued += sum(each.acted for each in found.world.watchdogs)
    assert rescued
