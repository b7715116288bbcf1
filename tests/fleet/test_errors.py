"""How mistakes are said; not how they are found."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from freezeframe.fleet import FleetError, FreezeframeError, Mistake
from freezeframe.fleet.errors import SHOWN_MAX, shown


def test_a_mistake_links_to_its_line() -> None:
    mistake = Mistake("fleet.toml", 3, "limits.pause_seconds", "expected …, found 0")
    assert str(mistake) == "fleet.toml:3: limits.pause_seconds: expected …, found 0"


def test_a_mistake_may_have_neither_line_nor_key() -> None:
    assert str(Mistake("qemu:///system", None, "", "no answer")) == "qemu:///system: no answer"


def test_an_error_tells_all_mistakes_one_a_line() -> None:
    error = FleetError([Mistake("a", 1, "", "x"), Mistake("a", 2, "", "y")])
    assert isinstance(error, FreezeframeError)
    assert str(error) == "a:1: x\na:2: y"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\nb", r'"a\nb"'),
        ("é", '"é"'),
        (True, "true"),
        (-7, "-7"),
        (Decimal("1.50"), "1.50"),
        ([1, True, [True]], "[1, true, […]]"),
        ({"a": 1}, "a table"),
        ([{}], "an array of tables"),
        (date(2020, 2, 3), "2020-02-03"),
        (datetime(2020, 2, 3, tzinfo=UTC), "2020-02-03 00:00:00+00:00"),
    ],
)
def test_a_found_value_is_spelled_as_in_a_file(value: object, text: str) -> None:
    assert shown(value) == text


def test_an_integer_too_long_for_python_to_print_can_still_be_reported() -> None:
    assert shown(-(10**5000)) == "a huge integer"


@pytest.mark.parametrize("value", ["x" * 1000, [1] * 1000, 10**54])
def test_a_long_value_is_cut_to_a_part_of_a_line(value: object) -> None:
    assert len(shown(value)) <= SHOWN_MAX
