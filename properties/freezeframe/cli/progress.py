"""How far a search is, on one line of the terminal; and Ctrl-C, which ends it in good order.

Owns the line and the signal. It must not know what is searched.
"""

from __future__ import annotations

import shutil
import signal
import sys
import threading
import time
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Final, Self

from .console import is_terminal

if TYPE_CHECKING:
    from freezeframe.checking.search.explorer import Progress

SILENT_SECONDS: Final = 1.0
"""What is over within this time is not worth a line."""

_REDRAW_SECONDS: Final = 0.1
_CLEAR: Final = "\r\x1b[2K"
_PREPARING: Final = "preparing; the first run on a machine compiles the search, some seconds"


class ProgressLine:
    """Shows progress on standard error while it is entered, if that is a terminal.

    The first Ctrl-C ends the search at the next moment at which what was explored is whole, and
    `is_interrupted` becomes True; the second raises `KeyboardInterrupt` at once.
    """

    def __init__(self) -> None:
        """Draw nothing yet."""
        self.is_interrupted = False
        self.task = ""
        self._is_shown = is_terminal(sys.stderr)
        self._is_drawn = False
        self._began = time.monotonic()
        self._drawn_at = 0.0
        self._lock = threading.Lock()
        self._timer = threading.Timer(SILENT_SECONDS, self._announce)
        self._timer.daemon = True
        self._former: object = None

    def __enter__(self) -> Self:
        """Take over Ctrl-C, and say something if nothing is heard for a second."""
        if threading.current_thread() is threading.main_thread():
            self._former = signal.signal(signal.SIGINT, self._interrupt)
        if self._is_shown:
            self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave the terminal, and Ctrl-C, as they were."""
        self._timer.cancel()
        if self._former is not None:
            signal.signal(signal.SIGINT, self._former)  # type: ignore[arg-type]
        self.clear()
        with self._lock:
            self._is_shown = False

    def watch(self, progress: Progress) -> None:
        """Show how far a search is; raises `KeyboardInterrupt` where Ctrl-C was pressed."""
        if self.is_interrupted:
            raise KeyboardInterrupt
        self._timer.cancel()
        rate = progress.states / progress.seconds if progress.seconds > 0 else 0.0
        parts = (
            self.task,
            f"{progress.states:,} states",
            f"{rate:,.0f}/s",
            f"depth {progress.depth}",
            f"frontier {progress.frontier:,}",
            f"{progress.memory_bytes / 2**20:,.0f} MiB",
            f"{time.monotonic() - self._began:.0f} s",
        )
        self._draw(" · ".join(part for part in parts if part))

    def begin(self, task: str) -> None:
        """Name what is being done, before the other figures; raises as `watch` does."""
        if self.is_interrupted:
            raise KeyboardInterrupt
        self.task = task
        self._draw(task)

    def clear(self) -> None:
        """Make room for what is printed; the line comes back with the next news."""
        with self._lock:
            if self._is_drawn:
                sys.stderr.write(_CLEAR)
                sys.stderr.flush()
                self._is_drawn = False

    def _announce(self) -> None:
        self._draw(_PREPARING)

    def _draw(self, text: str) -> None:
        now = time.monotonic()
        if now - self._began < SILENT_SECONDS or now - self._drawn_at < _REDRAW_SECONDS:
            return
        with self._lock:
            if self._is_shown:
                room = shutil.get_terminal_size((80, 24)).columns - 1
                sys.stderr.write(_CLEAR + text[:room])
                sys.stderr.flush()
                self._is_drawn = True
                self._drawn_at = now

    def _interrupt(self, _: int, __: FrameType | None) -> None:
        if self.is_interrupted:
            raise KeyboardInterrupt
        self.is_interrupted = True
