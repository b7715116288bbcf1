"""Writes down what witnesses report, with the moment at which each line arrived.

Owns the sockets that serial ports are led to and the form of the written lines:
`ARRIVAL_MS WALL_MS LINE`, where ARRIVAL_MS is this machine's monotonic clock and WALL_MS its
wall clock, both in milliseconds. It must not know what the lines mean.
"""

from __future__ import annotations

import selectors
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_CHUNK = 65536


@dataclass
class _Port:
    """A connected serial port: where its lines go, and the start of a line yet to be completed."""

    log: Path
    begun: bytes = b""


class Recorder:
    """Listens on a socket for each log; whatever connects to it writes lines to that log."""

    def __init__(self, ports: Iterable[tuple[Path, Path]]) -> None:
        """Listen at once; `ports` are pairs of a socket's path and its log's path."""
        self._selector = selectors.DefaultSelector()
        for path, log in ports:
            listening = socket.socket(socket.AF_UNIX)
            listening.bind(str(path))
            listening.listen()
            log.touch()
            self._selector.register(listening, selectors.EVENT_READ, log)

    def step(self, seconds_max: float) -> None:
        """Record what has arrived; wait for it up to `seconds_max`."""
        for key, _ in self._selector.select(seconds_max):
            channel = key.fileobj
            if not isinstance(channel, socket.socket):
                raise TypeError(f"expected a socket, found {channel!r}")
            if isinstance(key.data, _Port):
                self._record(channel, key.data)
            else:
                connected, _ = channel.accept()
                self._selector.register(connected, selectors.EVENT_READ, _Port(key.data))

    def close(self) -> None:
        """Stop listening and drop what is connected; logs stay."""
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()

    def _record(self, channel: socket.socket, port: _Port) -> None:
        try:
            data = channel.recv(_CHUNK)
        except ConnectionError:
            data = b""
        if not data:
            self._selector.unregister(channel)
            channel.close()
            return
        arrival_ms, wall_ms = time.monotonic_ns() // 1_000_000, time.time_ns() // 1_000_000
        *lines, port.begun = (port.begun + data).split(b"\n")
        stamp = b"%d %d " % (arrival_ms, wall_ms)
        with port.log.open("ab") as log:
            log.write(b"".join(stamp + line + b"\n" for line in lines))
