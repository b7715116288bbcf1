"""The file of a journal: its form, how it is opened, and how it is read.

Owns the tables and the times. It must not know what records mean. It is an SQLite database in WAL
mode with `synchronous=FULL`: what was written survives the death of the process and of the machine,
and others may read meanwhile. Version 1 has the `application_id` 0x46465A4A and three tables:

* `fleet`: one row, with the `name` and the `identity` of the fleet (`journal.identity`);
* `runs`: one row for each controller that opened it: its `number` from 1, its process `pid`, the
  `boot` of its machine (`machine_clock.boot_id`), both clocks at that moment, `monotonic_ms`
  (CLOCK_BOOTTIME) and `wall_ms` (Unix epoch), the text of a `fleet_file`, and the `policy`;
* `entries`: what was decided and seen, in order: `number` from 1, the `run` that wrote it, and the
  `record`, a line of `freezeframe.observation.records`.

CLOCK_BOOTTIME goes on while the machine sleeps, cannot be set, and is the same in every process,
so it dates records across restarts of the controller. A reboot of its machine begins it anew. Then
the wall clock tells how much time passed in between, and readers get all times on the clock of the
last boot, on which earlier ones may be negative.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Final
from urllib.parse import quote

from freezeframe.fleet import FreezeframeError
from freezeframe.observation import History, Provenance, Record, header_line, read_records

VERSION: Final = 1
_APPLICATION_ID: Final = 0x46465A4A
_MAGIC: Final = b"SQLite format 3\0"

_WAIT_SECONDS: Final = 5.0
"""How long a write waits for a reader's lock; readers in WAL mode hold none for long."""

SCHEMA: Final = (
    "CREATE TABLE fleet (name TEXT NOT NULL, identity TEXT NOT NULL) STRICT",
    (
        "CREATE TABLE runs (number INTEGER PRIMARY KEY, pid INTEGER NOT NULL, boot TEXT NOT NULL, "
        "monotonic_ms INTEGER NOT NULL, wall_ms INTEGER NOT NULL, fleet_file TEXT NOT NULL, "
        "policy TEXT NOT NULL) STRICT"
    ),
    (
        "CREATE TABLE entries (number INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs, "
        "record TEXT NOT NULL) STRICT"
    ),
    f"PRAGMA application_id = {_APPLICATION_ID}",
    f"PRAGMA user_version = {VERSION}",
)


class JournalError(FreezeframeError):
    """A journal cannot be used; the text names the file, and what was expected and found."""

    def __init__(self, path: Path, text: str) -> None:
        """Report `text` about the journal at `path`."""
        super().__init__(f"journal {path}: {text}")
        self.path = path


@dataclass(frozen=True)
class _Run:
    number: int
    boot: str
    monotonic_ms: int
    wall_ms: int


def read_journal(path: Path) -> History:
    """All that a journal holds at this moment; others may write to it meanwhile.

    It is told to be of the fleet and the policy of the last run.

    Raises:
        JournalError: It cannot be read, is damaged, or is no journal.

    """
    with explained(path):
        refuse_others(path)
        if not path.exists():
            raise JournalError(path, "expected a journal, found no such file")
        with connected(path, "ro") as database:
            refuse_damage(path, database)
            last = "SELECT fleet_file, policy FROM runs ORDER BY number DESC LIMIT 1"
            fleet, policy = database.execute(last).fetchone() or ("", "")
            return History(Provenance(fleet=fleet, policy=policy), read_entries(path, database))


def is_journal(path: Path) -> bool:
    """Whether the file at `path` is an SQLite database, and so no history of JSON lines."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Tell what goes wrong with the file as errors of ours."""
    try:
        yield
    except sqlite3.Error as error:
        text = f"expected to read and write it, found: {error}"
        raise JournalError(path, f"{text}; make room or mend it, then go on") from error
    except OSError as error:
        text = f"expected a file that can be written, found: {error.strerror}"
        raise JournalError(path, f"{text}; name another one with --journal") from error


def refuse_others(path: Path) -> None:
    """Refuse a file that is neither empty nor a database, before SQLite touches it."""
    if path.exists() and path.stat().st_size and not is_journal(path):
        raise JournalError(path, "expected a journal, found another kind of file; left it alone")


@contextlib.contextmanager
def connected(path: Path, mode: str = "rwc") -> Iterator[sqlite3.Connection]:
    """Have the database at `path` open, in a mode of SQLite's URIs."""
    database = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode={mode}",
        uri=True,
        timeout=_WAIT_SECONDS,
        isolation_level="IMMEDIATE",
        check_same_thread=False,
    )
    try:
        yield database
    finally:
        database.close()


def refuse_damage(path: Path, database: sqlite3.Connection) -> None:
    """Refuse a database that is no journal of this version, or whose pages do not fit together."""
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if application != _APPLICATION_ID:
        raise JournalError(path, "expected a journal, found another database; left it alone")
    if version != VERSION:
        text = f"expected a journal of version {VERSION}, found version {version}"
        raise JournalError(path, f"{text}; use the freezeframe that wrote it")
    (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise JournalError(path, f"expected it whole, found damage: {found}; left it alone")


def read_entries(path: Path, database: sqlite3.Connection) -> tuple[Record, ...]:
    """All records as they are at one moment, on the clock of the last boot."""
    database.execute("BEGIN DEFERRED")
    try:
        columns = "number, boot, monotonic_ms, wall_ms"
        runs = [_Run(*row) for row in database.execute(f"SELECT {columns} FROM runs ORDER BY 1")]  # noqa: S608 (a constant)
        rows = database.execute("SELECT run, record FROM entries ORDER BY number").fetchall()
    finally:
        database.rollback()
    lines = "\n".join([header_line(), *(line for _, line in rows)])
    records = list(zip((run for run, _ in rows), read_records(lines, str(path)), strict=True))
    by_run = {
        run: [record for _, record in group]
        for run, group in groupby(records, lambda pair: pair[0])
    }
    offsets_ms = _offsets_ms(runs, by_run)
    return tuple(
        replace(record, monotonic_ms=record.monotonic_ms + offsets_ms[run])
        for run, record in records
    )


def _offsets_ms(runs: Sequence[_Run], records: dict[int, list[Record]]) -> dict[int, int]:
    """What to add to the times of each run, so that all are on the clock of the last."""
    offset_ms, later = 0, None
    offsets_ms: dict[int, int] = {}
    for run in reversed(runs):
        if later is not None and later.boot != run.boot:
            times = [(each.monotonic_ms, each.wall_ms) for each in records.get(run.number, ())]
            end_ms, end_wall_ms = max([(run.monotonic_ms, run.wall_ms), *times])
            passed_ms = max(0, later.wall_ms - end_wall_ms)
            offset_ms += later.monotonic_ms - passed_ms - end_ms
        offsets_ms[run.number] = offset_ms
        later = run
    return offsets_ms
