"""What watchdogs leave behind, and how a later run takes over from them.

Owns the files beside the journal by which a watchdog is found that its controller no longer lives
to name. It must not know how a watchdog works.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from freezeframe.adapters.machine_clock import boot_id
from freezeframe.lifecycles import VmStatus
from freezeframe.maintenance.supervisor import ticks
from freezeframe.observation import Operation, Outcome, Record, Told, VmSeen, read_records

from .leases import Lease, WatchdogError

RETIRE_MS: Final = 60_000
"""How long a watchdog may take to see through what it has begun."""

_OVER: Final = frozenset(
    {
        (Operation.PAUSE, Outcome.REFUSED),
        (Operation.PAUSE, Outcome.FAILED),
        (Operation.RESUME, Outcome.COMPLETED),
    }
)
"""What tells that a VM is not paused by us."""


class Keeps(Protocol):
    """A journal, as far as it is needed here."""

    def append(self, records: Sequence[Record]) -> None:
        """Keep `records`."""

    def records(self) -> Sequence[Record]:
        """All that was kept."""


@dataclass(frozen=True)
class Trail:
    """The files of the watchdog called `name`."""

    folder: Path
    name: str

    @property
    def records(self) -> Path:
        """What it did, as JSON lines."""
        return self.folder / f"{self.name}.jsonl"

    @property
    def log(self) -> Path:
        """What it printed, which is nothing unless something is wrong with it."""
        return self.folder / f"{self.name}.log"

    @property
    def _process(self) -> Path:
        return self.folder / f"{self.name}.process"

    def note(self, pid: int) -> None:
        """Write down which process it is."""
        text = json.dumps({"pid": pid, "ticks": ticks(pid), "boot": boot_id()})
        self._process.write_text(text, encoding="utf-8")

    def retire(self, by: signal.Signals = signal.SIGUSR1) -> None:
        """Have it see through what it has begun and end; return when it has.

        With SIGTERM it also brings back what is paused, as nobody else is to do that.

        Raises:
            WatchdogError: It does not end.

        """
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            noted = json.loads(self._process.read_text(encoding="utf-8"))
            if noted["boot"] != boot_id():
                return
            process = os.pidfd_open(noted["pid"])
            try:
                if ticks(noted["pid"]) == noted["ticks"]:
                    signal.pidfd_send_signal(process, by)
                    _await(process, f"watchdog {self.name} (process {noted['pid']})")
            finally:
                os.close(process)

    def told(self) -> tuple[Record, ...]:
        """What it recorded; a line that it did not live to complete is left out."""
        if not self.records.exists():  # it died before it had opened its hosts
            return ()
        text = self.records.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        return read_records(whole, str(self.records)) if whole else ()

    def clear(self) -> None:
        """Remove what is of no more use."""
        for path in (self._process, self.records):
            path.unlink(missing_ok=True)
        if self.log.exists() and not self.log.stat().st_size:
            self.log.unlink()


def trails(folder: Path) -> list[Trail]:
    """Those of all watchdogs, in the order of their names."""
    return [Trail(folder, path.stem) for path in sorted(folder.glob("*.process"))]


def take_over(others: Iterable[Trail], journal: Keeps) -> None:
    """End the watchdogs of earlier runs, and keep in `journal` what they did.

    Their leases must have been given to another watchdog before.

    Raises:
        WatchdogError: One of them does not end.
        FreezeframeError: The journal cannot be written.

    """
    for trail in others:
        trail.retire()
        known = {(record.source, record.sequence) for record in journal.records()}
        told = trail.told()
        journal.append([each for each in told if (each.source, each.sequence) not in known])
        trail.clear()


def leases_of(records: Iterable[Record]) -> Iterator[Lease]:
    """The leases under which VMs may still be paused, by what a journal has kept."""
    asked: dict[str, Lease] = {}
    standing: dict[str, bool] = {}
    for record in records:
        fact, vm = record.fact, record.vm
        if vm is None or record.host is None:
            continue
        if isinstance(fact, VmSeen):
            standing[vm] = fact.status is VmStatus.PAUSED and fact.is_held
        if not isinstance(fact, Told):
            continue
        told = (fact.operation, fact.outcome)
        if vm in asked and standing.get(vm) and fact.operation is Operation.PAUSE:
            continue  # an earlier request has paused it, whatever becomes of a later one
        if told == (Operation.PAUSE, Outcome.REQUESTED):
            asked[vm] = Lease(record.host, vm, record.monotonic_ms)
        elif told in _OVER:
            asked.pop(vm, None)
    yield from asked.values()


def _await(process: int, what: str) -> None:
    poll = select.poll()
    poll.register(process, select.POLLIN)
    if not poll.poll(RETIRE_MS):
        text = f"expected it to end within {RETIRE_MS // 1000} s of being told, found it running"
        raise WatchdogError(f"{what}: {text}; end it by hand if no VM is paused")
