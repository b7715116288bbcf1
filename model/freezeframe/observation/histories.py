"""A recorded history as a file: one JSON object a line, written and strictly read.

Owns the format. The first line is the header, an object with

* `format`: `freezeframe-records`, and `version`: 1;
* `kinds`: the kinds of records that the observers could write, where that is not every kind;
* `fleet`: the text of the fleet file, `policy`: its name, and `without`: the guards that were
  switched off, as far as these are known.

Each further line is one record (see `records`). A reader refuses unknown versions, kinds and keys,
so what was read was understood. What follows from the records is `ledger`'s affair.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any, Final

from freezeframe.fleet import FreezeframeError, Mistake

from .facts import KINDS
from .records import FlawedError, Record, json_object, parse_record, record_line, shown_value

FORMAT: Final = "freezeframe-records"
VERSION: Final = 1
MISTAKES_MAX: Final = 20
"""Mistakes that one error reports."""


class RecordsError(FreezeframeError):
    """A recorded history is not valid; `mistakes` is what is wrong, the first of them first."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        """Report `mistakes`, one a line."""
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


@dataclass(frozen=True)
class Provenance:
    """What a history is of, as far as whoever wrote it knew; empty texts stand for unknown.

    `kinds` are the kinds of records that could have been written: one of them that is missing did
    not happen, while nothing follows from the lack of any other.
    """

    kinds: tuple[str, ...] = tuple(KINDS)
    fleet: str = ""
    policy: str = ""
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class History:
    """A recorded history: what it is of, and its records in the order of the file."""

    provenance: Provenance
    records: tuple[Record, ...]


def header_line(provenance: Provenance | None = None) -> str:
    """The first line of a history, without its line break."""
    given = provenance or Provenance()
    told = {
        each.name: getattr(given, each.name)
        for each in fields(Provenance)
        if getattr(given, each.name) != each.default
    }
    return json.dumps({"format": FORMAT, "version": VERSION, **told}, ensure_ascii=False)


def write_records(records: Iterable[Record], provenance: Provenance | None = None) -> str:
    """The text of a history, header first, a line break after each line."""
    lines = (header_line(provenance), *map(record_line, records))
    return "".join(f"{line}\n" for line in lines)


def read_records(text: str, source: str = "records") -> tuple[Record, ...]:
    """Read the records of a history; as `read_history`."""
    return read_history(text, source).records


def read_history(text: str, source: str = "records") -> History:
    """Read a history; `source` names it in errors.

    Raises:
        RecordsError: It is not valid; the first `MISTAKES_MAX` mistakes together, each with its
            line.

    """
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    if not lines:
        what = f"expected the line {header_line()} first, found nothing"
        raise RecordsError([Mistake(source, None, "", what)])
    mistakes: list[Mistake] = []
    provenance = Provenance()
    records: list[Record] = []
    for number, line in enumerate(lines, start=1):
        try:
            if number == 1:
                provenance = _provenance(line)
            else:
                records.append(parse_record(line))
        except FlawedError as flawed:
            is_cut = number == len(lines) > 1 and not text.endswith("\n")
            advice = "; its end is missing: remove this line to have the rest judged"
            mistakes += [
                Mistake(source, number, key, what + (advice if is_cut and not key else ""))
                for key, what in flawed.flaws
            ]
            if number == 1:
                break
        if len(mistakes) >= MISTAKES_MAX:
            break
    if mistakes:
        raise RecordsError(mistakes[:MISTAKES_MAX])
    return History(provenance, tuple(records))


def _provenance(line: str) -> Provenance:
    try:
        values = json_object(line)
    except FlawedError:
        values = {}
    if values.get("format") != FORMAT:
        text = f"expected the line {header_line()}, found {shown_value(line)}"
        raise FlawedError(("", text))
    if values.get("version") != VERSION or isinstance(values["version"], bool):
        found = shown_value(values.get("version"))
        text = f"expected {VERSION}, found {found}; another version of freezeframe wrote it"
        raise FlawedError(("version", text))
    flaws = list(_header_flaws(values))
    if flaws:
        raise FlawedError(*flaws)
    told: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in values.items()
        if key not in {"format", "version"}
    }
    return Provenance(**told)


def _header_flaws(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    defaults = {each.name: each.default for each in fields(Provenance)}
    for key, value in values.items():
        if key in {"format", "version"}:
            continue
        if key not in defaults:
            known = ", ".join(("format", "version", *defaults))
            yield key, f"expected one of the keys {known}; found this one"
        elif isinstance(defaults[key], str):
            if not isinstance(value, str):
                yield key, f"expected a text, found {shown_value(value)}"
        elif not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            yield key, f"expected an array of texts, found {shown_value(value)}"
        elif key == "kinds" and not set(value) <= set(KINDS):
            unknown = ", ".join(sorted(set(value) - set(KINDS)))
            yield key, f"expected kinds among {', '.join(KINDS)}; found {unknown}"
