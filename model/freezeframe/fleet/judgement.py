"""Judges the values of a parsed fleet file, and goes on past the first mistake.

Owns the wording of refused keys and values, and what is still believed after a refusal. It knows
neither text nor lines, and leaves what values must be together to `consistency`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from freezeframe.fleet.consistency import KINDS, Finding, close_name
from freezeframe.fleet.errors import shown
from freezeframe.fleet.model import (
    CustomerActions,
    Faults,
    Limits,
    OperatorActions,
    Timing,
    Tolerance,
    Update,
)
from freezeframe.fleet.schema import FleetTable, HostTable, SetTable, VmTable, file_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic_core import ErrorDetails

    from freezeframe.fleet.lines import Path

_SECTIONS: dict[str, type] = {
    "limits": Limits,
    "timing": Timing,
    "update": Update,
    "faults": Faults,
    "customer": CustomerActions,
    "operator": OperatorActions,
    "tolerance": Tolerance,
}
_ENTRIES: dict[str, type[BaseModel]] = {
    "availability_sets": SetTable,
    "hosts": HostTable,
    "vms": VmTable,
}


@dataclass(frozen=True)
class Judgement:
    """The tables as far as they are valid, what is wrong, and at which paths nothing is known."""

    table: FleetTable
    findings: list[Finding]
    doubtful: set[Path]

    def is_doubtful(self, finding: Finding) -> bool:
        """Return whether a finding may only follow from another mistake."""
        return any(_is_below(path, self.doubtful) for path in (finding.path, *finding.given))


def judge(content: dict[str, Any]) -> Judgement:
    """Judge `content`, which is mended in place until the rest of it is valid.

    A refused value is removed, so that its default stands in; what hangs on it is then doubtful.
    """
    findings: list[Finding] = []
    doubtful: set[Path] = set()
    while True:
        try:
            return Judgement(FleetTable.model_validate(content), findings, doubtful)
        except ValidationError as refusal:
            errors = sorted(refusal.errors(include_url=False), key=lambda each: each["type"])
        for error in errors:
            # Sorted so, an unknown key comes before the missing one that it was meant to be.
            finding = Finding(error["loc"], _wording(error))
            if not _is_below(finding.path, doubtful):
                findings.append(finding)
            doubtful |= {error["loc"], *_meant(content, error)}
            _mend(content, error)


def _is_below(path: Path, tops: set[Path]) -> bool:
    return any(path[:length] in tops for length in range(1, len(path) + 1))


def _at(content: Any, path: Sequence[str | int]) -> Any:  # noqa: ANN401 - what a file holds
    for key in path:
        content = content[key]
    return content


def _mend(content: dict[str, Any], error: ErrorDetails) -> None:
    """Remove the refused value; each call makes the content valid in one more place."""
    *parents, last = error["loc"]
    table = _at(content, parents)
    if error["type"] == "missing":
        table[last] = "?"  # only names are required
    elif isinstance(last, int):
        table[last] = {}  # keeps the places of the others
    else:
        del table[last]


def _wording(error: ErrorDetails) -> str:
    key = error["loc"][-1]
    if error["type"] == "missing":
        return f'expected a value, found none; add {key} = "…"'
    if error["type"] == "extra_forbidden":
        known = _known_keys(error["loc"])
        close = close_name(str(key), known)
        expected = "a known key" if close else f"one of {', '.join(known)}"
        return f"expected {expected}, found {shown(key)}{close}"
    if error["type"] == "model_type":
        expected = f"a table, [{key}]" if key in _SECTIONS else "a table"
    elif error["type"] == "list_type":
        expected = f"an array of tables, [[{key}]]"
    else:
        expected = error["msg"]
    return f"expected {expected}, found {shown(error['input'])}"


def _meant(content: dict[str, Any], error: ErrorDetails) -> list[Path]:
    """Return the path of the absent key that an unknown key was probably meant to be."""
    *parents, key = error["loc"]
    if error["type"] != "extra_forbidden":
        return []
    known = _known_keys(error["loc"])
    advice = close_name(str(key), known)
    absent = [each for each in known if each not in _at(content, parents)]
    return [(*parents, each) for each in absent if shown(each) in advice]


def _known_keys(path: Path) -> list[str]:
    """Return the keys that could stand where `path` ends."""
    if len(path) == 1:
        return list(FleetTable.model_fields)
    if path[0] in KINDS:
        entry = _ENTRIES[str(path[0])].model_fields
        return [field.alias or name for name, field in entry.items()]
    return [file_key(field.name) for field in fields(_SECTIONS[str(path[0])])]
