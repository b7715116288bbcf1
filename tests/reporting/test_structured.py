"""The JSON object that scripts depend on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from freezeframe.reporting import CheckResult
from freezeframe.reporting.structured import check_object

CONTRACT = {
    "fleet": str,
    "policy": str,
    "verdict": str,
    "states": int,
    "transitions": int,
    "depth": int,
    "seconds": float,
    "properties": list,
}
DOCUMENTED = {*CONTRACT, "without", "frontier", "ended_by", "tick_seconds", "coverage"}
STEP = {"at_seconds", "actor", "rule", "subjects", "changes"}


def read(result: CheckResult) -> dict[str, Any]:
    """What a script reads."""
    found = json.loads(json.dumps(check_object(result)))
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("kind", ["held", "broken", "looping", "stuck"])
def test_every_key_of_the_contract_is_there_and_every_other_is_documented(
    kind: str, request: pytest.FixtureRequest
) -> None:
    found = read(request.getfixturevalue(kind))
    assert set(found) == DOCUMENTED
    for key, type_ in CONTRACT.items():
        assert isinstance(found[key], type_), key
    for each in found["properties"]:
        assert {"name", "kind", "verdict"} <= set(each)
        assert each["kind"] in {"always", "sometimes", "eventually"}
        assert each["verdict"] in {"holds", "violated", "incomplete"}


def test_a_promise_that_was_asked_of_nothing_says_so(held: CheckResult) -> None:
    """As the page does, whatever the verdict is."""
    found = {each["name"]: each["vacuous"] for each in read(held)["properties"]}
    assert found == {each.name: each.subjects == 0 for each in held.properties}
    assert set(found.values()) == {True, False}


def test_the_figures_are_those_of_the_check(held: CheckResult) -> None:
    found = read(held)
    assert found["verdict"] == "holds"
    assert (found["states"], found["transitions"]) == (held.states, held.transitions)
    assert (found["depth"], found["frontier"], found["without"]) == (held.depth, 0, [])


def test_the_worst_pause_stands_at_the_pause_limit_only(held: CheckResult) -> None:
    with_worst = [each for each in read(held)["properties"] if "worst_seconds" in each]
    assert [each["name"] for each in with_worst] == ["pause_within_limit"]
    assert with_worst[0]["worst_seconds"] == with_worst[0]["limit_seconds"] == 30.0


def test_a_counterexample_is_a_list_of_steps(broken: CheckResult) -> None:
    found = {each["name"]: each for each in read(broken)["properties"]}
    violated = found["one_update_domain_paused"]
    steps = violated["counterexample"]
    assert all(set(step) == STEP for step in steps)
    rules = sorted(step["rule"] for step in steps)
    assert rules == ["pause", "pause", "quiesce", "quiesce", "schedule", "schedule"]
    (pause,) = [step for step in steps if step["subjects"] == ["host-a", "web-0"]]
    assert (pause["actor"], pause["rule"], pause["at_seconds"]) == ("controller", "pause", 5.0)
    assert pause["changes"][0] == {
        "component": "web-0",
        "kind": "VM",
        "field": "status",
        "before": "running",
        "after": "pausing",
    }
    assert violated["counterexample_subjects"] == ["web-0", "web-1"]
    assert violated["counterexample_ends_at_seconds"] == 5.0
    assert "counterexample_repeats" not in violated


def test_a_run_for_ever_says_how_many_steps_repeat(looping: CheckResult) -> None:
    found = {each["name"]: each for each in read(looping)["properties"]}
    violated = found["maintenance_completes"]
    assert violated["counterexample_repeats"] == 10
    assert len(violated["counterexample"]) == 11


def test_coverage_is_told_by_name(held: CheckResult) -> None:
    coverage = read(held)["coverage"]
    assert coverage["rules"]["pause"] is True
    assert coverage["rules"]["boot"] is False
    assert coverage["guards"]["pause/the-host-is-quiescing"] == [False, True]
