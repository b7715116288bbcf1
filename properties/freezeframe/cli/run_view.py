"""What a maintenance shows of itself while it runs: a live table, or one line an event.

Owns what is worth a line, and the table. It must not know how a maintenance is run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from freezeframe.fleet import Fleet, VirtualMachine
from freezeframe.observation import (
    AlarmSeen,
    ControllerStarted,
    HostTold,
    Ledger,
    Operation,
    Outcome,
    Record,
    SightChanged,
    StepTaken,
    Told,
    VmSeen,
)
from freezeframe.reporting.record_words import fact_text, subject_text

if TYPE_CHECKING:
    from rich.table import Table

NEARLY: Final = 2 / 3
"""A pause that has taken this part of its limit is shown as doubtful."""

_OTHER_COLUMNS_WIDTH: Final = 58
"""Columns that the table takes beside names: `domain`, phase, status, both pauses, and gaps."""

_NAME_WIDTH_MIN: Final = 6

_QUIET: Final = frozenset({Operation.FINGERPRINT, Operation.READ_CLOCK})


class Lines:
    """One line for each event that is worth one, as soon as it is durable."""

    def __init__(self, say: Callable[[str], None], time_of: Callable[[Record], str]) -> None:
        """Say lines by `say`, each begun with what `time_of` makes of its record."""
        self._say, self._time_of = say, time_of
        self._ledger = Ledger()

    def tell(self, records: Sequence[Record]) -> None:
        """Say what is worth saying of `records`."""
        for record in records:
            if self._is_worth_telling(record):
                about = subject_text(record)
                text = f"{self._time_of(record)}  {about:24}  {fact_text(record.fact)}"
                self._say(f"{text.rstrip()}\n")
            self._ledger.fold(record)

    def _is_worth_telling(self, record: Record) -> bool:
        fact = record.fact
        if isinstance(fact, Told | HostTold):
            return fact.outcome is not Outcome.REQUESTED and fact.operation not in _QUIET
        if isinstance(fact, VmSeen) and record.vm is not None:
            before = self._ledger.vm(record.vm).status
            return before is not None and before is not fact.status
        return isinstance(fact, StepTaken | AlarmSeen | SightChanged | ControllerStarted)


def wall_time(record: Record) -> str:
    """When a record was made, as the clock on the wall shows it in UTC."""
    moment = datetime.fromtimestamp(record.wall_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Row:
    """A VM as the table shows it; times are seconds."""

    vm: VirtualMachine
    host: str
    phase: str
    status: str
    paused: float
    longest: float


class Board:
    """Where every VM stands, by set, domain and host; may be read while it is told."""

    def __init__(self, fleet: Fleet, now_ms: Callable[[], int]) -> None:
        """Begin with nothing seen; `now_ms` is the records' clock."""
        self._fleet, self._now_ms = fleet, now_ms
        self._lock = threading.Lock()
        self._ledger = Ledger(fleet.limits)
        self._longest_ms: dict[str, int] = {}

    def tell(self, records: Iterable[Record]) -> None:
        """Take `records` into account."""
        with self._lock:
            for record in records:
                self._note_longest(record.monotonic_ms)
                self._ledger.fold(record)

    def _note_longest(self, at_ms: int) -> None:
        since_ms = max(0, at_ms - (self._ledger.now_ms or at_ms))
        for vm in self._ledger.vms:
            seen = self._ledger.vm(vm)
            if seen.is_paused_for_maintenance:
                paused_ms = seen.aged(since_ms).paused_ms
                self._longest_ms[vm] = max(self._longest_ms.get(vm, 0), paused_ms)

    @property
    def longest_seconds(self) -> float:
        """The longest pause of any VM so far."""
        return max(self._longest_ms.values(), default=0) / 1000

    def rows(self) -> list[Row]:
        """Every VM of the fleet, as it is now."""
        with self._lock:
            self._note_longest(self._now_ms())
            return [self._row(vm) for vm in sorted(self._fleet.vms, key=_place)]

    def _row(self, vm: VirtualMachine) -> Row:
        seen = self._ledger.vm(vm.name)
        aged = seen.aged(max(0, self._now_ms() - (self._ledger.now_ms or self._now_ms())))
        host = self._ledger.host(seen.host or vm.host)
        software = ", new" if host.has_new_software else ""
        return Row(
            vm,
            seen.host or vm.host,
            f"{host.phase}{software}",
            "not seen yet" if seen.status is None else str(seen.status),
            aged.paused_ms / 1000,
            self._longest_ms.get(vm.name, 0) / 1000,
        )


def _place(vm: VirtualMachine) -> tuple[str, int, str, str]:
    return vm.availability_set or "", vm.update_domain or 0, vm.host, vm.name


def table_of(
    rows: Sequence[Row], limit_seconds: float, *, height_max: int, width_max: int
) -> Table:
    """The rows as a table of at most so many lines and columns; those that are at rest give way
    first, and long names in their middle.
    """
    from rich.table import Table  # noqa: PLC0415 (only a terminal pays for it)

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("set", "domain", "host", "", "VM", ""):
        table.add_column(heading, no_wrap=True)
    for heading in (f"paused/{limit_seconds:g} s", "longest"):
        table.add_column(heading, no_wrap=True, justify="right")
    room = max(1, height_max - 2)
    shown = rows if len(rows) <= room else [row for row in rows if row.paused or row.longest]
    names = [(row.vm.availability_set or "", row.host, row.vm.name) for row in shown[:room]]
    widths = _name_widths(names, width_max - _OTHER_COLUMNS_WIDTH)
    earlier = ("", "", "", "")
    for row, name in zip(shown[:room], names, strict=True):
        of_set, host, vm = (_cut(text, width) for text, width in zip(name, widths, strict=True))
        domain = "" if row.vm.update_domain is None else str(row.vm.update_domain)
        place = (of_set, domain, host, row.phase)
        told = ("" if is_same else text for text, is_same in _repeated(place, earlier))
        paused = _seconds(row.paused, limit_seconds)
        table.add_row(*told, vm, row.status, paused, _seconds(row.longest, limit_seconds))
        earlier = place
    if len(shown[:room]) < len(rows):
        table.add_row("", "", "", "", f"and {len(rows) - len(shown[:room])} more")
    return table


def _repeated(place: Sequence[str], earlier: Sequence[str]) -> Iterable[tuple[str, bool]]:
    """Each part of a place, and whether the line above says it already."""
    is_same = True
    for number, text in enumerate(place):
        is_same = is_same and text == earlier[number]
        yield text, is_same


def _seconds(seconds: float, limit_seconds: float) -> str:
    if not seconds:
        return ""
    style = "green" if seconds < limit_seconds * NEARLY else "yellow"
    style = "bold red" if seconds > limit_seconds else style
    return f"[{style}]{seconds:.1f} s[/]"


def _name_widths(names: Sequence[Sequence[str]], room: int) -> list[int]:
    """How wide each column of names may be, so that all have room; the widest give way."""
    widths = [max(map(len, column)) for column in zip(*names, strict=True)]
    while sum(widths) > room and max(widths, default=0) > _NAME_WIDTH_MIN:
        widths[widths.index(max(widths))] -= 1
    return widths


def _cut(text: str, width: int) -> str:
    """`text` without its middle, if it is too long: names differ at both ends."""
    if len(text) <= width:
        return text
    kept = width - 1
    return f"{text[: kept // 2]}…{text[len(text) - (kept - kept // 2) :]}"
