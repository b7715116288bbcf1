"""The JSON Schema of a line of a recorded history, for whoever reads or writes one elsewhere.

Owns nothing but the form: kinds, keys and values are those of the facts themselves.
Source of the form: https://json-schema.org/draft/2020-12.
"""

from __future__ import annotations

from enum import StrEnum
from inspect import getdoc
from typing import Any, Final

from .facts import KINDS, VISIBLE, Repeats, VmSeen
from .histories import FORMAT, VERSION, Provenance
from .records import fields_of

_TYPES: Final = {int: "integer", str: "string", bool: "boolean"}


def records_schema() -> dict[str, Any]:
    """The schema of every line: of the header, which is the first, and of each kind of record.

    It takes the lines that `read_history` takes, and some with names that cannot be printed.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{FORMAT}, version {VERSION}",
        "description": "Each line of a history is one of these; the first line is the header.",
        "oneOf": [_header(), *map(_record, KINDS)],
    }


def _header() -> dict[str, Any]:
    texts = {"type": "array", "items": {"type": "string"}}
    properties = {
        "format": {"const": FORMAT},
        "version": {"const": VERSION},
        "kinds": {"type": "array", "items": {"enum": list(KINDS)}},
        "fleet": {"type": "string"},
        "policy": {"type": "string"},
        "without": texts,
    }
    return _object("header", getdoc(Provenance) or "", properties, ["format", "version"])


def _record(kind: str) -> dict[str, Any]:
    fact, subject = KINDS[kind]
    hints, optional = fields_of(kind)
    name = {"type": "string", "minLength": 1}
    properties: dict[str, Any] = {
        "source": name,
        "sequence": {"type": "integer", "minimum": 1},
        "monotonic_ms": {"type": "integer"},
        "wall_ms": {"type": "integer"},
        "kind": {"const": kind},
        **dict.fromkeys(subject.keys, name),
    }
    required = [*properties, *(key for key in hints if key not in optional)]
    for key, hint in hints.items():
        properties[key] = {"type": _TYPES[hint]} if hint in _TYPES else {"enum": _values(hint)}
    if fact is VmSeen:
        properties["status"] = {"enum": sorted(VISIBLE)}
    if fact is Repeats:
        properties["records"]["minimum"] = 0
    return _object(kind, getdoc(fact) or "", properties, required)


def _values(hint: type) -> list[str]:
    return [each.value for each in hint] if issubclass(hint, StrEnum) else []


def _object(
    title: str, about: str, properties: dict[str, Any], required: list[str]
) -> dict[str, Any]:
    return {
        "title": title,
        "description": " ".join(about.split()),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
