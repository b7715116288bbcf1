"""What can be wrong with what a user handed in, and how it is said.

Owns the base of all of freezeframe's errors and the form of a reported mistake. It must not know
how mistakes are found.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN_MAX = 60
"""Characters of a found value that a message repeats."""


class FreezeframeError(Exception):
    """A request cannot be met, for a reason that the text gives and that its reader can mend.

    Base of every error that freezeframe raises on purpose. Commands print its text without a
    traceback and end with exit code 2; anything else that escapes is a defect of freezeframe.
    """


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong: in which source, on which line, at which key, what was expected.

    `source` is a file, or the URI of a host; `line` counts from 1, and is None where there are no
    lines; `where` is empty for a mistake about the whole source.
    """

    source: str
    line: int | None
    where: str
    text: str

    def __str__(self) -> str:
        """Return `source:line: where: text`, the form that editors and terminals link to."""
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        return ": ".join(part for part in (place, self.where, self.text) if part)


class FleetError(FreezeframeError):
    """A description of a fleet is not valid; `mistakes` is all that is wrong, in order."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        """Report `mistakes`, one a line."""
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)


def shown(value: object) -> str:
    """Return a value as a fleet file would spell it, shortened to a part of a line.

    >>> shown("web"), shown(True), shown([1, 2, [3]])
    ('"web"', 'true', '[1, 2, […]]')
    """
    if isinstance(value, list):
        if any(isinstance(each, dict) for each in value):
            return "an array of tables"
        members = ("[…]" if isinstance(each, list) else _spelled(each) for each in value)
        text = f"[{', '.join(islice(members, SHOWN_MAX))}]"
    else:
        text = _spelled(value)
    return text if len(text) <= SHOWN_MAX else f"{text[: SHOWN_MAX - 1]}…"


def _spelled(value: object) -> str:
    """Spell a value that is not an array."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, str):
        return json.dumps(value[: SHOWN_MAX + 1], ensure_ascii=False)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() > SHOWN_MAX * 4:
        return "a huge integer"  # Python refuses to print thousands of digits
    return str(value)
