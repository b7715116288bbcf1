"""A trace holds enough to take its steps again: read here with nothing but its documentation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from freezeframe.checking.check import check
from freezeframe.checking.small_fleets import SMALL_FLEETS
from freezeframe.fleet import Fleet, parse_fleet
from freezeframe.protocol.policies import load_policy
from freezeframe.protocol.system import State, System
from freezeframe.reporting import CheckResult
from freezeframe.reporting.facts import all_facts
from freezeframe.reporting.trace import trace_lines


def written(result: CheckResult, fleet: Fleet) -> list[dict[str, Any]]:
    assert result.shortest is not None
    return [json.loads(line) for line in trace_lines(result, result.shortest, fleet)]


def taken_again(records: list[dict[str, Any]]) -> tuple[System, list[State]]:
    """Take the steps of a trace by the rules, waiting as long as their times are apart."""
    header, *steps = records
    policy = load_policy(header["policy"])
    fleet = parse_fleet(header["fleet"], "trace")
    system = System(fleet, policy, frozenset(header["without"]))
    states, clock = [system.initial], 0.0

    def move(state: State | None) -> None:
        assert state is not None
        states.append(state)

    for step in steps:
        while step["at_seconds"] - clock > header["tick_seconds"] / 2:
            move(system.apply(states[-1], None))
            clock += header["tick_seconds"]
        if step["rule"] == "wait":
            continue
        (instance,) = [
            each
            for each in system.instances
            if each.rule.name == step["rule"] and list(each.subjects) == step["subjects"]
        ]
        assert instance.rule.actor == step["actor"]
        move(system.apply(states[-1], instance))
    assert clock == pytest.approx(header["ends_at_seconds"])
    return system, states


def test_the_header_says_what_it_is(broken: CheckResult, two_domains: Fleet) -> None:
    header = written(broken, two_domains)[0]
    assert (header["format"], header["version"]) == ("freezeframe-trace", 1)
    assert header["property"] == "one_update_domain_paused"
    assert parse_fleet(header["fleet"], "trace") == two_domains


def test_the_steps_can_be_taken_again_and_break_the_promise(
    broken: CheckResult, two_domains: Fleet
) -> None:
    system, states = taken_again(written(broken, two_domains))
    facts = all_facts(system, states[-1])
    assert {facts["web-0"]["status"], facts["web-1"]["status"]} <= {"pausing", "paused"}


def test_a_run_for_ever_comes_back_to_where_it_began_to_repeat(looping: CheckResult) -> None:
    records = written(looping, SMALL_FLEETS["single"])
    _, states = taken_again(records)
    assert records[0]["repeats"] == 10
    assert states[-1] in states[:-1]


def test_a_run_that_ends_with_waiting_ends_when_it_says() -> None:
    fleet = SMALL_FLEETS["slow-pause"]
    guard = "begin_update/there-is-time-to-roll-back-and-resume"
    result = check(fleet, load_policy("one-update-domain"), without=[guard], stop_at_violation=True)
    records = written(result, fleet)
    assert records[-1]["rule"] == "wait"
    system, states = taken_again(records)
    assert all_facts(system, states[-1])["web-0"]["status"] in {"paused", "resuming"}
