"""ITF traces, judged by the rules of Apalache's ADR-015 as written down here once more."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from freezeframe.reporting import CheckResult, Counterexample, PropertyResult, Verdict
from freezeframe.reporting.itf import expression, itf_object

SAFE = 2**53 - 1


def is_expression(value: Any) -> bool:
    """Texts, booleans, integers of 53 bits, big integers, lists, tuples, sets, maps, records."""
    match value:
        case str() | bool():
            valid = True
        case int():
            valid = -SAFE <= value <= SAFE
        case list():
            valid = all(map(is_expression, value))
        case {"#bigint": str(digits), **rest}:
            valid = not rest and re.fullmatch("-?[0-9]+", digits) is not None
        case {"#tup": list(items), **rest} | {"#set": list(items), **rest}:
            valid = not rest and all(map(is_expression, items))
        case {"#map": list(pairs), **rest}:
            valid = not rest and all(len(p) == 2 and all(map(is_expression, p)) for p in pairs)
        case dict():
            valid = all(not k.startswith("#") and is_expression(each) for k, each in value.items())
        case _:
            valid = False
    return valid


def refuse(trace: Any) -> None:
    """Raise if `trace` is no ITF trace."""
    assert set(trace) <= {"#meta", "params", "vars", "states", "loop"}
    assert trace["#meta"]["format"] == "ITF"
    assert len(set(trace["vars"])) == len(trace["vars"])
    assert all(isinstance(each, str) and not each.startswith("#") for each in trace["vars"])
    assert trace["states"]
    for index, state in enumerate(trace["states"]):
        assert set(state) == {"#meta", *trace["vars"]}
        assert state["#meta"]["index"] == index
        assert all(is_expression(state[name]) for name in trace["vars"])
    if "loop" in trace:
        assert 0 <= trace["loop"] < len(trace["states"])


def written(result: CheckResult) -> dict[str, Any]:
    assert result.shortest is not None
    trace = json.loads(json.dumps(itf_object(result, result.shortest)))
    refuse(trace)
    assert isinstance(trace, dict)
    return trace


def test_a_run_that_ends_is_a_trace_without_a_loop(broken: CheckResult) -> None:
    trace = written(broken)
    assert "loop" not in trace
    last = trace["states"][-1]
    assert last["web-0"]["status"] == last["web-1"]["status"] == "pausing"
    assert last["action"] in {"pause host-a web-0", "pause host-b web-1"}
    assert trace["states"][0]["action"] == "(initial)"
    assert last["#meta"]["at_milliseconds"] == 5000


def test_every_state_of_a_variable_is_a_record_of_the_same_fields(looping: CheckResult) -> None:
    trace = written(looping)
    for name in set(trace["vars"]) - {"action"}:
        assert len({tuple(state[name]) for state in trace["states"]}) == 1


def test_a_run_for_ever_goes_back_to_its_loop(looping: CheckResult) -> None:
    trace = written(looping)
    assert looping.shortest is not None
    run = looping.shortest.counterexample
    assert run is not None
    assert run.loop_moves is not None
    # The first round of the loop is written once; after its last state comes the first again.
    assert len(trace["states"]) == len(run.moves)
    assert trace["loop"] == len(run.moves) - run.loop_moves
    again, first = run.states[-1], trace["states"][trace["loop"]]
    for name, facts in again.items():
        assert {key: first[name][key] for key in facts} == dict(facts)


def test_a_standstill_for_ever_stays_in_its_last_state(broken: CheckResult) -> None:
    run = Counterexample(
        "p", (), (), 0.0, 0, ({"a": {"x": "1"}}, {"a": {"x": "2"}}), ("go",), loop_moves=0
    )
    prop = PropertyResult("p", "eventually", "P.", Verdict.VIOLATED, 1, counterexample=run)
    trace: Any = itf_object(broken, prop)
    refuse(trace)
    assert (len(trace["states"]), trace["loop"]) == (2, 1)


@pytest.mark.parametrize("name", ["action", "#meta", "#loop"])
def test_no_component_takes_a_name_of_the_format(name: str, broken: CheckResult) -> None:
    run = Counterexample("p", (), (), 0.0, states=({name: {"x": "1"}},))
    prop = PropertyResult("p", "always", "P.", Verdict.VIOLATED, 1, counterexample=run)
    refuse(itf_object(broken, prop))


def test_integers_beyond_53_bits_are_big() -> None:
    assert expression([SAFE, -SAFE, SAFE + 1]) == [SAFE, -SAFE, {"#bigint": str(SAFE + 1)}]


def test_what_the_format_has_no_form_for_is_refused() -> None:
    with pytest.raises(TypeError, match="expected a text"):
        expression(1.5)


def test_nothing_is_written_where_nothing_is_broken(held: CheckResult) -> None:
    assert itf_object(held, held.properties[0]) is None
