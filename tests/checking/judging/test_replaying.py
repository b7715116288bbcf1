"""A history is judged by the promises and followed by the rules, and the first misfit is named."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from freezeframe.checking.check import check
from freezeframe.checking.judging import Violation
from freezeframe.checking.judging.placing import Placement, placed, widened
from freezeframe.checking.judging.replaying import Refinement, replayed
from freezeframe.checking.judging.retaking import is_of_the_model, retaken
from freezeframe.fleet import Fleet
from freezeframe.maintenance.course import Deviation
from freezeframe.observation import Ended, History, Provenance, Record, StepTaken
from freezeframe.properties import Kind
from freezeframe.protocol.observed import records_of
from freezeframe.protocol.policies import OneUpdateDomain
from freezeframe.reporting import Verdict
from tests.checking.judging.test_agreement import SYSTEMS, walk
from tests.faulty.catalogue import PLANTED_FAULTS
from tests.fleets import CASES
from tests.recorded import RUNS, Recording

CASE = CASES["one set in two fault domains"]


def records(name: str = "one set in two fault domains", seed: int = 0) -> list[Record]:
    system = SYSTEMS[name]
    moves, states, _ = walk(system, Random(seed))
    return list(records_of(system, moves, states))


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_steps_of_a_recorded_run_of_the_model_are_taken_again(name: str) -> None:
    system = SYSTEMS[name]
    moves, states, _ = walk(system, Random(name))
    again = retaken(system, list(records_of(system, moves, states)))
    assert (list(again.moves), list(again.states), again.first) == (moves, states, None)


@pytest.mark.parametrize(
    "fault",
    [each for each in PLANTED_FAULTS if not each.without][::6],
    ids=lambda fault: fault.name,
)
def test_a_step_that_only_a_faulty_controller_takes_is_named(fault: object) -> None:
    """Its own policy allows every step of its counterexample; the sound one some other time not."""
    planted = next(each for each in PLANTED_FAULTS if each is fault)
    found = next(
        each.counterexample
        for each in check(planted.fleet, planted.policy()).properties
        if each.name == planted.breaks
    )
    assert found is not None
    history = History(Provenance(), found.records)
    own = replayed(history, planted.fleet, planted.policy())
    assert own.refinement.first is None
    assert own.verdict is Verdict.VIOLATED
    sound = replayed(history, planted.fleet, OneUpdateDomain())
    assert sound.refinement.first is not None


def test_a_step_that_the_rules_do_not_allow_is_the_first_misfit() -> None:
    told = records()
    number = next(n for n, each in enumerate(told) if isinstance(each.fact, StepTaken))
    twice = [*told[: number + 1], *told[number:]]
    found = replayed(History(Provenance(), tuple(twice)), CASE.fleet, OneUpdateDomain())
    assert found.refinement.first is not None
    assert found.refinement.first.deviation is Deviation.FORBIDDEN
    assert found.refinement.steps == 1
    assert found.verdict is Verdict.VIOLATED


def test_a_record_that_a_run_would_not_give_is_the_first_misfit() -> None:
    told = records()
    number = next(n for n, each in enumerate(told) if each.vm is not None)
    told[number] = replace(told[number], fact=RUNS)
    found = replayed(History(Provenance(), tuple(told)), CASE.fleet, OneUpdateDomain())
    assert found.refinement.first is not None
    assert found.refinement.first.deviation is Deviation.UNEXPLAINED
    assert found.refinement.first.record == told[number]


def test_a_history_of_an_observer_is_followed_too() -> None:
    """A pause for which nothing was quiesced is no step of the model."""
    fleet = CASE.fleet
    vm = fleet.vms[0]
    recording = Recording().pause(1_000, vm.host, vm.name)
    found = replayed(History(Provenance(), tuple(recording.records)), fleet, OneUpdateDomain())
    assert not is_of_the_model(recording.records)
    assert found.refinement.first is not None
    assert found.refinement.first.step == f"pause {vm.host} {vm.name}"


def test_nothing_is_followed_where_too_little_was_recorded() -> None:
    recording = Recording().add(0, RUNS, "a", "v")
    history = History(Provenance(kinds=("vm seen",)), tuple(recording.records))
    found = replayed(history, CASE.fleet, OneUpdateDomain()).refinement
    assert "could not record vm operation or host seen" in found.why_not
    none = replayed(history, CASE.fleet, None, why_no_policy="it is not known").refinement
    assert none == Refinement(why_not="it is not known")


def test_records_are_judged_in_the_order_of_their_times_and_remarked_in_that_of_the_file() -> None:
    fleet = CASE.fleet
    vm = fleet.vms[0]
    recording = Recording().pause(1_000, vm.host, vm.name).resume(40_000, vm.host, vm.name)
    shuffled = (*recording.records[4:], *recording.records[:4])
    kinds = ("vm seen", "vm operation")
    found = replayed(History(Provenance(kinds), shuffled), fleet, None, why_no_policy="-")
    assert [each.property.name for each in found.judgement.violations] == ["pause_within_limit"]
    assert {each.trouble for each in found.judgement.remarks} >= {"late", "missing"}


def test_a_fleet_is_known_from_records_and_placements() -> None:
    told = Recording().add(0, RUNS, "a", "v").add(1, RUNS, "b", "w").add(2, RUNS, "b", "v")
    fleet = widened(Fleet("f", (), ()), told.add(3, Ended()).records)
    assert [host.name for host in fleet.hosts] == ["a", "b"]
    assert [(vm.name, vm.host, vm.may_move_to) for vm in fleet.vms] == [
        ("v", "a", ("b",)),
        ("w", "b", ()),
    ]
    both = placed(fleet, {"v": Placement("web", 0), "w": Placement("web", 3)})
    assert [(vm.availability_set, vm.update_domain) for vm in both.vms] == [("web", 0), ("web", 3)]
    assert [each.update_domains for each in both.availability_sets] == [4]


def test_what_only_a_search_can_know_breaks_what_must_come_at_last() -> None:
    """Eventual promises are broken by a run that repeats for ever, and by no other."""
    planted = next(each for each in PLANTED_FAULTS if each.breaks == "no_vm_left_paused")
    result = check(planted.fleet, planted.policy(), without=planted.without)
    (found,) = [each for each in result.properties if each.name == planted.breaks]
    assert found.counterexample is not None
    assert found.kind == Kind.EVENTUALLY
    told = found.counterexample.records
    names = {
        False: {each.property.name for each in _judged(told, planted.fleet)},
        True: {each.property.name for each in _judged(told[:-2], planted.fleet)},
    }
    assert planted.breaks in names[False]
    assert planted.breaks not in names[True]


def _judged(told: tuple[Record, ...], fleet: Fleet) -> tuple[Violation, ...]:
    return replayed(
        History(Provenance(), told), fleet, None, why_no_policy="-"
    ).judgement.violations
