"""Finds, and ends, just the processes of a lab.

Owns how they are recognised: by a token in the environment that the lab's first processes were
started with, and by the process namespace of a host. Nothing is ended by its name. It must not
know what the processes do.
"""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from .errors import LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Answer = TypeVar("Answer")

TOKEN_VARIABLE = "FREEZEFRAME_LAB_TOKEN"  # noqa: S105 - the name of a variable, no secret
_POLL_SECONDS = 0.05


def wait_for(what: str, ask: Callable[[], Answer | None], seconds_max: float) -> Answer:
    """Ask until there is an answer; return it.

    Raises:
        LabError: There was none within `seconds_max`; the text names `what` was waited for.

    """
    deadline = time.monotonic() + seconds_max
    while True:
        answer = ask()
        if answer is not None:
            return answer
        if time.monotonic() > deadline:
            raise LabError(f"expected {what} within {seconds_max:g} s, found none")
        time.sleep(_POLL_SECONDS)


def end(token: str, seconds_max: float = 30.0) -> None:
    """End every process of the lab with this token, and all that these have started.

    The first process of a host's namespace takes all others there with it; the command that made
    the namespace then ends by itself.

    Raises:
        LabError: Some are still there after `seconds_max`.

    """

    def ended() -> bool | None:
        left = bearers(token)
        first = [pid for pid in left if _ids(pid)[-1:] == [1]]
        for pid in first or left:
            _kill(pid, token)
        return None if left else True

    wait_for("the lab's processes to end", ended, seconds_max)


def bearers(token: str) -> list[int]:
    """Return the ids of the processes that have the token in their environment."""
    return [pid for pid in _all() if _bears(pid, token)]


def first_process(token: str, folder: Path) -> int | None:
    """Return the id of the first process of the host with this folder, if it runs."""
    argument = str(folder).encode()
    for pid in bearers(token):
        arguments = _read(pid, "cmdline").split(b"\0")
        if _ids(pid)[-1:] == [1] and argument in arguments:
            return pid
    return None


def outer_id(first: int, inner: int) -> int | None:
    """Return the id, as this process counts, of one that the namespace of `first` counts `inner`.

    None if there is no such process.
    """
    namespace = _namespace(first)
    for pid in _all():
        if _ids(pid)[-1:] == [inner] and namespace is not None and _namespace(pid) == namespace:
            return pid
    return None


def _all() -> Iterator[int]:
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            yield int(each.name)


def _read(pid: int, name: str) -> bytes:
    """Return a file of /proc; nothing if the process has ended or is not ours."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _bears(pid: int, token: str) -> bool:
    return f"{TOKEN_VARIABLE}={token}".encode() in _read(pid, "environ").split(b"\0")


def _ids(pid: int) -> list[int]:
    """Return the ids of a process, from this namespace down to its own."""
    found = re.search(rb"^NSpid:([\s\d]+)$", _read(pid, "status"), re.MULTILINE)
    return [int(each) for each in found[1].split()] if found else []


def _namespace(pid: int) -> str | None:
    try:
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    except OSError:
        return None


def _kill(pid: int, token: str) -> None:
    """End a process if it still is the one that bears the token."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if _bears(pid, token):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        os.close(handle)
