"""A process of its own that runs one command of a host, and writes down what became of it.

Owns the command's process group, its time, and the files of a host's folder. Started as a script
(`python -I -S supervisor.py SPECIFICATION`), it imports nothing but the standard library, so it
starts at once, and it outlives whoever started it: a controller that died finds in the folder
whether the update is still under way and how it ended. It must not know hosts, VMs or rules.

The folder holds `lock`, locked while a command runs, and `state.json`, what was run last (`State`).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, TextIO

OUTPUT_BYTES_MAX: Final = 16_384
"""What is kept of a command's output, its end."""

_STEP_SECONDS: Final = 0.05
"""How often it looks whether the command has ended, where its output does not tell."""

_TRIES: Final = 10

_LAST_READS: Final = 8
"""How often it reads what a command printed last; a pipe holds 64 KiB. Source: pipe(7)."""


@dataclass(frozen=True)
class Specification:
    """What to run: not from `begins_before_ms` on, and `ends_at_ms` is when it is killed, both on
    CLOCK_BOOTTIME of `boot`.
    """

    folder: str
    boot: str
    token: str
    command: tuple[str, ...]
    is_update: bool
    begins_before_ms: int
    ends_at_ms: int


@dataclass(frozen=True)
class State:
    """What was run last in a folder, and what became of it.

    `boot` tells since when `supervisor`, the process that ran it, and `group`, the command's
    process group (0 before there is one), have their numbers, and `…_ticks` when they started.
    `ended` is None while it runs, else `exited`, `killed`, `timed out`, `stopped`, `not started` or
    `too late`, with the exit code, the signal, or what was found, in `found`. `has_new_software` is
    what the commands so far have come to: True after an update that exited with 0, False after such
    a rollback.
    """

    token: str
    is_update: bool
    boot: str
    supervisor: int
    supervisor_ticks: int
    group: int = 0
    group_ticks: int = 0
    ended: str | None = None
    found: str = ""
    output: str = ""
    has_new_software: bool = False


def boot_ms() -> int:
    """CLOCK_BOOTTIME in milliseconds, the clock of all deadlines here."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def ticks(process: int) -> int:
    """When a process started, in ticks since boot; 0 if there is none. Source: proc(5), field 22.

    With the number of the process it tells it from a later one of that number.
    """
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    return int(text.rpartition(")")[2].split()[19])


def read_state(folder: Path) -> State | None:
    """What was run last; None if nothing was."""
    try:
        values: dict[str, Any] = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return State(**values)


def is_locked(folder: Path) -> bool:
    """Whether a supervisor is at work in the folder.

    Nothing is written, lest a disk that is full or read-only keep that from being known.
    """
    try:
        with (folder / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def stop(state: State, boot: str) -> None:
    """Have the supervisor stop what it runs, or kill that where the supervisor is gone; `boot` is
    the present one.
    """
    if state.ended is not None or state.boot != boot:
        return
    if ticks(state.supervisor) == state.supervisor_ticks:
        _signal(os.kill, state.supervisor, signal.SIGTERM)
    elif state.group and ticks(state.group) in {0, state.group_ticks}:
        _signal(os.killpg, state.group, signal.SIGKILL)


def _signal(send: Callable[[int, int], None], number: int, what: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
        send(number, what)


def _write(folder: Path, state: State) -> None:
    """Replace the state at once, on disk before it returns."""
    draft = folder / f"state.{state.supervisor}.draft"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(asdict(state), file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / "state.json")


class _Wish:
    """Whether somebody asked for the command to be stopped."""

    def __init__(self) -> None:
        self.is_stopping = False
        signal.signal(signal.SIGTERM, self._stop)

    def _stop(self, *_: object) -> None:
        self.is_stopping = True


def main(text: str) -> int:
    """Run what the specification says; 0 when the outcome is written, 1 if another is at work."""
    values = json.loads(text)
    what = Specification(**{**values, "command": tuple(values["command"])})
    folder = Path(what.folder)
    wish = _Wish()
    with (folder / "lock").open("a") as lock:
        if not _is_taken(lock):
            return 1
        before = read_state(folder)
        own = os.getpid()
        begun = State(
            what.token,
            what.is_update,
            what.boot,
            own,
            ticks(own),
            has_new_software=before is not None and before.has_new_software,
        )
        _write(folder, begun)
        ended = _run(what, folder, begun, wish)
        if (ended.ended, ended.found) == ("exited", "0"):
            ended = replace(ended, has_new_software=what.is_update)
        _write(folder, ended)
    return 0


def _is_taken(lock: TextIO) -> bool:
    """Take the lock; whoever only looks (`is_locked`) holds it for a moment."""
    for _ in range(_TRIES):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_STEP_SECONDS)
        else:
            return True
    return False


def _run(what: Specification, folder: Path, begun: State, wish: _Wish) -> State:
    if wish.is_stopping:
        return replace(begun, ended="stopped")
    if boot_ms() >= what.begins_before_ms:
        return replace(begun, ended="too late")

    def note_group() -> None:
        """In the child, before it becomes the command: there is no command of an unknown group."""
        own = os.getpid()
        _write(folder, replace(begun, group=own, group_ticks=ticks(own)))

    try:
        child = subprocess.Popen(  # noqa: S603 (the fleet file names it)
            what.command,
            preexec_fn=note_group,  # noqa: PLW1509 (there is one thread)
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return replace(begun, ended="not started", found=str(error))
    output = bytearray()
    ended = "timed out"
    while boot_ms() < what.ends_at_ms:
        _collect(child, output)
        if child.poll() is not None:
            ended = "exited" if child.returncode >= 0 else "killed"
            break
        if wish.is_stopping:
            ended = "stopped"
            break
    if ended != "exited" or child.returncode != 0:
        # What a command that succeeded leaves running is its own affair.
        _signal(os.killpg, child.pid, signal.SIGKILL)
    child.wait()
    for _ in range(_LAST_READS):
        _collect(child, output)
    found = str(abs(child.returncode))
    return replace(begun, ended=ended, found=found, output=output.decode(errors="replace"))


def _collect(child: subprocess.Popen[bytes], output: bytearray) -> None:
    """Take some of what has been printed; wait for it for a moment while the command runs."""
    wait_seconds = _STEP_SECONDS if child.returncode is None else 0
    if child.stdout is None or child.stdout.closed:
        time.sleep(wait_seconds)
    elif select.select([child.stdout], [], [], wait_seconds)[0]:
        read = os.read(child.stdout.fileno(), OUTPUT_BYTES_MAX)
        output += read
        del output[:-OUTPUT_BYTES_MAX]
        if not read:
            child.stdout.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
