"""A file that keeps the state of a service, so that a restart loses nothing.

Owns how the file is written: whole or not at all. What is in it is `durable`'s affair.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from .contract import ScheduledEventsError
from .durable import from_json, to_json
from .state import Placement, State


def new_state(placements: Mapping[str, Placement]) -> State:
    """A state in which nothing has happened, with ids that no other service gives."""
    return State(seed=uuid4(), placements=placements)


class StateFile:
    """Keeps each state in a file; the last one survives the death of the process and machine.

    A file is one service's at a time, from when it loads or first keeps until its process ends:
    the lock is of the file itself, so nothing else is left behind.
    """

    def __init__(self, path: Path) -> None:
        """Keep in the file at `path`, which need not be there."""
        self._path = path
        self._held: int | None = None

    def close(self) -> None:
        """Let others have the file."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def load(self, placements: Mapping[str, Placement]) -> State:
        """The state that was kept last, or a new one if there is no file.

        Raises:
            ScheduledEventsError: The file cannot be read, is none of ours, or is another service's.

        """
        try:
            self._hold()
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return new_state(placements)
        except (OSError, UnicodeDecodeError) as error:
            raise self._unfit(error) from error
        try:
            return from_json(json.loads(text), placements)
        except (ValueError, RecursionError, ScheduledEventsError) as error:
            raise self._unfit(error) from error

    def keep(self, _: State, after: State) -> None:
        """Write `after`; a reader finds it, or the one before, and never a part.

        Raises:
            ScheduledEventsError: It could not be written; the file is as it was.

        """
        folder = self._path.parent
        try:
            handle, name = tempfile.mkstemp(prefix=f".{self._path.name}-", dir=folder)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                with os.fdopen(handle, "w", encoding="utf-8", closefd=False) as file:
                    json.dump(to_json(after), file)
                    file.flush()
                    os.fsync(handle)
                self._put(Path(name))
            except BaseException:
                os.close(handle)
                raise
            finally:
                with contextlib.suppress(OSError):
                    Path(name).unlink()
            self.close()
            self._held = handle
            _sync_folder(folder)
        except OSError as error:
            raise ScheduledEventsError(
                f"{self._path}: expected to keep scheduled events there, found: {error.strerror}"
            ) from error

    def _put(self, new: Path) -> None:
        """Let `new` be the file; the first time it must not be there, or it is another's."""
        if self._held is None:
            self._path.hardlink_to(new)
        else:
            new.replace(self._path)

    def _hold(self) -> None:
        """Lock the file, if it is there: the one that has its name once it is locked."""
        while self._held is None:
            held = os.open(self._path, os.O_RDONLY)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                is_it = os.path.samestat(os.fstat(held), self._path.stat())
            except BlockingIOError:
                os.close(held)
                raise ScheduledEventsError(
                    f"{self._path}: expected scheduled events that no other service keeps there, "
                    "found that one does; end it, or name another file"
                ) from None
            except BaseException:
                os.close(held)
                raise
            if is_it:
                self._held = held
            else:
                os.close(held)

    def _unfit(self, error: Exception) -> ScheduledEventsError:
        return ScheduledEventsError(
            f"{self._path}: expected a file that keeps scheduled events, found: {error}; mend it, "
            "or name another"
        )


def _sync_folder(folder: Path) -> None:
    """Make a new name in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
