"""A second connection to a daemon, for calls that take long: to guest agents, above all.

Owns that connection. A client of libvirt 9 that waits for an answer may leave the answers to other
calls of its connection lying until its own has come: while agents of three guests did not answer,
the pause or resume of a fourth took 5 s in half of the trials. So what may take long is asked where
nobody waits who pauses or resumes. Drivers without a daemon have no such client, and get no second
connection. It must not know what is asked.
"""

from __future__ import annotations

import contextlib
import threading
from urllib.parse import urlsplit

from freezeframe.adapters.libvirt.binding import Binding, Domain, Handle, connect, disconnect
from freezeframe.adapters.libvirt.link import KEEPALIVE_MISSED_MAX, KEEPALIVE_SECONDS


class Aside:
    """The second connection to a host, opened when it is first needed."""

    def __init__(self, libvirt: Binding, uri: str) -> None:
        """Open nothing yet."""
        self._libvirt, self._uri = libvirt, uri
        parts = urlsplit(uri)
        self._has_daemon = parts.scheme.startswith("qemu") and parts.path != "/embed"
        self._lock = threading.Lock()
        self._handle: Handle = None
        self._is_closed = False

    def domain(self, domain: Domain) -> Domain:
        """The same domain by the second connection; raises `libvirtError`."""
        if not self._has_daemon:
            return domain
        handle = self._current()
        return domain if handle is None else handle.lookupByUUIDString(domain.UUIDString())

    def close(self) -> None:
        """End it for good."""
        with self._lock:
            self._is_closed = True
            handle, self._handle = self._handle, None
        self._end(handle)

    def _current(self) -> Handle:
        """The connection, opened anew if it broke; None once it was closed."""
        with self._lock:
            if self._is_closed:
                return None
            handle = self._handle
        return handle if handle is not None and handle.isAlive() else self._opened(handle)

    def _opened(self, broken: Handle) -> Handle:
        """Open another; a daemon that does not answer to that holds up neither `close` nor others.

        So several may be opened at a time, of which one is kept.
        """
        opened = connect(self._libvirt, self._uri)
        with contextlib.suppress(self._libvirt.libvirtError):  # the daemon may have none
            opened.setKeepAlive(KEEPALIVE_SECONDS, KEEPALIVE_MISSED_MAX)
        with self._lock:
            is_wanted = not self._is_closed and self._handle is broken
            surplus = broken if is_wanted else opened
            if is_wanted:
                self._handle = opened
            kept = self._handle
        self._end(surplus)
        return kept

    def _end(self, handle: Handle) -> None:
        if handle is not None:
            with contextlib.suppress(self._libvirt.libvirtError):
                disconnect(handle)
