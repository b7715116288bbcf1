"""Text in columns: nothing is wider than it may be, and no word is lost."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freezeframe.reporting.layout import (
    Cell,
    Span,
    Style,
    measured,
    paragraph,
    plain,
    table,
    wrapped,
)

TEXTS = st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=60).map(
    lambda text: " ".join(text.split())
)


def columns_of(line: str) -> int:
    """An independent measure: wide characters take two columns, combining ones none."""
    return sum(
        0 if unicodedata.combining(each) else 1 + (unicodedata.east_asian_width(each) in "WF")
        for each in line
    )


@given(TEXTS, st.integers(2, 50))
def test_wrapping_keeps_the_width_and_every_character(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(columns_of(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=5), st.integers(40, 120))
def test_a_table_keeps_the_width_and_every_character(
    rows: list[tuple[str, str, str]], width: int
) -> None:
    lines = [line for row in table(rows, width=width, wraps=(0, 1, 2)) for line in row]
    text = plain(lines)
    assert all(columns_of(line) <= width for line in text.splitlines())
    told = sorted(text.replace(" ", "").replace("\n", ""))
    assert told == sorted("".join("".join(row) for row in rows).replace(" ", ""))


def test_columns_are_aligned_and_numbers_stand_to_the_right() -> None:
    rows = [["5 s", "web-0", "paused"], ["10 s", "a", "resumed"]]
    text = plain(line for row in table(rows, width=80, wraps=(2,), right=(0,)) for line in row)
    assert text == "   5 s  web-0  paused\n  10 s  a      resumed\n"


def test_paragraphs_of_a_cell_stand_below_each_other() -> None:
    rows: list[list[Cell]] = [["x", [Span("one"), Span("two", Style.BAD)]], ["y", "three"]]
    text = plain(line for row in table(rows, width=80, wraps=(1,)) for line in row)
    assert text == "  x  one\n     two\n  y  three\n"


def test_a_table_without_rows_has_no_lines() -> None:
    assert table([], width=80, wraps=()) == []


@pytest.mark.parametrize(("text", "columns"), [("", 0), ("web", 3), ("東京", 4), ("e\u0301", 1)])
def test_columns_are_those_of_a_terminal(text: str, columns: int) -> None:
    assert measured(text) == columns


def test_a_paragraph_hangs_below_its_first_word() -> None:
    lines = paragraph("one two three", width=20, indent=2, hanging=8, first="Broken: ")
    assert plain(lines) == "  Broken: one two\n          three\n"
