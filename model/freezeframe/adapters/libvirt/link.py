"""The connection to a libvirt host: opened, watched, and opened again when it is lost.

Owns the libvirt handle, its keepalive, its event callback and the thread that reconnects. It must
not know what is asked of the host, nor what events mean. libvirt's event loop calls in here, so
nothing in a callback may call libvirt or wait.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from freezeframe.adapters.errors import Unreachable
from freezeframe.adapters.libvirt.binding import Binding, Domain, Handle, connect, disconnect
from freezeframe.adapters.libvirt.failures import one_line

KEEPALIVE_SECONDS: Final = 5
KEEPALIVE_MISSED_MAX: Final = 3
"""A remote daemon that misses so many is given up. Source: libvirt-python's event-test example."""

RETRY_MS_MIN: Final = 50
RETRY_MS_MAX: Final = 2_000
"""Between two attempts to reconnect; doubled after each that fails."""


class Listener(Protocol):
    """Is told what happens on a link; none of these may call libvirt or wait."""

    def on_event(self, vm: str, event: int, detail: int) -> None:
        """A lifecycle event arrived."""

    def on_metadata(self, vm: str, namespace: str) -> None:
        """A VM's metadata of a namespace changed."""

    def on_lost(self, why: str) -> None:
        """The connection is gone."""

    def on_back(self) -> None:
        """There is a new connection, and events arrive; called where libvirt may be called."""


class Link:
    """A connection to `uri` that lasts until `close`, with interruptions."""

    def __init__(self, libvirt: Binding, uri: str) -> None:
        """Open it; raises `libvirtError` if that cannot be done."""
        self._libvirt, self.uri = libvirt, uri
        self._lock = threading.RLock()
        self._handle: Handle = None
        self._callbacks: tuple[int, ...] = ()
        self._generation = 0
        self._why = ""
        self._is_closed = threading.Event()
        self._listeners: list[Listener] = []
        handle = self._open()
        self.host = str(handle.getHostname())
        self.driver = str(handle.getType())

    def handle(self, operation: str, vm: str | None) -> Handle:
        """The handle to call libvirt with; raises `Unreachable` where there is none."""
        with self._lock:
            if self._handle is not None:
                return self._handle
            found = self._why or "it closed"
        text = f"expected a connection to {self.uri}, found none: {found}; nothing was begun"
        raise Unreachable(text, host=self.host, operation=operation, vm=vm)

    def listen(self, listener: Listener) -> None:
        """Tell `listener` from now on."""
        with self._lock:
            self._listeners = [*self._listeners, listener]

    def forget(self, listener: Listener) -> None:
        """Tell `listener` no more."""
        with self._lock:
            self._listeners = [each for each in self._listeners if each is not listener]

    def is_broken(self, handle: Handle) -> bool:
        """Whether `handle` no longer leads to the host; if so, begin to reconnect."""
        try:
            is_alive = bool(handle.isAlive())
        except self._libvirt.libvirtError:
            is_alive = False
        with self._lock:
            is_current = handle is self._handle
            generation = self._generation
        if is_alive and is_current:
            return False
        if is_current:
            self._lose(generation, "the daemon no longer answers")
        return True

    def drop(self, why: str) -> None:
        """Give the connection up as if it had broken, and reconnect."""
        self._lose(self._generation, why)

    def close(self) -> None:
        """End it for good; a second time does nothing."""
        self._is_closed.set()
        with self._lock:
            handle, callbacks = self._taken()
            self._generation += 1
            self._listeners = []
            self._why = "it was closed"
        self._discard(handle, callbacks)

    def _open(self) -> Handle:
        libvirt = self._libvirt
        handle = connect(libvirt, self.uri)
        generation = self._generation + 1
        with contextlib.suppress(libvirt.libvirtError):  # a local driver has no keepalive
            handle.setKeepAlive(KEEPALIVE_SECONDS, KEEPALIVE_MISSED_MAX)
        with contextlib.suppress(libvirt.libvirtError):  # nor does it close by itself
            handle.registerCloseCallback(self._on_close, generation)
        callbacks = tuple(
            handle.domainEventRegisterAny(None, event, told, generation)
            for event, told in (
                (libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, self._on_lifecycle),
                (libvirt.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, self._on_metadata),
            )
        )
        with self._lock:
            if not self._is_closed.is_set():
                self._handle, self._callbacks, self._generation = handle, callbacks, generation
                return handle
        self._discard(handle, callbacks)
        return None

    def _taken(self) -> tuple[Handle, tuple[int, ...]]:
        """The handle with its callbacks, nobody's from now on; to be asked with the lock."""
        taken = self._handle, self._callbacks
        self._handle, self._callbacks = None, ()
        return taken

    def _on_close(self, _handle: Handle, reason: int, generation: int) -> None:
        reasons = ("an error", "the end of the stream", "missed keepalives", "a client")
        told = reasons[reason] if reason in range(len(reasons)) else f"reason {reason}"
        self._lose(generation, f"it was closed by {told}")

    def _on_lifecycle(
        self,
        _handle: Handle,
        domain: Domain,
        event: int,
        detail: int,
        generation: int,
    ) -> None:
        for listener in self._told_of(generation):
            listener.on_event(str(domain.name()), event, detail)

    def _on_metadata(
        self, _handle: Handle, domain: Domain, _kind: int, namespace: str | None, generation: int
    ) -> None:
        for listener in self._told_of(generation):
            listener.on_metadata(str(domain.name()), namespace or "")

    def _told_of(self, generation: int) -> list[Listener]:
        with self._lock:
            # The first events of a new connection come before its number is the current one.
            return self._listeners if generation >= self._generation else []

    def _lose(self, generation: int, why: str) -> None:
        with self._lock:
            if generation != self._generation or self._handle is None:
                return
            handle, callbacks = self._taken()
            self._why = why
            listeners = self._listeners
        for listener in listeners:
            listener.on_lost(why)
        threading.Thread(
            target=self._reconnect,
            args=(handle, callbacks),
            name="freezeframe-libvirt-reconnect",
            daemon=True,
        ).start()

    def _reconnect(self, handle: Handle, callbacks: tuple[int, ...]) -> None:
        self._discard(handle, callbacks)
        retry_ms = RETRY_MS_MIN
        while not self._is_closed.is_set():
            try:
                self._open()
            except self._libvirt.libvirtError as error:
                with self._lock:
                    self._why = one_line(error)
                self._is_closed.wait(retry_ms / 1000)
                retry_ms = min(RETRY_MS_MAX, retry_ms * 2)
                continue
            for listener in self._listeners:
                listener.on_back()
            return

    def _discard(self, handle: Handle, callbacks: tuple[int, ...]) -> None:
        """Close a handle; one that is broken cannot be told to deregister anything."""
        if handle is None:
            return
        steps: list[Callable[[], object]] = [
            *(partial(handle.domainEventDeregisterAny, each) for each in callbacks),
            handle.unregisterCloseCallback,
            partial(disconnect, handle),
        ]
        for step in steps:
            with contextlib.suppress(self._libvirt.libvirtError):
                step()
