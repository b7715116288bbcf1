"""libvirt's Python binding, and the event loop that it needs; loaded when first asked for.

Owns both for the whole process. It must not know what is asked of libvirt. The event loop has to be
registered before the first connection of the process is opened, and runs until the process ends: a
connection without one loses events and is closed by its own keepalive.
"""

from __future__ import annotations

import importlib
import threading
import time
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from freezeframe.fleet import FreezeframeError

Binding: TypeAlias = Any
"""The module `libvirt`, which has no types; nor have the objects that it makes."""

Handle: TypeAlias = Any
"""A `virConnect`."""

Domain: TypeAlias = Any
"""A `virDomain`."""

Error: TypeAlias = Any
"""A `libvirtError`."""

_RETRY_SECONDS: Final = 0.05


class _EventLoop:
    """libvirt's default event loop, in a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_running = False

    def start(self, libvirt: Binding) -> None:
        """Run it, unless it runs already."""
        with self._lock:
            if self._is_running:
                return
            libvirt.registerErrorHandler(_ignore, None)  # else libvirt prints what we report
            libvirt.virEventRegisterDefaultImpl()
            thread = threading.Thread(
                target=self._run, args=(libvirt,), name="freezeframe-libvirt-events", daemon=True
            )
            thread.start()
            self._is_running = True

    @staticmethod
    def _run(libvirt: Binding) -> None:
        while True:
            try:
                libvirt.virEventRunDefaultImpl()
            except libvirt.libvirtError:
                time.sleep(_RETRY_SECONDS)


_EVENT_LOOP: Final = _EventLoop()


def load() -> Binding:
    """Return the binding, with its event loop running.

    Raises:
        FreezeframeError: It is not installed; the text names the extra and the packages.

    """
    try:
        libvirt = importlib.import_module("libvirt")
    except ImportError as error:
        raise FreezeframeError(
            "libvirt: expected its Python binding, found none; install freezeframe[libvirt] (needs "
            "gcc, pkg-config and libvirt-dev on Debian or libvirt-devel on Fedora) or the "
            "package python3-libvirt of either"
        ) from error
    _EVENT_LOOP.start(libvirt)
    return libvirt


class _Embedded:
    """The connections to embedded drivers, which are kept for whoever connects next.

    libvirt ends the driver with its last connection, and every opening registers it anew, of which
    there can be some ten in a process. Source: trials with libvirt 9.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handles: list[tuple[str, Handle]] = []
        self._used: list[Handle] = []

    def take(self, libvirt: Binding, uri: str) -> Handle:
        """A connection to `uri` that nobody uses."""
        with self._lock:
            for each_uri, handle in self._handles:
                if each_uri == uri and not any(handle is each for each in self._used):
                    self._used.append(handle)
                    return handle
            handle = libvirt.open(uri)
            self._handles.append((uri, handle))
            self._used.append(handle)
            return handle

    def give_back(self, handle: Handle) -> bool:
        """Keep a connection that its user needs no more; whether it is one of these."""
        with self._lock:
            self._used = [each for each in self._used if each is not handle]
            return any(handle is each for _, each in self._handles)


_EMBEDDED: Final = _Embedded()


def connect(libvirt: Binding, uri: str) -> Handle:
    """A connection to `uri`, to be closed by `disconnect`; raises `libvirtError`."""
    is_embedded = urlsplit(uri).path == "/embed"
    return _EMBEDDED.take(libvirt, uri) if is_embedded else libvirt.open(uri)


def disconnect(handle: Handle) -> None:
    """Close a connection, or keep it for the next; raises `libvirtError`."""
    if not _EMBEDDED.give_back(handle):
        handle.close()


def _ignore(_context: object, _error: object) -> None:
    """Drop what libvirt would print; the same comes as an exception."""
