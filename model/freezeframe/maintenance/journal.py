"""The journal: whatever the controller decided and saw, on disk before the next step is taken.

Owns who may write it, for which fleet, and that there is room. The form of the file is
`journal_file`'s affair. It must not know what decisions mean.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from freezeframe.adapters.machine_clock import MachineClock, boot_id
from freezeframe.adapters.protocol import Clock
from freezeframe.fleet import Fleet, write_fleet
from freezeframe.fleet.errors import shown
from freezeframe.observation import Record, record_line

from .journal_file import (
    SCHEMA,
    JournalError,
    connected,
    explained,
    read_entries,
    refuse_damage,
    refuse_others,
)
from .locks import locked_file

RESERVED_BYTES: Final = 4 * 2**20
"""Room that is made sure of when a journal is opened, so that a disk that fills up meanwhile does
not stop a maintenance of some ten thousand steps half-way."""


def identity(fleet: Fleet) -> str:
    """A digest of which hosts and VMs a fleet has, where they are, what they belong to, and how
    often which kind of update is tried.

    Fleets of one identity share a journal. Durations, limits, commands and what a check may inject
    are left out, so that they can be mended between two runs.
    """
    parts = {
        "name": fleet.name,
        "update": (fleet.update.kind, fleet.update.attempts),
        "hosts": [(host.name, host.uri, host.fault_domain, host.update) for host in fleet.hosts],
        "vms": [(vm.name, vm.host, vm.availability_set, vm.update_domain) for vm in fleet.vms],
        "sets": [(each.name, each.update_domains) for each in fleet.availability_sets],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class Journal:
    """An open journal, which this process alone may write; may be used by several threads."""

    def __init__(
        self,
        path: Path,
        fleet: Fleet,
        *,
        policy: str = "",
        clock: Clock | None = None,
        boot: str | None = None,
    ) -> None:
        """Open the journal at `path` for `fleet`, or begin one; the caller closes it.

        `policy` is kept for whoever reads it later.

        `clock` dates what is written, and `boot` tells since when it runs; by default this
        machine's.

        Raises:
            JournalError: The file cannot be written, is of another fleet, is damaged, or is no
                journal. It is left as it was.
            HeldError: Another controller has it open.

        """
        self.path = path
        self._clock = clock or MachineClock()
        self._boot = boot or boot_id()
        self._lock = threading.Lock()
        self._held = contextlib.ExitStack()
        try:
            with explained(path):
                beside = path.with_name(f"{path.name}.lock")
                self._held.enter_context(locked_file(beside, f"journal {path}"))
                refuse_others(path)
                self._database = self._held.enter_context(connected(path))
                self._prepare(fleet)
                self._reserve()
                self.run = self._begin_run(fleet, policy)
        except BaseException:
            self._held.close()
            raise

    def append(self, records: Sequence[Record]) -> None:
        """Write these, all or none; on disk when it returns.

        Raises:
            JournalError: They may or may not have been written; nothing must be done on their
                strength.

        """
        with self._lock, explained(self.path), self._database:
            self._database.executemany(
                "INSERT INTO entries (run, record) VALUES (?, ?)",
                [(self.run, record_line(record)) for record in records],
            )

    def records(self) -> tuple[Record, ...]:
        """All that was written so far, by this and earlier runs, on the clock of now."""
        with self._lock, explained(self.path):
            return read_entries(self.path, self._database)

    def close(self) -> None:
        """Let go of it; a second time does nothing."""
        with self._lock:
            self._held.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _prepare(self, fleet: Fleet) -> None:
        database = self._database
        is_new = not database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if not is_new:
            refuse_damage(self.path, database)
        (mode,) = database.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            text = f"expected a file system on which SQLite can use WAL mode, found {mode} mode"
            raise JournalError(self.path, f"{text}; keep it on a local disk")
        database.execute("PRAGMA synchronous = FULL")
        if is_new:
            with database:
                database.execute("BEGIN IMMEDIATE")
                for statement in SCHEMA:
                    database.execute(statement)
                row = (fleet.name, identity(fleet))
                database.execute("INSERT INTO fleet VALUES (?, ?)", row)
        name, found = database.execute("SELECT name, identity FROM fleet").fetchone()
        if found != identity(fleet):
            text = f"expected a journal of the fleet {shown(fleet.name)} as its file is now, found "
            text += f"one of {shown(name)} with another update, hosts, VMs or sets; give each a "
            raise JournalError(self.path, f"{text}journal of its own with --journal")

    def _reserve(self) -> None:
        """Let the log and the database grow now, and keep what they have grown by."""
        with self._database:
            self._database.execute("DROP TABLE IF EXISTS room")
            self._database.execute("CREATE TABLE room (bytes BLOB)")
            self._database.execute("INSERT INTO room VALUES (zeroblob(?))", (RESERVED_BYTES,))
        self._database.execute("PRAGMA wal_checkpoint(RESTART)")
        with self._database:
            self._database.execute("DROP TABLE room")

    def _begin_run(self, fleet: Fleet, policy: str) -> int:
        now = (os.getpid(), self._boot, self._clock.monotonic_ms(), self._clock.wall_ms())
        with self._database:
            done = self._database.execute(
                "INSERT INTO runs (pid, boot, monotonic_ms, wall_ms, fleet_file, policy) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (*now, write_fleet(fleet), policy),
            )
        return int(done.lastrowid or 0)
