"""What to try next, with the numbers of the fleet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from freezeframe.checking.check import check
from freezeframe.checking.small_fleets import SMALL_FLEETS
from freezeframe.fleet import Faults, Fleet, Limits, Span, Tolerance, Update, UpdateKind
from freezeframe.properties import ALL
from freezeframe.protocol.policies import OneFaultDomain, OneUpdateDomain, Policy
from freezeframe.reporting import CheckResult, Ending, Verdict
from freezeframe.reporting.advice import Command, advice_on, options_of, remark_on_slow_updates

SINGLE = SMALL_FLEETS["single"]


def told(result: CheckResult, fleet: Fleet, command: Command | None = None) -> str:
    advice = advice_on(result, fleet, command or Command("f.toml", (), 1_000))
    return "\n".join("\n".join((each.text, *each.code)) for each in advice)


def checked(fleet: Fleet, policy: Policy | None = None, *names: str) -> CheckResult:
    chosen = tuple(each for each in ALL if not names or each.name in names)
    return check(fleet, policy or OneUpdateDomain(), chosen, stop_at_violation=True)


def test_where_all_holds_there_is_nothing_to_try(held: CheckResult) -> None:
    assert not told(held, SINGLE)


def test_a_guard_that_was_switched_off_is_to_be_put_back_first(broken: CheckResult) -> None:
    guard = "schedule/no-other-domain-of-the-set-is-under-maintenance"
    options = options_of("one-update-domain", ["one_update_domain_paused"], [guard])
    text = told(broken, SMALL_FLEETS["two-domains"], Command("my fleet.toml", options))
    first, code = text.splitlines()[:2]
    assert first == "A guard was switched off. Check with it in place:"
    assert code == "freezeframe check 'my fleet.toml' --property one_update_domain_paused"


def test_a_fault_that_the_deadlines_leave_no_time_for_is_named_with_its_setting() -> None:
    fleet = replace(SINGLE, faults=Faults(update_hang=1, resume_failure=1))
    result = checked(fleet, None, "pause_within_limit")
    assert result.shortest is not None
    text = told(result, fleet)
    assert "1 of the fault resume_failure may happen, and the deadlines leave time for 0" in text
    assert "[tolerance]\nresume_failure = 1\n" in text
    tolerant = replace(fleet, tolerance=Tolerance(resume_failure=1))
    assert checked(tolerant, None, "pause_within_limit").shortest is None


def test_a_limit_below_what_pausing_and_resuming_take_is_told_in_numbers() -> None:
    fleet = replace(SINGLE, limits=Limits(pause_ms=5_000, notice_ms=5_000), faults=Faults(1))
    result = checked(fleet, None, "pause_within_limit")
    text = told(result, fleet)
    assert "up to 15 s (pause 5 s + rollback 5 s + resume 5 s), more than the limit of 5 s" in text


def test_an_update_that_never_fits_is_told_in_numbers() -> None:
    timing = replace(SINGLE.timing, update=Span(30_000, 40_000))
    fleet = replace(SINGLE, timing=timing)
    text = told(checked(fleet), fleet)
    assert "Updates take at least 30 s, and of the pause limit of 30 s only 15 s are left" in text


@pytest.mark.parametrize("longest_ms", [15_000, 20_000])
def test_updates_that_are_not_always_in_time_are_remarked(longest_ms: int) -> None:
    fleet = replace(SINGLE, timing=replace(SINGLE.timing, update=Span(5_000, longest_ms)))
    assert checked(fleet).verdict is Verdict.HOLDS
    remark = remark_on_slow_updates(fleet)
    assert ("Updates may take 20 s" in remark and "only 15 s are left" in remark) is (
        longest_ms > 15_000
    )
    disruptive = replace(fleet, update=Update(UpdateKind.DISRUPTIVE))
    assert not remark_on_slow_updates(disruptive)


def test_what_the_fleet_leaves_time_for_is_not_blamed_for_a_standstill() -> None:
    guard = "halt/a-failure-waits-for-an-operator"
    fleet = SMALL_FLEETS["two-domains"]
    slow = replace(fleet, timing=replace(fleet.timing, update=Span(5_000, 40_000)))
    halted = check(slow, OneUpdateDomain(), without={guard})
    assert halted.shortest is not None
    assert halted.shortest.name == "no_deadlock"
    assert "Updates" not in told(replace(halted, without=()), slow)


def test_a_host_with_two_domains_of_a_set_is_named_with_its_vms() -> None:
    fleet = SMALL_FLEETS["mixed-host"]
    text = told(checked(fleet), fleet)
    assert "host-a carries VMs of 2 update domains of web (web-0 and web-1)" in text


def test_another_policy_than_the_default_is_questioned() -> None:
    hosts = tuple(replace(each, fault_domain=0) for each in SMALL_FLEETS["two-domains"].hosts)
    fleet = replace(SMALL_FLEETS["two-domains"], hosts=hosts)
    result = checked(fleet, OneFaultDomain())
    assert result.shortest is not None
    assert "freezeframe check f.toml --policy one-update-domain" in told(result, fleet)


def test_a_search_that_stopped_at_the_first_breach_may_be_let_go_on(broken: CheckResult) -> None:
    assert "freezeframe check f.toml --keep-going" in told(broken, SINGLE)
    assert "--keep-going" not in told(replace(broken, frontier=0, ending=Ending.COMPLETE), SINGLE)


def test_a_search_that_found_a_breach_and_hit_its_bound_says_so(broken: CheckResult) -> None:
    text = told(replace(broken, ending=Ending.MAX_STATES), SINGLE)
    assert "The search stopped at its bound." in text
    assert "freezeframe check f.toml --keep-going --max-states 10000" in text
    text = told(replace(broken, ending=Ending.INTERRUPT), SINGLE)
    assert "The search was interrupted." in text


def test_a_policy_is_explained_under_itself(broken: CheckResult) -> None:
    command = Command("f.toml", ("--policy", "a:B", "--property", "event_before_impact"), 1_000)
    text = told(replace(broken, without=()), SINGLE, command)
    assert "freezeframe explain f.toml --policy a:B" in text
    assert "explain f.toml --policy a:B --property" not in text


def test_a_search_that_hit_its_bound_may_be_given_more(held: CheckResult) -> None:
    stopped = replace(held, frontier=1, states=1_000, ending=Ending.MAX_STATES)
    assert "--max-states 10000" in told(stopped, SINGLE)
    assert "--max-states" not in told(replace(stopped, ending=Ending.INTERRUPT), SINGLE)


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (("one-update-domain", [], []), ()),
        (("a:B", ["p"], ["g"]), ("--policy", "a:B", "--property", "p", "--without", "g")),
    ],
)
def test_only_options_that_differ_from_the_defaults_are_spelled(
    arguments: tuple[str, list[str], list[str]], options: tuple[str, ...]
) -> None:
    assert options_of(*arguments) == options
