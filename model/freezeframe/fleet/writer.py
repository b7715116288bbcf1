"""Writes a `Fleet` as a fleet file that a person can read and go on editing.

Owns the layout and the comments. Keys and defaults come from the value classes; it must not know
how files are read.
"""

from __future__ import annotations

import json
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from freezeframe.fleet.model import (
    AvailabilitySet,
    CustomerActions,
    Faults,
    Host,
    Limits,
    OperatorActions,
    Span,
    Timing,
    Tolerance,
    Update,
    VirtualMachine,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from freezeframe.fleet.model import Fleet


def write_fleet(fleet: Fleet, notes: Sequence[str] = ()) -> str:
    """Return the text of a fleet file that reads back as `fleet`; defaults are left out.

    `notes` become comments at the top. The update domain of a VM is written even where it is the
    default, because that default would change with the order of the file.
    """
    return "\n".join(_lines(fleet, notes))


def _lines(fleet: Fleet, notes: Sequence[str]) -> Iterator[str]:
    for note in notes:
        yield from (f"# {line}" for line in note.splitlines())
    if notes:
        yield ""
    yield f"name = {_value(fleet.name)}"
    yield ""
    tolerated = Tolerance(
        **{each.name: getattr(fleet.faults, each.name) for each in fields(Tolerance)}
    )
    for key, comment, section, default in (
        ("limits", "what customers are promised", fleet.limits, Limits()),
        ("timing", "seconds [min, max] that each step takes", fleet.timing, Timing()),
        ("update", "what is deployed to every host", fleet.update, Update()),
        ("faults", "how many of each may happen", fleet.faults, Faults()),
        ("customer", "how often customers may do each", fleet.customer, CustomerActions()),
        ("operator", "how often operators may do each", fleet.operator, OperatorActions()),
        ("tolerance", "faults that deadlines leave time for", fleet.tolerance, tolerated),
    ):
        yield from _table(f"[{key}]  # {comment}", _differences(section, default))
    for each in fleet.availability_sets:
        pairs = _differences(each, AvailabilitySet(each.name, fault_domains=each.fault_domains))
        if each.fault_domains == 1:
            pairs = {}  # one fault domain, hence one update domain
        if each.fault_domains != AvailabilitySet.fault_domains:
            pairs["fault_domains"] = each.fault_domains
        yield from _table("[[availability_sets]]", {"name": each.name, **pairs})
    for host in fleet.hosts:
        yield from _table("[[hosts]]", {"name": host.name, **_differences(host, Host(host.name))})
    for vm in fleet.vms:
        pairs = _differences(vm, VirtualMachine(vm.name, host=""))
        yield from _table("[[vms]]", {"name": vm.name, **pairs})


def _differences(value: Any, default: Any) -> dict[str, object]:  # noqa: ANN401 - any value class
    """Return the fields of a value class that are not at their default."""
    names = [each.name for each in fields(default)]
    pairs = {name: getattr(value, name) for name in names}
    return {name: pairs[name] for name in names if pairs[name] != getattr(default, name)}


def _table(header: str, pairs: dict[str, object]) -> Iterator[str]:
    if pairs:
        yield header
        for key, value in pairs.items():
            if key.endswith("_ms") and isinstance(value, int):
                yield f"{key.removesuffix('_ms')}_seconds = {_seconds(value)}"
            else:
                yield f"{key} = {_value(value)}"
        yield ""


def _value(value: object) -> str:
    if isinstance(value, Span):
        return f"[{_seconds(value.min_ms)}, {_seconds(value.max_ms)}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, int):
        return str(value)
    # JSON and TOML agree on texts, but for one character that JSON does not escape.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _seconds(milliseconds: int) -> str:
    return f"{Decimal(milliseconds).scaleb(-3).normalize():f}"
