"""What users name: fleets, properties, guards."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freezeframe.cli.names import expected, find_fleet, find_guards, find_properties
from freezeframe.fleet import DEFAULT_EXAMPLE, FreezeframeError, example, example_names
from freezeframe.fleet.examples import example_text
from freezeframe.protocol.policies import OneUpdateDomain

GUARDS = [guard for rule in OneUpdateDomain().rules() for guard in rule.guards]


def test_no_name_is_the_default_example() -> None:
    assert find_fleet(None) == example(DEFAULT_EXAMPLE)


@pytest.mark.parametrize("name", example_names())
def test_an_example_is_found_by_its_name(name: str) -> None:
    assert find_fleet(name) == example(name)


def test_a_file_without_a_suffix_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").write_text(example_text("one-vm"))
    monkeypatch.chdir(tmp_path)
    assert find_fleet("mine") == example("one-vm")


@given(st.text(max_size=30))
def test_no_name_of_a_fleet_ends_otherwise_than_in_a_fleet_or_an_error_of_ours(name: str) -> None:
    with contextlib.suppress(FreezeframeError):
        assert find_fleet(name).name


@pytest.mark.parametrize("guard", GUARDS)
def test_every_guard_is_found_by_its_name(guard: str) -> None:
    assert find_guards([guard, guard], OneUpdateDomain()) == (guard,)


def test_the_part_after_the_slash_is_enough_just_where_it_is_unique() -> None:
    short = [guard.partition("/")[2] for guard in GUARDS]
    for guard, part in zip(GUARDS, short, strict=True):
        if short.count(part) == 1:
            assert find_guards([part], OneUpdateDomain()) == (guard,)
        else:
            with pytest.raises(FreezeframeError, match=guard):
                find_guards([part], OneUpdateDomain())


def test_properties_come_in_the_order_of_the_catalogue() -> None:
    found = find_properties(["no_deadlock", "pause_within_limit"])
    assert [each.name for each in found] == ["pause_within_limit", "no_deadlock"]


def test_few_names_are_listed_where_none_is_close() -> None:
    assert expected("x", "zzz", ["a", "b", "c"]) == "x: expected a, b or c, found 'zzz'"


def test_a_choice_is_listed_in_place_of_all_that_may_be_meant() -> None:
    known = [*"abc", "small-one"]
    assert expected("x", "zzz", known, listed=["a", "b"]) == "x: expected a or b, found 'zzz'"
    assert expected("x", "small-on", known, listed=["a"]).endswith("did you mean small-one?")


def test_of_many_names_the_nearest_are_told() -> None:
    known = [f"name-{number}" for number in range(20)]
    told = expected("x", "??7??", known)
    assert told.startswith("x: found '??7??', which there is not; the nearest are ")
    assert "name-7" in told


def test_a_name_that_holds_what_was_typed_is_meant() -> None:
    known = ["the-very-long-name-of-a-guard", *map(str, range(20))]
    assert expected("x", "very-long", known).endswith("did you mean the-very-long-name-of-a-guard?")
