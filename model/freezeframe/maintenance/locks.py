"""Keeps a second controller out: of a journal, and of hosts that another one maintains.

Owns the locks, which the kernel takes back when their holder dies, however it dies. It must not
know what they protect. A journal's lock is a file beside it; a host's is a socket in the abstract
namespace, which leaves nothing behind and tells who listens. Neither reaches beyond this machine.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import socket
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from freezeframe.fleet import FreezeframeError

_CREDENTIALS: Final = struct.Struct("3i")
"""Process, user and group of a socket's other end. Source: SO_PEERCRED in unix(7)."""


class HeldError(FreezeframeError):
    """Another controller is at work; `holder` is its process, None where that is not known."""

    def __init__(self, what: str, holder: int | None) -> None:
        """Report that `what` is held."""
        by = "another process" if holder is None else f"process {holder}"
        super().__init__(
            f"{what}: expected no other controller to be at work, found that {by} is; wait until "
            "it has ended, or end it: it brings back what it paused"
        )
        self.holder = holder


@contextlib.contextmanager
def locked_file(path: Path, what: str) -> Iterator[None]:
    """Hold the lock of the file at `path`, which is made and stays; `what` names it in errors.

    Raises:
        HeldError: Another process holds it.
        OSError: The file cannot be opened.

    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            written = os.pread(descriptor, 20, 0).strip()
            raise HeldError(what, int(written) if written.isdigit() else None) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked_hosts(uris: Iterable[str]) -> Iterator[None]:
    """Hold the hosts at `uris`, each of which one controller of this machine may hold.

    Raises:
        HeldError: Another process holds one of them; then none is held.

    """
    with contextlib.ExitStack() as stack:
        for uri in sorted(uris):
            stack.enter_context(_locked_name(uri))
        yield


@contextlib.contextmanager
def _locked_name(uri: str) -> Iterator[None]:
    address = f"\0freezeframe-host-{hashlib.sha256(uri.encode()).hexdigest()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as held:
        try:
            held.bind(address)
        except OSError:
            raise HeldError(uri, _listener(address)) from None
        held.listen()
        yield


def _listener(address: str) -> int | None:
    """The process that listens at `address`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        try:
            asking.connect(address)
        except OSError:  # it is gone, or has not come to listen yet
            return None
        told = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    process: int = _CREDENTIALS.unpack(told)[0]
    return process or None
