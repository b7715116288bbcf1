"""A check says `holds` only of what it has seen to the end, and shows how promises are broken."""

from __future__ import annotations

from dataclasses import replace
from itertools import count, pairwise

import pytest

from freezeframe.checking.check import check
from freezeframe.checking.search.explorer import Progress
from freezeframe.checking.search.space import Space
from freezeframe.fleet import Faults, Fleet, Tolerance
from freezeframe.observation import HostView, VmView
from freezeframe.properties import ALL, PROMISES, Kind, Property, Scope
from freezeframe.properties.forms import always, eventually, sometimes
from freezeframe.protocol.components import VM
from freezeframe.protocol.language import Actor, rule
from freezeframe.protocol.policies import OneUpdateDomain, load_policy
from freezeframe.reporting import CheckResult, PropertyResult, Verdict
from tests.fleets import CASES, COARSE, STEADY, one_set, one_vm, span

NOTICE = "quiesce/each-tenant-approved-or-had-its-notice"


@always("Nothing is ever paused.")
def never_paused(vm: VmView) -> bool:
    return not vm.is_paused_for_maintenance


@always("A pause, once begun, never ends.", scope=Scope.STEP)
def never_resumed(vm: VmView, after: VmView) -> bool:
    return after.is_paused_for_maintenance or not vm.is_paused_for_maintenance


@sometimes("Some VM is paused.")
def once_paused(vm: VmView) -> bool:
    return vm.is_paused_for_maintenance


@sometimes("Some VM is paused for a minute.")
def long_paused(vm: VmView) -> bool:
    return vm.paused_seconds >= 60


@eventually("Every host is updated at last.")
def updated(host: HostView) -> bool:
    return host.has_new_software


@eventually("Every VM is paused at last, for good.")
def asleep(vm: VmView) -> bool:
    return vm.is_paused_for_maintenance


def result_of(fleet: Fleet, prop: Property, **options: int) -> PropertyResult:
    return check(fleet, OneUpdateDomain(), [prop], **options).properties[0]  # type: ignore[arg-type]


def named(result: CheckResult) -> dict[str, PropertyResult]:
    return {each.name: each for each in result.properties}


@pytest.mark.parametrize(
    ("prop", "verdict"),
    [
        (never_paused, Verdict.VIOLATED),
        (never_resumed, Verdict.VIOLATED),
        (once_paused, Verdict.HOLDS),
        (long_paused, Verdict.VIOLATED),
        (updated, Verdict.HOLDS),
        (asleep, Verdict.VIOLATED),
    ],
    ids=lambda value: value.name if isinstance(value, Property) else "",
)
def test_each_kind_is_decided(prop: Property, verdict: Verdict) -> None:
    result = result_of(one_vm(), prop)
    assert result.verdict is verdict
    assert result.kind == prop.kind.value
    is_shown = verdict is Verdict.VIOLATED and prop.kind is not Kind.SOMETIMES
    assert (result.counterexample is not None) is is_shown


def test_a_counterexample_is_shortest_and_ends_with_the_breach() -> None:
    shown = result_of(one_vm(), never_paused).counterexample
    assert shown is not None
    assert [(step.actor, step.rule) for step in shown.steps] == [
        ("controller", "schedule"),
        ("guest", "approve"),
        ("controller", "quiesce"),
        ("controller", "pause"),
    ]
    assert [step.at_seconds for step in shown.steps] == [0.0, 0.0, 0.0, 0.0]
    assert shown.moves == ("schedule a", "approve a/v", "quiesce a", "pause a v")
    assert shown.subjects == ("v",)
    assert shown.loop_steps is None
    assert len(shown.states) == len(shown.moves) + 1


def test_a_step_that_breaks_a_promise_is_the_last_one_shown() -> None:
    shown = result_of(one_vm(timing=STEADY), never_resumed).counterexample
    assert shown is not None
    assert shown.steps[-1].rule == "resume_completed"


def test_a_run_that_never_keeps_a_promise_is_shown_with_what_repeats() -> None:
    shown = result_of(one_vm(), asleep).counterexample
    assert shown is not None
    assert shown.loop_steps is not None
    assert shown.moves[-1] == "wait"


def test_a_fleet_that_cannot_be_maintained_is_a_deadlock_with_its_path() -> None:
    case = CASES["one host carries two domains"]
    results = named(check(case.fleet, load_policy(case.policy)))
    assert results["no_deadlock"].verdict is Verdict.VIOLATED
    assert results["maintenance_completes"].verdict is Verdict.VIOLATED
    shown = results["no_deadlock"].counterexample
    assert shown is not None
    # Host b can be maintained, and is; then nothing is left to be done, and a is not up to date.
    assert shown.steps[-1].rule in {"settle", "return_to_service"}


def test_nothing_holds_that_was_not_seen_to_the_end() -> None:
    result = check(one_vm(), OneUpdateDomain(), PROMISES, max_states=40)
    assert result.verdict is Verdict.INCOMPLETE
    assert result.verdict.exit_code == 3
    assert result.frontier > 0
    assert result.states >= 40
    for each in result.properties:
        assert each.verdict is Verdict.INCOMPLETE, each.name


def test_what_was_seen_to_be_broken_is_broken_however_little_was_seen() -> None:
    result = check(one_vm(), OneUpdateDomain(), PROMISES, max_states=40, without={NOTICE})
    verdicts = {name: each.verdict for name, each in named(result).items()}
    assert verdicts.pop("event_before_impact") is Verdict.VIOLATED
    assert set(verdicts.values()) == {Verdict.INCOMPLETE}
    assert result.verdict is Verdict.VIOLATED


def test_a_witness_counts_however_little_was_seen() -> None:
    assert result_of(one_vm(), once_paused, max_states=40).verdict is Verdict.HOLDS
    assert result_of(one_vm(), long_paused, max_states=40).verdict is Verdict.INCOMPLETE


def test_room_for_just_all_states_is_enough() -> None:
    states = check(one_vm(), OneUpdateDomain()).states
    assert check(one_vm(), OneUpdateDomain(), max_states=states + 1).verdict is Verdict.HOLDS


def test_ctrl_c_leaves_what_was_explored_and_says_that_it_is_not_all() -> None:
    whole = check(one_vm(), OneUpdateDomain())
    reports: list[Progress] = []

    def interrupt(progress: Progress) -> None:
        reports.append(progress)
        if len(reports) == 8:
            raise KeyboardInterrupt

    result = check(one_vm(), OneUpdateDomain(), watcher=interrupt)
    assert result.verdict is Verdict.INCOMPLETE
    assert 0 < result.states < whole.states
    assert result.frontier > 0
    assert reports[-1].states == result.states
    assert all(one.states <= two.states for one, two in pairwise(reports))


def test_ctrl_c_amidst_a_step_leaves_no_half_explored_space() -> None:
    """As from a handler that raises at once: what the step left behind is not told as explored."""
    asked = count()

    @rule(actor=Actor.FAULT)
    def strike(vm: VM) -> None:
        """Something strikes while Ctrl-C is pressed."""
        vm.clock_right = False
        if next(asked) == 3:
            raise KeyboardInterrupt

    policy = OneUpdateDomain()
    rules = (*policy.rules(), strike)
    policy.rules = lambda: rules  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        check(one_vm(), policy)


def test_progress_ends_with_all_there_is() -> None:
    reports: list[Progress] = []
    result = check(one_vm(), OneUpdateDomain(), watcher=reports.append)
    last = reports[-1]
    assert (last.states, last.transitions, last.depth, last.frontier) == (
        result.states,
        result.transitions,
        result.depth,
        0,
    )
    assert last.memory_bytes > 0


def test_stopping_at_the_first_violation_finds_it_as_short_and_decides_nothing_else() -> None:
    whole = check(one_vm(), OneUpdateDomain(), without={NOTICE})
    result = check(one_vm(), OneUpdateDomain(), without={NOTICE}, stop_at_violation=True)
    assert result.states < whole.states
    found, expected = (named(each)["event_before_impact"] for each in (result, whole))
    assert found.counterexample == expected.counterexample
    others = [each for each in result.properties if each.name != "event_before_impact"]
    assert {each.verdict for each in others} == {Verdict.INCOMPLETE}


def test_stopping_at_the_first_violation_changes_nothing_where_there_is_none() -> None:
    whole = check(one_vm(), OneUpdateDomain())
    result = check(one_vm(), OneUpdateDomain(), stop_at_violation=True)
    assert (result.states, result.verdict) == (whole.states, Verdict.HOLDS)


@pytest.mark.parametrize(
    ("fleet", "worst_seconds"),
    [
        (one_vm(timing=STEADY), 5.0),
        (one_vm(timing=replace(STEADY, pause=span(5, 5), resume=span(10, 10))), 20.0),
        # After 20 s, when an update may still end, it may also be rolled back and resumed in 10 s.
        (one_vm(timing=COARSE), 30.0),
        (one_vm(timing=replace(COARSE, rollback=span(0, 0))), 25.0),
        (one_vm(faults=Faults(update_hang=1)), 30.0),
        (
            one_vm(faults=Faults(resume_failure=1), tolerance=Tolerance(resume_failure=1)),
            30.0,
        ),
    ],
)
def test_the_longest_pause_is_reported_with_its_limit(fleet: Fleet, worst_seconds: float) -> None:
    result = named(check(fleet, OneUpdateDomain()))["pause_within_limit"]
    assert result.verdict is Verdict.HOLDS
    assert (result.worst_seconds, result.limit_seconds) == (worst_seconds, 30.0)


def test_a_pause_beyond_its_limit_is_reported_as_one_unit_beyond() -> None:
    result = named(check(one_vm(faults=Faults(resume_failure=1)), OneUpdateDomain()))
    too_long = result["pause_within_limit"]
    assert too_long.verdict is Verdict.VIOLATED
    assert (too_long.worst_seconds, too_long.limit_seconds) == (35.0, 30.0)
    assert too_long.counterexample is not None
    assert too_long.counterexample.steps[-1].actor == "time"
    assert all(each.worst_seconds is None for each in result.values() if each is not too_long)


def test_a_promise_without_anyone_to_keep_it_to_says_so() -> None:
    """A VM in no set has no other update domain beside it."""
    results = named(check(one_vm(), OneUpdateDomain()))
    assert results["one_update_domain_paused"].subjects == 0
    assert results["one_update_domain_paused"].verdict is Verdict.HOLDS
    assert results["pause_within_limit"].subjects == 1
    assert named(check(one_set(), OneUpdateDomain()))["one_update_domain_paused"].subjects == 1


def test_a_result_names_what_was_checked() -> None:
    spaces: list[Space] = []
    policy = load_policy("one-fault-domain")
    result = check(one_vm(), policy, PROMISES, without=[NOTICE], on_space=spaces.append)
    assert (result.fleet, result.policy, result.without) == (
        "one VM",
        "one-fault-domain",
        (NOTICE,),
    )
    assert [each.name for each in result.properties] == [each.name for each in PROMISES]
    assert result.tick_seconds == 5.0
    assert (result.states, result.transitions, result.depth) == (
        spaces[0].n_states,
        spaces[0].n_transitions,
        spaces[0].depth,
    )
    assert len(ALL) > len(PROMISES)
