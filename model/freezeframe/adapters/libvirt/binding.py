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


def _ignore(_context: object, _error: object) -> None:
    """Drop what libvirt would print; the same comes as an exception."""
