"""The schema takes just the lines that the strict reader takes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from freezeframe.observation import KINDS, Provenance, header_line, record_line
from freezeframe.observation.schema import records_schema

from .test_records import record

CHECKS = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """As much of JSON Schema as is used, by its definition."""
    if "oneOf" in schema:
        return sum(fits(value, each) for each in schema["oneOf"]) == 1
    if "type" in schema and type(value) is not CHECKS[schema["type"]]:
        return False
    kept = [
        value == schema.get("const", value),
        value in schema.get("enum", [value]),
        "minimum" not in schema or value >= schema["minimum"],
    ]
    if schema.get("type") == "object":
        known = schema["properties"]
        kept.append(set(schema["required"]) <= set(value) <= set(known))
        kept += [fits(each, known[key]) for key, each in value.items() if key in known]
    if schema.get("type") == "array":
        kept += [fits(each, schema["items"]) for each in value]
    return all(kept)


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_of_every_kind_fits(kind: str) -> None:
    line = json.loads(record_line(record(kind)))
    assert fits(line, records_schema())
    assert not fits({**line, "more": 1}, records_schema())
    assert not fits({key: each for key, each in line.items() if key != "source"}, records_schema())
    assert not fits({**line, "sequence": 0}, records_schema())


@pytest.mark.parametrize(
    "provenance", [Provenance(), Provenance(("vm seen",), "fleet", "policy", ("guard",))]
)
def test_a_header_fits(provenance: Provenance) -> None:
    line = json.loads(header_line(provenance))
    assert fits(line, records_schema())
    assert not fits({**line, "version": 2}, records_schema())


def test_a_status_that_no_hypervisor_shows_does_not_fit() -> None:
    line = json.loads(record_line(record("vm seen")))
    assert not fits({**line, "status": "resuming"}, records_schema())


def test_every_kind_says_what_it_means() -> None:
    assert all(each["description"] for each in records_schema()["oneOf"])
