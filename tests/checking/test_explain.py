"""What each guard is for, found by dropping it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from freezeframe.checking.check import check
from freezeframe.checking.explain import explain
from freezeframe.checking.small_fleets import SMALL_FLEETS
from freezeframe.fleet import Faults, Limits
from freezeframe.protocol.language import Actor
from freezeframe.protocol.policies import OneUpdateDomain
from freezeframe.reporting import Verdict
from freezeframe.reporting.purposes import Explanation, Group, GuardPurpose
from tests.faulty.dropped_guards import DROPPED_GUARDS

SINGLE = SMALL_FLEETS["single"]
EXPLAINED = {Actor.CONTROLLER: Group.CONTROLLER, Actor.CUSTOMER: Group.ADMISSION}


@pytest.fixture(scope="module")
def everywhere() -> Explanation:
    """What `freezeframe explain` finds by default."""
    return explain(SMALL_FLEETS, OneUpdateDomain())


@pytest.fixture(scope="module")
def in_one() -> dict[str, GuardPurpose]:
    """What is found in a single VM's life."""
    return {each.guard: each for each in explain({"single": SINGLE}, OneUpdateDomain()).purposes}


def test_every_guard_of_the_controller_and_on_customers_is_met(everywhere: Explanation) -> None:
    declared = {
        guard: EXPLAINED[rule.actor]
        for rule in OneUpdateDomain().rules()
        if rule.actor in EXPLAINED
        for guard in rule.guards
    }
    assert {each.guard: each.group for each in everywhere.purposes} == declared
    assert everywhere.verdict is Verdict.HOLDS
    assert everywhere.skipped == 0


def test_each_guard_prevents_a_harm_or_says_why_it_is_redundant(everywhere: Explanation) -> None:
    for each in everywhere.purposes:
        assert (each.harm is None) == each.finding.startswith(("Redundant here:", "Never asked"))


def test_a_guard_says_why_it_stays_if_nothing_breaks_without_it_and_only_then(
    everywhere: Explanation,
) -> None:
    says_why = {each.guard for each in everywhere.purposes if each.stays}
    assert says_why == {each.guard for each in everywhere.purposes if each.harm is None}


def test_each_guard_is_planted_as_dropped_or_says_why_it_stays() -> None:
    rules = [rule for rule in OneUpdateDomain().rules() if rule.actor in EXPLAINED]
    stays = {name for rule in rules for name, guard in rule.guards.items() if guard.stays}
    dropped = {guard for fault in DROPPED_GUARDS for guard in fault.without}
    assert {guard for rule in rules for guard in rule.guards} == stays | dropped
    assert not stays & dropped


def test_the_harm_is_what_a_check_of_that_fleet_shows(everywhere: Explanation) -> None:
    harmful = [each for each in everywhere.purposes if each.harm is not None]
    assert len(harmful) >= 20
    for each in harmful[::5]:
        found = check(SMALL_FLEETS[each.fleet], OneUpdateDomain(), without={each.guard})
        results = {result.name: result for result in found.properties}
        assert each.harm is not None
        assert results[each.harm.name].counterexample == each.harm.counterexample


def test_a_guard_whose_rule_the_fleet_lacks_is_not_met(in_one: dict[str, GuardPurpose]) -> None:
    assert "pause/the-host-is-quiescing" in in_one
    assert not [guard for guard in in_one if guard.startswith(("settle/", "create/", "believe/"))]


def test_what_the_lifecycle_refuses_as_well_is_said(in_one: dict[str, GuardPurpose]) -> None:
    purpose = in_one["pause/the-vm-was-seen-running"]
    assert purpose.harm is None
    assert purpose.finding == (
        "Redundant here: whenever it is false, the lifecycle table refuses the step as well."
    )
    assert purpose.stays


def test_what_another_guard_refuses_as_well_is_said(in_one: dict[str, GuardPurpose]) -> None:
    finding = in_one["resume/the-vm-was-seen-paused"].finding
    assert "“maintenance paused the VM” refuses the step as well" in finding


def test_a_guard_that_is_never_false_is_said_to_be(in_one: dict[str, GuardPurpose]) -> None:
    guard = "begin_update/there-is-time-to-roll-back-and-resume"
    assert in_one[guard].finding == "Redundant here: never false when it is asked."


def test_a_search_that_is_cut_short_leaves_guards_undecided() -> None:
    found = explain({"single": SINGLE}, OneUpdateDomain(), max_states=10)
    undecided = [each for each in found.purposes if not each.is_decided]
    assert found.verdict is Verdict.INCOMPLETE
    assert undecided
    assert all("--max-states" in each.finding for each in undecided)


def test_what_breaks_anyhow_is_told_and_blamed_on_no_guard() -> None:
    tight = replace(SINGLE, limits=Limits(pause_ms=5_000, notice_ms=5_000), faults=Faults())
    found = explain({"tight": tight}, OneUpdateDomain())
    assert "pause_within_limit" in found.broken
    assert found.verdict is Verdict.VIOLATED
    harms = {each.harm.name for each in found.purposes if each.harm is not None}
    assert not harms & set(found.broken)


def test_an_interruption_leaves_what_was_found_so_far() -> None:
    announced: list[str] = []

    def announce(task: str) -> None:
        announced.append(task)
        if len(announced) > 4:
            raise KeyboardInterrupt

    found = explain({"single": SINGLE}, OneUpdateDomain(), announce=announce)
    assert len(found.purposes) == 3
    assert found.skipped > 0
    assert found.verdict is Verdict.INCOMPLETE
    assert announced[0] == "single, with every guard"
    assert announced[1].startswith("1/")
