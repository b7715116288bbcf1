"""Whole maintenances under the runner's real code: orders, faults, deaths and torn writes are
drawn, and every promise is judged on what an observer saw.
"""

from __future__ import annotations

from dataclasses import fields, replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freezeframe.adapters.simulated import DrawnChoices, SeededChoices
from freezeframe.fleet import (
    AvailabilitySet,
    Faults,
    Fleet,
    Host,
    Limits,
    Span,
    Timing,
    Tolerance,
    Update,
    VirtualMachine,
)
from freezeframe.maintenance.course import Deviation
from freezeframe.maintenance.following import follow_all
from freezeframe.maintenance.rulebook import Rulebook
from freezeframe.protocol.policies import OneUpdateDomain

from .rehearsals import rehearse

ONE_VM = Fleet(
    "one VM",
    (Host("a"),),
    (VirtualMachine("v", "a"),),
    timing=Timing(recovery=Span(0, 1_000)),
    limits=Limits(notice_ms=5_000),
    update=Update(attempts=2),
)
ONE_SET = replace(
    ONE_VM,
    name="one set",
    hosts=(Host("a", 0), Host("b", 1)),
    vms=(
        VirtualMachine("web-0", "a", "web", 0),
        VirtualMachine("x", "a"),
        VirtualMachine("web-1", "b", "web", 1),
    ),
    availability_sets=(AvailabilitySet("web", 2),),
)
AT_ANY_TIME = frozenset({"vm_crash", "power_loss", "io_error"})
"""Faults that strike a simulated VM also where the model, which is coarser, has no step for it."""


def with_faults(fleet: Fleet, *names: str) -> Fleet:
    """The fleet with one of each fault; the deadlines leave time for all of them."""
    faults = Faults(**dict.fromkeys(names, 1))
    tolerance = Tolerance(faults.resume_failure, 1, faults.event_lost)
    return replace(fleet, faults=faults, tolerance=tolerance)


ALL_FAULTS = tuple(each.name for each in fields(Faults))
DEATHS = st.lists(st.integers(0, 120), max_size=1).map(tuple)


def check(data: st.DataObject, fleet: Fleet) -> None:
    """One maintenance, of which everything that is open is drawn."""
    names = data.draw(st.sets(st.sampled_from(ALL_FAULTS), max_size=4), "faults")
    fleet = with_faults(fleet, *sorted(names))
    deaths = data.draw(DEATHS, "deaths") if fleet.faults.controller_crash else ()
    torn = data.draw(st.integers(0, 3), "torn") if deaths else 0
    found = rehearse(fleet, DrawnChoices(data), deaths=deaths, torn=torn)
    assert found.broken == []
    assert found.is_done
    if not names & AT_ANY_TIME:
        assert [str(each) for each in found.divergences] == []


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_one_vm_is_maintained_whatever_happens(data: st.DataObject) -> None:
    check(data, ONE_VM)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_set_is_maintained_whatever_happens(data: st.DataObject) -> None:
    check(data, ONE_SET)


def test_a_controller_that_dies_at_any_moment_loses_nothing() -> None:
    """After and before every single thing that it keeps, shows or asks for, on a run that hangs."""
    fleet = with_faults(ONE_VM, "controller_crash", "update_hang")
    undisturbed = rehearse(fleet, SeededChoices(3))
    assert undisturbed.is_done
    moments = undisturbed.world.doom.passed
    assert moments > 50
    for moment in range(moments):
        found = rehearse(fleet, SeededChoices(3), deaths=(moment,), torn=moment % 3)
        assert found.broken == [], moment
        assert found.is_done, moment
        assert [str(each) for each in found.divergences] == [], moment


def test_a_controller_that_never_comes_back_leaves_nobody_paused() -> None:
    """Whenever it dies, the watchdog resumes what it paused, within the limit."""
    fleet = with_faults(ONE_VM, "controller_crash")
    rescued = 0
    for moment in range(20, 60):
        found = rehearse(fleet, SeededChoices(1), deaths=(moment,), comes_back=False)
        assert "pause_within_limit" not in found.broken
        assert "memory_preserved" not in found.broken
        hosts = found.world.simulation.hosts.values()
        assert not any(each.is_held for host in hosts for each in host.machines.values())
        rescued += sum(each.acted for each in found.world.watchdogs)
    assert rescued


def test_one_step_too_many_is_named() -> None:
    """A runner that resumes while the update goes on is not inside the model."""
    fleet = with_faults(ONE_VM)
    guard = "resume/the-host-is-being-restored"
    found = rehearse(fleet, SeededChoices(1), without=frozenset({guard}))
    assert found.divergences == ()
    judged = follow_all(Rulebook(fleet, OneUpdateDomain()), found.world.kept)
    first = judged.divergences[0]
    assert first.deviation is Deviation.FORBIDDEN
    assert first.step == "resume a v"
    assert guard in first.found
