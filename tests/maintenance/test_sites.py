"""What is asked of a host is answered in its time, on a simulated one and virtual time."""

from __future__ import annotations

import pytest

from freezeframe.adapters.simulated import SeededChoices, simulate
from freezeframe.maintenance.errands import Errand, deadline_ms
from freezeframe.maintenance.following import STANDARD_TOLERANCE
from freezeframe.maintenance.sites import Site
from freezeframe.observation import Operation, Outcome, Told
from tests.fleets import FINE, one_vm

ERRAND = Errand(Operation.SET_CLOCK, "a", "v")


@pytest.mark.parametrize("seed", range(20))
def test_a_clock_is_set_and_read_before_its_agent_counts_as_dead(seed: int) -> None:
    """The agent falls silent when it has set the clock, so reading it takes as long as it may."""
    fleet = one_vm(timing=FINE)
    simulation = simulate(fleet, SeededChoices(seed), pages=1)
    adapter = simulation.connect("a")
    site = Site(adapter, adapter, clock_tolerance_ms=fleet.limits.clock_tolerance_ms)
    asked_ms = simulation.time.monotonic_ms()
    within_ms = deadline_ms(fleet, ERRAND)
    assert within_ms < fleet.timing.clock_sync.max_ms + STANDARD_TOLERANCE.reaction_ms
    site.begin(ERRAND, deadline_ms=within_ms)
    simulation.time.run_until(site.has_news, within_ms=60_000)
    simulation.hosts["a"].silence_agent("v")
    assert not list(site.news())
    simulation.time.run_until(site.has_news, within_ms=60_000)
    (told,) = (each.fact for each in site.news())
    assert isinstance(told, Told)
    assert told.outcome is Outcome.UNKNOWN
    assert simulation.time.monotonic_ms() - asked_ms <= within_ms
