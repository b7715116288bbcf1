"""Reads a fleet file into a `Fleet`, or says all that is wrong with it.

Owns the way from bytes to values and the gathering of mistakes. What a value may be is `schema`'s
affair, told by `judgement`, and what values must be together `consistency`'s. `judgement` is
imported only to read a file, because it needs pydantic.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections import Counter
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NoReturn

from freezeframe.fleet.consistency import inconsistencies, update_domains
from freezeframe.fleet.errors import FleetError, Mistake, shown
from freezeframe.fleet.lines import Lines, Path
from freezeframe.fleet.model import AvailabilitySet, Fleet, Host, Tolerance, VirtualMachine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path as FilePath

    from freezeframe.fleet.judgement import Judgement
    from freezeframe.fleet.schema import FleetTable, HostTable

FILE_BYTES_MAX = 64_000_000
"""Longest file that is read: a hundred thousand hosts with four VMs each take 42 million."""

_BARE = re.compile(r"[A-Za-z0-9_-]+").fullmatch


def read_fleet(path: FilePath) -> Fleet:
    """Return the fleet that the TOML file at `path` describes.

    Raises:
        FleetError: The file cannot be read, or says something wrong; all mistakes together.

    """
    source = str(path)
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        _refuse(source, None, f"expected a readable fleet file, found: {reason}")
    if len(content) > FILE_BYTES_MAX:
        _refuse(source, None, f"expected at most {FILE_BYTES_MAX} bytes, found more")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        found = f"the byte 0x{error.object[error.start]:02x}"
        _refuse(source, line, f"expected text in UTF-8, found {found}; save the file as UTF-8")
    return parse_fleet(text, source)


def parse_fleet(text: str, source: str) -> Fleet:
    """Return the fleet that the TOML `text` describes; `source` is how messages call it.

    Raises:
        FleetError: The text says something wrong; all mistakes together, in the order of lines.

    """
    from freezeframe.fleet.judgement import judge  # noqa: PLC0415 - see above

    lines = functools.cache(lambda: Lines(text))
    judgement = judge(_toml(text, source))
    together = inconsistencies(judgement.table, lambda path: lines().line(path))
    findings = [
        *judgement.findings,
        *(finding for finding in together if not judgement.is_doubtful(finding)),
    ]
    if findings:
        findings.sort(key=lambda finding: lines().line(finding.path))
        raise FleetError(
            [
                Mistake(source, lines().line(each.path), _where(each.path, judgement), each.text)
                for each in findings
            ]
        )
    return _fleet(judgement.table)


def _where(path: Path, judgement: Judgement) -> str:
    """Return a path as a dotted key, with the name of an entry instead of its number."""
    parts = [
        f"[{part}]" if isinstance(part, int) else f".{part if _BARE(part) else shown(part)}"
        for part in path
    ]
    if len(path) > 1 and isinstance(path[1], int) and (*path[:2], "name") not in judgement.doubtful:
        table = getattr(judgement.table, str(path[0]))[path[1]]
        parts[1] = f".{shown(table.name)}"
    return "".join(parts).removeprefix(".")


def _fleet(table: FleetTable) -> Fleet:
    """Return the value of a table that is valid and consistent."""
    sets = [
        AvailabilitySet(each.name, update_domains(each), each.fault_domains)
        for each in table.availability_sets
    ]
    tolerated = {
        field.name: table.tolerance.get(field.name, getattr(table.faults, field.name))
        for field in fields(Tolerance)
    }
    return Fleet(
        name=table.name,
        hosts=tuple(map(_host, table.hosts)),
        vms=tuple(_vms(table, {each.name: each.update_domains for each in sets})),
        availability_sets=tuple(sets),
        timing=table.timing,
        limits=table.limits,
        update=table.update,
        faults=table.faults,
        customer=table.customer,
        operator=table.operator,
        tolerance=Tolerance(**tolerated),
    )


def _host(table: HostTable) -> Host:
    return Host(
        name=table.name,
        fault_domain=table.fault_domain,
        update=table.update,
        uri=table.uri,
        update_command=tuple(table.update_command),
        rollback_command=tuple(table.rollback_command),
        update_timeout_ms=table.update_timeout_ms,
        rollback_timeout_ms=table.rollback_timeout_ms,
    )


def _vms(table: FleetTable, counts: dict[str, int]) -> Iterator[VirtualMachine]:
    """Yield the VMs; those without an update domain get one round robin, in the file's order."""
    seen: Counter[str] = Counter()
    for each in table.vms:
        domain = each.update_domain
        if each.availability_set is not None:
            if domain is None:
                domain = seen[each.availability_set] % counts[each.availability_set]
            seen[each.availability_set] += 1
        yield VirtualMachine(
            name=each.name,
            host=each.host,
            availability_set=each.availability_set,
            update_domain=domain,
            may_move_to=tuple(each.may_move_to),
            preservable=each.preservable,
            exists=each.exists,
            address=each.address,
            domain=each.domain,
        )


def _toml(text: str, source: str) -> dict[str, Any]:
    """Parse TOML; numbers with a fraction become Decimal, so that no duration is rounded."""
    try:
        return tomllib.loads(text, parse_float=_decimal)
    except RecursionError:
        _refuse(source, None, "expected plain tables and arrays, found them nested too deeply")
    except ValueError as error:
        # Not every version of tomllib tells the line otherwise; some errors have none.
        message, _, place = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", place)
        at_end = text.rstrip().count("\n") + 1 if place else None
        number = int(line[1]) if line else at_end
        where = " at the end of the file" if place.startswith("end") else ""
        _refuse(source, number, f"expected valid TOML, found: {message}{where}")


def _decimal(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:  # an exponent of twenty digits
        return Decimal("NaN")


def _refuse(source: str, line: int | None, text: str) -> NoReturn:
    raise FleetError([Mistake(source, line, "", text)]) from None
