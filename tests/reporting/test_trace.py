"""A trace holds enough to take its steps again, and to judge them without the rules."""

from __future__ import annotations

from freezeframe.checking.check import check
from freezeframe.checking.judging import judge
from freezeframe.checking.small_fleets import SMALL_FLEETS
from freezeframe.fleet import Fleet, parse_fleet
from freezeframe.observation import Ended, History, Repeats, StepTaken, read_history
from freezeframe.protocol.policies import load_policy
from freezeframe.protocol.system import State, System
from freezeframe.reporting import CheckResult
from freezeframe.reporting.facts import all_facts
from freezeframe.reporting.trace import trace_text


def written(result: CheckResult, fleet: Fleet) -> History:
    assert result.shortest is not None
    return read_history(trace_text(result, result.shortest, fleet))


def taken_again(history: History) -> tuple[System, list[State]]:
    """Take the steps of a trace by the rules, waiting as long as their times are apart."""
    told = history.provenance
    system = System(
        parse_fleet(told.fleet, "trace"), load_policy(told.policy), frozenset(told.without)
    )
    states, clock_ms = [system.initial], 0

    def move(state: State | None) -> None:
        assert state is not None
        states.append(state)

    for record in history.records:
        while clock_ms < record.monotonic_ms:
            move(system.apply(states[-1], None))
            clock_ms += system.settings.tick_ms
        fact = record.fact
        if isinstance(fact, StepTaken):
            (instance,) = [each for each in system.instances if str(each) == fact.step]
            assert instance.rule.actor == fact.actor
            move(system.apply(states[-1], instance))
    return system, states


def test_the_header_says_what_it_is_of(broken: CheckResult, two_domains: Fleet) -> None:
    told = written(broken, two_domains).provenance
    assert parse_fleet(told.fleet, "trace") == two_domains
    assert (told.policy, told.without) == (broken.policy, tuple(broken.without))


def test_the_steps_can_be_taken_again_and_break_the_promise(
    broken: CheckResult, two_domains: Fleet
) -> None:
    system, states = taken_again(written(broken, two_domains))
    facts = all_facts(system, states[-1])
    assert {facts["web-0"]["status"], facts["web-1"]["status"]} <= {"pausing", "paused"}


def test_the_records_break_the_promise_without_the_rules(
    broken: CheckResult, two_domains: Fleet
) -> None:
    judged = judge(written(broken, two_domains).records, two_domains)
    (violation,) = judged.violations
    assert broken.shortest is not None
    assert violation.property.name == broken.shortest.name


def test_a_run_for_ever_comes_back_to_where_it_began_to_repeat(looping: CheckResult) -> None:
    history = written(looping, SMALL_FLEETS["single"])
    _, states = taken_again(history)
    repeats, ended = (record.fact for record in history.records[-2:])
    assert isinstance(repeats, Repeats)
    assert repeats.records > 0
    assert ended == Ended()
    assert states[-1] in states[:-1]
    assert judge(history.records, SMALL_FLEETS["single"]).violations


def test_a_run_that_ends_with_waiting_ends_when_it_says() -> None:
    fleet = SMALL_FLEETS["slow-pause"]
    guard = "begin_update/there-is-time-to-roll-back-and-resume"
    result = check(fleet, load_policy("one-update-domain"), without=[guard], stop_at_violation=True)
    history = written(result, fleet)
    assert history.records[-1].monotonic_ms > history.records[-2].monotonic_ms
    system, states = taken_again(history)
    assert all_facts(system, states[-1])["web-0"]["status"] in {"paused", "resuming"}
    assert judge(history.records, fleet).violations
