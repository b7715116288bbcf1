"""The watchdog's process: `python -m freezeframe.maintenance.watchdog`.

Owns what it is told and answers, and when it ends. It is told, a JSON object a line on standard
input; the first line is its charge (`client.Watchdog`), the others are

* `{"id": N, "lease": VM, "host": HOST, "since_ms": N}`, answered by `{"id": N, "why": TEXT}`, where
  an empty text grants it: only then may the VM be paused;
* `{"release": VM, "host": HOST}`: the VM runs again, or was not paused.

When its hosts are open it answers `{"id": 0, "why": ""}`, or says why not and ends. The end of its
input says that the controller is gone, in whatever way; it then ends as soon as no lease can come
to anything any more. SIGUSR1 says that another watchdog has taken over. Asked to end by SIGTERM or
SIGINT it brings back at once what is paused under a lease, and ends. Where a host fails, it does
not try for ever (`watching.OUT_OF_REACH_MS`, `ENDING_MS`).
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from freezeframe.adapters.naming import open_hypervisor
from freezeframe.adapters.recording import Recorder
from freezeframe.fleet import FreezeframeError, Host, parse_fleet
from freezeframe.maintenance.commands import HostCommands
from freezeframe.observation import Record, header_line, record_line

from .leases import Bounds, Lease
from .watching import HostWatch

_LOOK_SECONDS: Final = 0.1
"""How often it looks whether it is to retire, or whether all is over."""


class _Sink:
    """Writes records to a file. What cannot be written is lost: VMs matter more."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._file = path.open("w", encoding="utf-8")
        self._line(header_line())

    def __call__(self, record: Record) -> None:
        self._line(record_line(record))

    def _line(self, text: str) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._file.write(f"{text}\n")
            self._file.flush()


class _Process:
    def __init__(self) -> None:
        self._is_retired = self._is_ending = False
        self._watches: dict[str, HostWatch] = {}
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._end)
        signal.signal(signal.SIGUSR1, self._retire)

    def run(self) -> int:
        messages = self._messages()
        charge = next(messages, None)
        if charge is None:
            return 0
        try:
            self._open(charge)
        except FreezeframeError as error:
            _answer(0, str(error))
            return 2
        _answer(0, "")
        for message in messages:
            self._follow(message)
        for watch in self._watches.values():
            watch.orphan()
        while not all(watch.is_free for watch in self._watches.values()):
            for watch in self._watches.values():
                if self._is_retired:
                    watch.retire()
                if self._is_ending:
                    watch.end()
            time.sleep(_LOOK_SECONDS)
        for watch in self._watches.values():
            watch.close()
        return 0

    def _open(self, charge: Mapping[str, Any]) -> None:
        fleet = parse_fleet(charge["fleet"], "the fleet that the controller told")
        bounds, commands = Bounds(**charge["bounds"]), Path(charge["commands"])
        sink = _Sink(Path(charge["records"]))

        def opened(host: Host) -> HostWatch:
            adapter = open_hypervisor(fleet, host)
            source = f"{charge['source']} at {host.name}"
            recorder = Recorder(adapter, sink, source=source, host=host.name)
            return HostWatch(adapter, HostCommands(fleet, host, commands), bounds, recorder)

        with ThreadPoolExecutor() as pool:
            opening = {host.name: pool.submit(opened, host) for host in fleet.hosts}
            self._watches = {name: each.result() for name, each in opening.items()}
        for watch in self._watches.values():
            watch.start()

    def _messages(self) -> Iterator[Mapping[str, Any]]:
        """What the controller tells, until it is gone, another watchdog has taken over, or this one
        is asked to end.
        """
        begun = b""
        while not (self._is_retired or self._is_ending):
            if select.select([sys.stdin], [], [], _LOOK_SECONDS)[0]:
                read = os.read(sys.stdin.fileno(), 65_536)
                if not read:
                    return
                *lines, begun = (begun + read).split(b"\n")
                yield from map(json.loads, lines)

    def _follow(self, message: Mapping[str, Any]) -> None:
        watch = self._watches[message["host"]]
        if "lease" in message:
            lease = Lease(message["host"], message["lease"], message["since_ms"])
            _answer(message["id"], watch.grant(lease))
        else:
            watch.release(message["release"])

    def _retire(self, *_: object) -> None:
        self._is_retired = True

    def _end(self, *_: object) -> None:
        self._is_ending = True


def _answer(number: int, why: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # the controller is gone
        sys.stdout.write(json.dumps({"id": number, "why": why}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(_Process().run())
