"""A file that keeps the state of a service, so that a restart loses nothing.

Owns how the file is written: whole or not at all. What is in it is `durable`'s affair.
"""

from __future__ import annotations

import contextlib
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
    """Keeps each state in a file; the last one survives the death of the process and machine."""

    def __init__(self, path: Path) -> None:
        """Keep in the file at `path`, which need not be there."""
        self._path = path

    def load(self, placements: Mapping[str, Placement]) -> State:
        """The state that was kept last, or a new one if there is no file.

        Raises:
            ScheduledEventsError: The file cannot be read, or is none of ours.

        """
        try:
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
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(to_json(after), file)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self._path)
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(name).unlink()
                raise
            _sync_folder(folder)
        except OSError as error:
            raise ScheduledEventsError(
                f"{self._path}: expected to keep scheduled events there, found: {error.strerror}"
            ) from error

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
