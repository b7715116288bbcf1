"""The metadata service on real sockets, in a thread of its own.

Owns binding, starting and stopping. It must not know what is served there.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import uvicorn
from starlette.types import ASGIApp

from freezeframe.scheduled_events.contract import ScheduledEventsError

from .callers import Listener

BACKLOG: Final = 2048
KEEP_ALIVE_SECONDS: Final = 75
"""Longer than any client's poll, so that a connection is not closed just when it is used again."""

_START_SECONDS_MAX: Final = 10.0
_STOP_SECONDS_MAX: Final = 5


def bound(listeners: Sequence[Listener]) -> tuple[list[socket.socket], tuple[Listener, ...]]:
    """Bind all of `listeners`; port 0 becomes the port that was free.

    Raises:
        ScheduledEventsError: One cannot be bound; then none is.

    """
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(contextlib.closing(_bound(each))) for each in listeners]
        stack.pop_all()
    return sockets, tuple(
        replace(each, port=opened.getsockname()[1]) if each.path is None else each
        for each, opened in zip(listeners, sockets, strict=True)
    )


class Server:
    """Serves an application at bound sockets while it is entered."""

    def __init__(self, app: ASGIApp, sockets: Sequence[socket.socket]) -> None:
        """Prepare; nothing is answered yet. The sockets are the server's from now on."""
        config = uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_STOP_SECONDS_MAX,
        )
        self._sockets = list(sockets)
        names = [each.getsockname() for each in sockets]
        self._paths = [name for name in names if isinstance(name, str)]
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="metadata service", daemon=True)

    def __enter__(self) -> Self:
        """Begin to answer.

        Raises:
            ScheduledEventsError: It does not come up.

        """
        self._thread.start()
        for _ in range(int(_START_SECONDS_MAX * 100)):
            if self._server.started or not self._thread.is_alive():
                break
            self._thread.join(0.01)
        if not self._server.started:
            raise ScheduledEventsError(
                f"expected the service to be up within {_START_SECONDS_MAX:g} s, found that it "
                "is not"
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Answer what was asked, and stop."""
        self._server.should_exit = True
        self._thread.join()
        for path in self._paths:
            with contextlib.suppress(FileNotFoundError):
                Path(path).unlink()

    def _run(self) -> None:
        self._server.run(sockets=self._sockets)


def _bound(listener: Listener) -> socket.socket:
    family = socket.AF_INET6 if ":" in str(listener.host) else socket.AF_INET
    opened = socket.socket(socket.AF_UNIX if listener.path else family)
    try:
        if listener.path is not None:
            _remove_stale(listener.path)
            opened.bind(listener.path)
        else:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind((str(listener.host), listener.port))
        opened.listen(BACKLOG)
        opened.setblocking(False)  # noqa: FBT003 (its only parameter)
    except OSError as error:
        opened.close()
        reason = error.strerror or str(error)
        raise ScheduledEventsError(
            f"{listener}: expected to listen there, found: {reason}{_advice(error)}"
        ) from error
    return opened


def _advice(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return (
            "; take a port from 1024, or do it in a namespace: unshare --user --map-root-user --net"
        )
    return ""


def _remove_stale(path: str) -> None:
    """Remove a socket that nobody listens at any more; anything else stays, and binding fails."""
    with contextlib.suppress(OSError):
        if Path(path).is_socket():
            with socket.socket(socket.AF_UNIX) as probe:
                try:
                    probe.connect(path)
                except ConnectionRefusedError:
                    Path(path).unlink()
