"""A recorded history: one JSON object a line, written and strictly read.

Owns the format. The first line is the header, `{"format": "freezeframe-records", "version": 1}`;
each further line is one record with the keys

* `source`: who saw it, and `sequence`: the number that this source gave it, from 1;
* `monotonic_ms`: when, on one clock for the whole history that never goes back, and
  `wall_ms`: when, in milliseconds of the Unix epoch;
* `kind`: one of the kinds of `facts.KINDS`, with the fields of that kind beside it;
* `host` and `vm`, as far as the kind is about them.

A reader refuses unknown versions, kinds and keys, so what was read was understood. What follows
from the records is `ledger`'s affair.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from functools import cache
from typing import Any, Final, get_type_hints

from freezeframe.fleet import FreezeframeError, Mistake
from freezeframe.fleet.errors import shown as spelled

from .facts import KIND_OF, KINDS, VISIBLE, Fact, Subject, VmSeen

FORMAT: Final = "freezeframe-records"
VERSION: Final = 1
MISTAKES_MAX: Final = 20
"""Mistakes that one error reports."""

_TEXTS: Final = ("source", "kind")
_NUMBERS: Final = ("sequence", "monotonic_ms", "wall_ms")


class RecordsError(FreezeframeError):
    """A recorded history is not valid; `mistakes` is what is wrong, the first of them first."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        """Report `mistakes`, one a line."""
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


@dataclass(frozen=True)
class Record:
    """One fact, and who saw it when.

    `sequence` counts the records of `source` from 1 without gaps. `monotonic_ms` is of one clock
    for the whole history; whoever merges the histories of several machines brings them to one.
    `host` and `vm` are None exactly when the fact is not about one.

    Raises `ValueError` when it is built of what no observer can have seen.
    """

    source: str
    sequence: int
    monotonic_ms: int
    wall_ms: int
    fact: Fact
    host: str | None = None
    vm: str | None = None

    def __post_init__(self) -> None:
        """Refuse what could not be written down and read again."""
        for where, text in _flaws(self):
            raise ValueError(f"{where}: {text}")


def header_line() -> str:
    """The first line of every history, without its line break."""
    return json.dumps({"format": FORMAT, "version": VERSION})


def record_line(record: Record) -> str:
    """A record as one line, without its line break; equal records give equal lines."""
    kind = KIND_OF[type(record.fact)]
    line: dict[str, object] = {
        "source": record.source,
        "sequence": record.sequence,
        "monotonic_ms": record.monotonic_ms,
        "wall_ms": record.wall_ms,
        "kind": kind,
    }
    subject = KINDS[kind][1]
    if subject is not Subject.FLEET:
        line["host"] = record.host
    if subject is Subject.VM:
        line["vm"] = record.vm
    return json.dumps({**line, **vars(record.fact)}, ensure_ascii=False)


def write_records(records: Iterable[Record]) -> str:
    """The text of a history, header first, a line break after each line."""
    return "".join(f"{line}\n" for line in (header_line(), *map(record_line, records)))


def read_records(text: str, source: str = "records") -> tuple[Record, ...]:
    """Read a history; `source` names it in errors.

    Raises:
        RecordsError: It is not valid; the first `MISTAKES_MAX` mistakes together, each with its
            line.

    """
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    mistakes = list(_header_mistakes(lines, source))
    if mistakes:
        raise RecordsError(mistakes)
    records: list[Record] = []
    for number, line in enumerate(lines[1:], start=2):
        try:
            records.append(_read(line))
        except _FlawedError as flawed:
            mistakes += [Mistake(source, number, *flaw) for flaw in flawed.flaws]
        if len(mistakes) >= MISTAKES_MAX:
            break
    if mistakes:
        raise RecordsError(mistakes[:MISTAKES_MAX])
    return tuple(records)


_Flaw = tuple[str, str]


class _FlawedError(Exception):
    """A line is no record; `flaws` tells where and what, expected and found."""

    def __init__(self, *flaws: _Flaw) -> None:
        super().__init__()
        self.flaws = flaws


def _header_mistakes(lines: list[str], source: str) -> Iterator[Mistake]:
    if not lines:
        yield Mistake(source, None, "", f"expected the line {header_line()} first, found nothing")
        return
    try:
        header = json.loads(lines[0])
    except ValueError:
        header = None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        yield Mistake(source, 1, "", f"expected the line {header_line()}, found {_shown(lines[0])}")
    elif header != {"format": FORMAT, "version": VERSION}:
        text = f"expected version {VERSION} and nothing more, found {_shown(lines[0])}"
        yield Mistake(source, 1, "version", text)


def _read(line: str) -> Record:
    values = _object(line)
    kind = values.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        found = _shown(kind) if "kind" in values else "none"
        raise _FlawedError(("kind", f"expected one of {', '.join(KINDS)}; found {found}"))
    form, subject = KINDS[kind]
    names = {Subject.FLEET: (), Subject.HOST: ("host",), Subject.VM: ("host", "vm")}[subject]
    hints, optional = _fields(kind)
    known = (*_TEXTS, *_NUMBERS, *names, *hints)
    flaws: list[_Flaw] = [
        (key, f"expected no such key in a record of kind {_shown(kind)}, found {_shown(value)}")
        for key, value in values.items()
        if key not in known
    ]
    flaws += [
        (key, "expected this key, found none")
        for key in known
        if key not in values and key not in optional
    ]
    found_fields = {key: values[key] for key in hints if key in values}
    for key, value in found_fields.items():
        try:
            found_fields[key] = _typed(value, hints[key])
        except ValueError as error:
            flaws.append((key, str(error)))
    for key, wanted in (
        *((key, int) for key in _NUMBERS),
        *((key, str) for key in ("source", *names)),
    ):
        if key in values and type(values[key]) is not wanted:
            flaws.append((key, f"expected {_WORDS[wanted]}, found {_shown(values[key])}"))
    if flaws:
        raise _FlawedError(*flaws)
    common = {key: values[key] for key in ("source", *_NUMBERS, *names)}
    try:
        return Record(fact=form(**found_fields), **common)
    except ValueError as error:
        where, _, text = str(error).partition(": ")
        raise _FlawedError((where, text)) from None


_WORDS: Final[dict[type, str]] = {int: "a whole number", str: "a text", bool: "true or false"}


def _object(line: str) -> dict[str, Any]:
    try:
        values = json.loads(line, object_pairs_hook=_without_repeats)
    except ValueError:
        raise _FlawedError(("", f"expected one JSON object, found {_shown(line)}")) from None
    if not isinstance(values, dict):
        raise _FlawedError(("", f"expected one JSON object, found {_shown(line)}"))
    return values


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    for key in values:
        count = sum(each == key for each, _ in pairs)
        if count > 1:
            raise _FlawedError((key, f"expected the key once, found it {count} times"))
    return values


@cache
def _fields(kind: str) -> tuple[dict[str, type], frozenset[str]]:
    """The types of the fields of a kind of fact, and which of them may be left out."""
    form = KINDS[kind][0]
    hints = get_type_hints(form)
    optional = {each.name for each in fields(form) if each.default is not MISSING}
    return {each.name: hints[each.name] for each in fields(form)}, frozenset(optional)


def _typed(value: object, wanted: type) -> object:
    """`value` as a field of type `wanted`; raises `ValueError` with what was expected and found."""
    if issubclass(wanted, StrEnum):
        if isinstance(value, str) and value in list(wanted):
            return wanted(value)
        raise ValueError(f"expected one of {', '.join(wanted)}; found {_shown(value)}")
    if type(value) is not wanted:
        raise ValueError(f"expected {_WORDS[wanted]}, found {_shown(value)}")
    return value


def _shown(value: object) -> str:
    """Return a value as JSON spells it, shortened to a part of a line."""
    return "null" if value is None else spelled(value)


def _flaws(record: Record) -> Iterator[_Flaw]:
    """What is wrong with the values of a record whose types are right."""
    if record.sequence < 1:
        yield "sequence", f"expected a number from 1, found {record.sequence}"
    subject = KINDS[KIND_OF[type(record.fact)]][1]
    wants = {"host": subject is not Subject.FLEET, "vm": subject is Subject.VM, "source": True}
    for key, is_wanted in wants.items():
        value = getattr(record, key)
        if is_wanted and (not value or not value.isprintable()):
            yield key, f"expected a printable name, found {_shown(value) if value else 'none'}"
        elif not is_wanted and value is not None:
            yield key, f"expected none for a fact about the {subject}, found {_shown(value)}"
    if isinstance(record.fact, VmSeen) and record.fact.status not in VISIBLE:
        text = f"expected one of {', '.join(sorted(VISIBLE))}; found {record.fact.status.value}"
        yield "status", text
