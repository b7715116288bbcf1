"""The schema takes just the lines that the strict reader takes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import jsonschema_rs
import pytest

from freezeframe.observation import (
    KINDS,
    Provenance,
    RecordsError,
    header_line,
    read_history,
    record_line,
)
from freezeframe.observation.schema import records_schema

from .test_records import record

SCHEMA: Final = jsonschema_rs.Draft202012Validator(records_schema())
OTHERS: Final[tuple[object, ...]] = (
    *(None, True, -1, 0, 1, 2, 1.5, "", "text", [], ["vm seen"], ["text"], [1], {}),
    *("paused", "resuming", "user", "update"),
)
"""Values to put in place of any other."""


def spoiled(line: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The line with one key taken out, added, or of another value."""
    yield {**line, "more": 1}
    for key in line:
        yield {name: value for name, value in line.items() if name != key}
        for other in OTHERS:
            yield {**line, key: other}


def reads(*lines: str) -> bool:
    try:
        read_history("\n".join(lines))
    except RecordsError:
        return False
    return True


@pytest.mark.parametrize("kind", KINDS)
def test_records_fit_when_they_can_be_read(kind: str) -> None:
    line = json.loads(record_line(record(kind)))
    assert SCHEMA.is_valid(line)
    verdicts = set()
    for other in spoiled(line):
        fits = SCHEMA.is_valid(other)
        assert fits == reads(header_line(), json.dumps(other)), other
        verdicts.add(fits)
    assert verdicts == {True, False}


@pytest.mark.parametrize(
    "provenance", [Provenance(), Provenance(("vm seen",), "fleet", "policy", ("guard",))]
)
def test_headers_fit_when_they_can_be_read(provenance: Provenance) -> None:
    line = json.loads(header_line(provenance))
    assert SCHEMA.is_valid(line)
    for other in spoiled(line):
        assert SCHEMA.is_valid(other) == reads(json.dumps(other)), other


def test_every_kind_says_what_it_means() -> None:
    assert all(each["description"] for each in records_schema()["oneOf"])
