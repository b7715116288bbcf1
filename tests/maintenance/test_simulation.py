"""Whole maintenances under the runner's real code: orders, faults, deaths and torn writes are
drawn, and every promise is judged on what an observer saw.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freezeframe.adapters.simulated import DrawnChoices, SeededChoices
from freezeframe.adapters.simulated.choices import INJECTED
from freezeframe.fleet import Fleet
from freezeframe.maintenance.course import Deviation
from freezeframe.maintenance.following import follow_all
from freezeframe.observation import MemoryFingerprinted

from .rehearsals import rehearse
from .rehearsed_fleets import DISRUPTIVE, LIVELY, ONE_SET, ONE_VM, SHARED_HOST, with_faults
from .world import rulebook_of

AT_ANY_TIME = frozenset({"vm_crash", "power_loss", "io_error"})
"""Faults that strike a simulated VM also where the model, which is coarser, has no step for it."""


@dataclass(frozen=True)
class Campaign:
    """How many maintenances of a fleet are drawn.

    `moments` is how many a controller has at most in one that goes well: deaths are drawn from
    these.
    """

    fleet: Fleet
    maintenances: int
    moments: int


CAMPAIGNS = (
    Campaign(ONE_VM, 560, 70),
    Campaign(ONE_SET, 180, 160),
    Campaign(LIVELY, 150, 160),
    Campaign(SHARED_HOST, 80, 200),
    Campaign(DISRUPTIVE, 60, 20),
)
DEATHS_ONE_IN = 5
"""In at least one maintenance in so many the controller dies."""


def draw_one(data: st.DataObject, campaign: Campaign, tally: Counter[str]) -> int:
    """One maintenance, of which everything that is open is drawn; tells its history apart."""
    names = data.draw(st.sets(st.sampled_from(INJECTED), max_size=4), "faults")
    deaths: tuple[int, ...] = ()
    torn = 0
    if data.draw(st.booleans(), "the controller dies"):
        names.add("controller_crash")
        deaths = (data.draw(st.integers(0, campaign.moments), "moment of its death"),)
        torn = data.draw(st.integers(0, 3), "how much it had written")
    fleet = with_faults(campaign.fleet, *sorted(names))
    found = rehearse(fleet, DrawnChoices(data), deaths=deaths, torn=torn)
    assert found.broken == []
    assert found.unkept == []
    assert found.is_done
    if not names & AT_ANY_TIME:
        assert [str(each) for each in found.divergences] == []
    tally["deaths"] += found.world.doom.deaths
    tally["maintenances"] += 1
    return hash(
        tuple(
            (each.monotonic_ms, each.fact, each.vm)
            for each in found.world.kept
            if not isinstance(each.fact, MemoryFingerprinted)  # it only tells guests apart
        )
    )


@pytest.mark.parametrize("campaign", CAMPAIGNS, ids=lambda campaign: campaign.fleet.name)
def test_a_fleet_is_maintained_whatever_happens(campaign: Campaign) -> None:
    """What is counted are whole maintenances that were judged; most must be unlike all others."""
    histories: set[int] = set()
    tally = Counter[str]()

    @settings(
        max_examples=campaign.maintenances,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def maintain(data: st.DataObject) -> None:
        histories.add(draw_one(data, campaign, tally))

    maintain()
    assert tally["maintenances"] >= campaign.maintenances
    assert len(histories) > campaign.maintenances // 2
    assert tally["deaths"] >= campaign.maintenances // DEATHS_ONE_IN


def test_a_thousand_maintenances_are_rehearsed() -> None:
    """Each campaign counts its own."""
    assert sum(campaign.maintenances for campaign in CAMPAIGNS) >= 1_000


def test_one_step_too_many_is_named() -> None:
    """A runner that resumes while the update goes on is not inside the model."""
    fleet = with_faults(ONE_VM)
    guard = "resume/the-host-is-being-restored"
    found = rehearse(fleet, SeededChoices(1), without=frozenset({guard}), steps_max=60)
    assert found.divergences == ()
    judged = follow_all(rulebook_of(fleet), found.world.kept)
    first = judged.divergences[0]
    assert first.deviation is Deviation.FORBIDDEN
    assert first.step == "resume a v"
    assert guard in first.found
