"""One record of a history, and the line that it is in a file.

Owns the form of a line, which is one JSON object with the keys

* `source`: who saw it, and `sequence`: the number that this source gave it, from 1;
* `monotonic_ms`: when, on one clock for the whole history that never goes back, and
  `wall_ms`: when, in milliseconds of the Unix epoch;
* `kind`: one of the kinds of `facts.KINDS`, with the fields of that kind beside it;
* `host` and `vm`, as far as the kind is about them.

A reader refuses unknown kinds and keys, so what was read was understood. It must not know files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from functools import cache
from typing import Any, Final, get_type_hints

from freezeframe.fleet.errors import shown as spelled

from .facts import KIND_OF, KINDS, VISIBLE, Fact, Repeats, VmSeen

_TEXTS: Final = ("source", "kind")
_NUMBERS: Final = ("sequence", "monotonic_ms", "wall_ms")


Flaw = tuple[str, str]
"""What is wrong: at which key, and what was expected and found."""


class FlawedError(Exception):
    """A line is no record; `flaws` tells all that is wrong."""

    def __init__(self, *flaws: Flaw) -> None:
        """Tell `flaws`."""
        super().__init__()
        self.flaws = flaws


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
    line.update((key, getattr(record, key)) for key in KINDS[kind][1].keys)
    return json.dumps({**line, **vars(record.fact)}, ensure_ascii=False)


def parse_record(line: str) -> Record:
    """Read a line.

    Raises:
        FlawedError: It is no record.

    """
    values = json_object(line)
    kind = values.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        found = shown_value(kind) if "kind" in values else "none"
        raise FlawedError(("kind", f"expected one of {', '.join(KINDS)}; found {found}"))
    form, subject = KINDS[kind]
    names = subject.keys
    hints, optional = fields_of(kind)
    known = (*_TEXTS, *_NUMBERS, *names, *hints)
    unexpected = f"expected no such key in a record of kind {shown_value(kind)}"
    flaws: list[Flaw] = [
        (key, f"{unexpected}, found {shown_value(value)}")
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
            flaws.append((key, f"expected {_WORDS[wanted]}, found {shown_value(values[key])}"))
    if flaws:
        raise FlawedError(*flaws)
    common = {key: values[key] for key in ("source", *_NUMBERS, *names)}
    try:
        return Record(fact=form(**found_fields), **common)
    except ValueError as error:
        where, _, text = str(error).partition(": ")
        raise FlawedError((where, text)) from None


_WORDS: Final[dict[type, str]] = {int: "a whole number", str: "a text", bool: "true or false"}


def json_object(line: str) -> dict[str, Any]:
    """Read a line as one JSON object in which no key is repeated; raises `FlawedError`."""
    try:
        values = json.loads(line, object_pairs_hook=_without_repeats)
    except ValueError:
        raise FlawedError(("", f"expected one JSON object, found {shown_value(line)}")) from None
    if not isinstance(values, dict):
        raise FlawedError(("", f"expected one JSON object, found {shown_value(line)}"))
    return values


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    for key in values:
        count = sum(each == key for each, _ in pairs)
        if count > 1:
            raise FlawedError((key, f"expected the key once, found it {count} times"))
    return values


@cache
def fields_of(kind: str) -> tuple[dict[str, type], frozenset[str]]:
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
        raise ValueError(f"expected one of {', '.join(wanted)}; found {shown_value(value)}")
    if type(value) is not wanted:
        raise ValueError(f"expected {_WORDS[wanted]}, found {shown_value(value)}")
    return value


def shown_value(value: object) -> str:
    """Return a value as JSON spells it, shortened to a part of a line."""
    return "null" if value is None else spelled(value)


def _flaws(record: Record) -> Iterator[Flaw]:
    """What is wrong with the values of a record whose types are right."""
    if record.sequence < 1:
        yield "sequence", f"expected a number from 1, found {record.sequence}"
    subject = KINDS[KIND_OF[type(record.fact)]][1]
    for key in ("host", "vm", "source"):
        value, is_wanted = getattr(record, key), key in ("source", *subject.keys)
        if is_wanted and (not value or not value.isprintable()):
            yield key, f"expected a printable name, found {shown_value(value) if value else 'none'}"
        elif not is_wanted and value is not None:
            yield key, f"expected none for a fact about the {subject}, found {shown_value(value)}"
    if isinstance(record.fact, VmSeen) and record.fact.status not in VISIBLE:
        text = f"expected one of {', '.join(sorted(VISIBLE))}; found {record.fact.status.value}"
        yield "status", text
    if isinstance(record.fact, Repeats) and record.fact.records < 0:
        yield "records", f"expected a number from 0, found {record.fact.records}"
