"""The controller's end of the watchdog: it is started, told, and replaced when it dies.

Owns the process and its pipe. It must not know what the watchdog does with a lease.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import queue
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TypeAlias

from freezeframe.fleet import Fleet, write_fleet

from .leases import Bounds, Lease, WatchdogError
from .succession import Trail

START_SECONDS: Final = 60.0
"""How long it may take to open its hosts."""

GRANT_SECONDS: Final = 1.0
"""How long it may take to grant a lease; some milliseconds, unless its host is out of reach."""

_Answers: TypeAlias = "queue.SimpleQueue[dict[str, Any] | None]"
"""What it answered; None when it is dead."""

STARTS_MAX: Final = 5
"""How often a watchdog is started before it is given up."""


class Watchdog:
    """A watchdog of this process's own; may be used by several threads.

    If its process dies, another one is started at once and told of every lease. It is never told
    to end: it does when this process closes it or dies, and nothing is left to watch over.
    """

    def __init__(self, fleet: Fleet, bounds: Bounds, folder: Path, *, source: str) -> None:
        """Start it; what it does is recorded in `folder`, as of `source`.

        Raises:
            WatchdogError: It does not start, or cannot open a host.

        """
        self._folder, self._source = folder.absolute(), source
        self._charge = {
            "fleet": write_fleet(fleet),
            "bounds": asdict(bounds),
            "commands": str(self._folder / "commands"),
        }
        self._lock = threading.RLock()
        self._leases: dict[str, Lease] = {}
        self._numbers = itertools.count(1)
        self._starts = 0
        self._is_closed = False
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self._start()
        except WatchdogError:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Its process."""
        return self._child.pid

    @property
    def is_idle(self) -> bool:
        """Whether no lease is left."""
        return not self._leases

    def lease(self, lease: Lease) -> None:
        """Have it know that a VM may be paused; when it returns, the VM may be.

        Raises:
            WatchdogError: It does not grant that, so the VM must not be paused.

        """
        with self._lock:
            why = self._ask(lease)
            if why:
                raise WatchdogError(f"{lease.vm} on {lease.host}: {why}; it must not be paused")
            self._leases[lease.vm] = lease

    def release(self, host: str, vm: str) -> None:
        """Have it know that a VM runs again, or was not paused."""
        with self._lock:
            if self._leases.pop(vm, None) is not None:
                self._tell({"release": vm, "host": host})

    def close(self) -> None:
        """Leave it alone; it ends when nothing is left to watch over."""
        with self._lock:
            self._is_closed = True
            if self._child.stdin is not None:
                self._child.stdin.close()

    def _start(self) -> None:
        self._starts += 1
        name = f"{self._source}.{self._starts}"
        trail = Trail(self._folder, name)
        with trail.log.open("wb") as log:
            self._child = subprocess.Popen(
                # -P: no file of the folder that it is started in passes for a module.
                [sys.executable, "-P", "-m", "freezeframe.maintenance.watchdog"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                bufsize=0,
                start_new_session=True,
            )
        trail.note(self._child.pid)
        self._answers: _Answers = queue.SimpleQueue()
        threading.Thread(
            target=self._listen,
            args=(self._child, self._answers),
            name="freezeframe-watchdog",
            daemon=True,
        ).start()
        self._tell({**self._charge, "source": name, "records": str(trail.records)})
        why = self._answer(0, START_SECONDS)
        if why:
            raise WatchdogError(f"watchdog: {why}; nothing was paused")

    def _ask(self, lease: Lease) -> str:
        number = next(self._numbers)
        self._tell(
            {"id": number, "lease": lease.vm, "host": lease.host, "since_ms": lease.since_ms}
        )
        return self._answer(number, GRANT_SECONDS)

    def _tell(self, message: dict[str, object]) -> None:
        line = memoryview(json.dumps(message).encode() + b"\n")
        # One that is dead, or closed, hears nothing; whoever listens sees to that.
        with contextlib.suppress(OSError, ValueError):
            while line and self._child.stdin is not None:
                line = line[self._child.stdin.write(line) :]

    def _answer(self, number: int, seconds: float) -> str:
        """Why it refuses the request of that number; empty if it does not."""
        while True:
            try:
                answer = self._answers.get(timeout=seconds)
            except queue.Empty:
                return f"expected an answer of the watchdog within {seconds:g} s, found none"
            if answer is None:
                self._answers.put(None)  # for whoever asks next
                return "expected a watchdog that lives, found that it died"
            if answer["id"] == number:
                return str(answer["why"])

    def _listen(self, child: subprocess.Popen[bytes], answers: _Answers) -> None:
        """Take what it answers until it dies, and then replace it."""
        with child:
            for line in child.stdout or ():
                answers.put(json.loads(line))
            answers.put(None)
        with self._lock:
            if not self._is_closed and self._starts < STARTS_MAX:
                self._replace()

    def _replace(self) -> None:
        with contextlib.suppress(WatchdogError):  # told to whoever asks for the next lease
            self._start()
            for lease in self._leases.values():
                self._ask(lease)
