"""Text in columns for a terminal: measured, aligned and wrapped, with styles by name.

Owns how cells become lines. It must not know what is told, nor what a style looks like: whoever
prints chooses colours, or takes the words alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

WIDTH_DEFAULT = 80
"""Columns of a page whose reader's width is not known."""

COLUMN_MIN = 10
"""A column that wraps is never made narrower, or words would fall apart."""


class Style(StrEnum):
    """What a piece of text is for."""

    PLAIN = ""
    TITLE = "title"
    FAINT = "faint"
    GOOD = "good"
    BAD = "bad"
    DOUBTFUL = "doubtful"
    CODE = "code"


@dataclass(frozen=True)
class Span:
    """A piece of text in one style; it has no line break."""

    text: str
    style: Style = Style.PLAIN


Line = tuple[Span, ...]
Cell = Sequence[Span] | str
"""Paragraphs of a cell, each in one style; a bare text is one plain paragraph."""


def plain(lines: Iterable[Line]) -> str:
    """The words alone, each line ended by a line break and without blanks at its end."""
    return "".join("".join(span.text for span in line).rstrip() + "\n" for line in lines)


def measured(text: str) -> int:
    """How many columns of a terminal `text` takes.

    >>> measured("web-0"), measured("東京"), measured("e\u0301")
    (5, 4, 1)
    """
    if text.isascii():
        return len(text)
    return sum(_measured(character) for character in text)


_BLANKS = re.compile(r" (?!s\b) *|(?<!\d) +")
"""Where a line may end: not between a number and the seconds that it counts."""


def wrapped(text: str, width: int) -> list[str]:
    """Break `text` at blanks into lines of at most `width` columns; a word that is longer is cut.

    A number stays with its unit.

    >>> wrapped("never are two of them paused", 12)
    ['never are', 'two of them', 'paused']
    >>> wrapped("with a margin of 10 s", 18)
    ['with a margin of', '10 s']
    """
    lines: list[str] = []
    line = ""
    for word in _words(text, max(1, width)):
        if line and measured(line) + 1 + measured(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


def paragraph(
    text: str,
    *,
    width: int,
    indent: int = 0,
    hanging: int = 0,
    style: Style = Style.PLAIN,
    first: str = "",
) -> list[Line]:
    """Wrap `text` behind `indent` blanks; lines after the first get `hanging` more.

    `first` stands before the text on the first line, in place of as many columns of `hanging`.
    """
    room = max(COLUMN_MIN, width - indent - hanging)
    lead = first.ljust(hanging)
    return [
        (Span(" " * indent + (lead if number == 0 else " " * hanging)), Span(each, style))
        for number, each in enumerate(wrapped(text, room))
    ]


def table(
    rows: Sequence[Sequence[Cell]],
    *,
    width: int,
    wraps: Sequence[int],
    right: Sequence[int] = (),
    indent: int = 2,
    gap: int = 2,
) -> list[list[Line]]:
    """Lay cells out in columns as wide as they need; returns the lines of each row.

    Where they need more than `width`, the columns in `wraps` share what is left, the widest giving
    most. Columns in `right` are aligned to the right. All rows have the same number of cells.
    """
    if not rows:
        return []
    cells = [[_spans(cell) for cell in row] for row in rows]
    widths = [
        max(measured(span.text) for row in cells for span in (*row[column], Span("")))
        for column in range(len(cells[0]))
    ]
    room = width - indent - gap * (len(widths) - 1)
    while sum(widths) > room:
        widest = max(wraps, key=lambda column: widths[column])
        if widths[widest] <= COLUMN_MIN:
            break
        widths[widest] = max(COLUMN_MIN, widths[widest] - 1)
    return [_laid_out(row, widths, right, indent, gap) for row in cells]


def _laid_out(
    row: Sequence[Sequence[Span]],
    widths: Sequence[int],
    right: Sequence[int],
    indent: int,
    gap: int,
) -> list[Line]:
    columns = [
        [Span(text, span.style) for span in cell for text in wrapped(span.text, width)]
        for cell, width in zip(row, widths, strict=True)
    ]
    lines: list[Line] = []
    for number in range(max(map(len, columns))):
        line = [Span(" " * indent)]
        for column, (spans, width) in enumerate(zip(columns, widths, strict=True)):
            span = spans[number] if number < len(spans) else Span("")
            blanks = Span(" " * (width - measured(span.text)))
            line += [blanks, span] if column in right else [span, blanks]
            line.append(Span(" " * gap))
        while line and not line[-1].text.strip():
            line.pop()
        lines.append(tuple(line))
    return lines


def _spans(cell: Cell) -> Sequence[Span]:
    return [Span(cell)] if isinstance(cell, str) else cell


def _measured(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _words(text: str, width: int) -> Iterable[str]:
    for word in _BLANKS.split(text):
        rest = word
        while measured(rest) > width:
            cut = _fitting(rest, width)
            yield rest[:cut]
            rest = rest[cut:]
        yield rest


def _fitting(text: str, width: int) -> int:
    """How many characters of `text` fit into `width` columns; at least one."""
    used = 0
    for number, character in enumerate(text):
        used += _measured(character)
        if used > width:
            return max(1, number)
    return len(text)
