"""Calls that block, made in threads so that nobody waits beyond a deadline.

Owns the thread of each call. It must not know libvirt. A thread whose
call never returns cannot be ended; it is left behind as a daemon, and what it still does counts as
an unknown outcome.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from freezeframe.adapters.errors import AdapterError

T = TypeVar("T")


class ThreadedCall(Generic[T]):
    """`work` under way in a thread of its own; fills `Call`."""

    def __init__(self, work: Callable[[], T], *, deadline_ms: int, late: AdapterError) -> None:
        """Begin it; at the deadline it ends with `late`, whatever `work` returns after that."""
        self._work, self._late = work, late
        self._ends_at = time.monotonic() + deadline_ms / 1000
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._values: list[T] = []
        self._error: BaseException | None = None
        threading.Thread(target=self._run, name="freezeframe-libvirt-call", daemon=True).start()

    @property
    def is_done(self) -> bool:
        """See `Call`."""
        return self._ended.is_set() or time.monotonic() >= self._ends_at

    def result(self) -> T:
        """See `Call`; an error that is no `AdapterError` is a defect of the adapter."""
        self._ended.wait(max(0.0, self._ends_at - time.monotonic()))
        self._end(None, self._late)  # too late where it has ended
        if self._error is not None:
            raise self._error
        return self._values[0]

    def _run(self) -> None:
        try:
            value = self._work()
        except BaseException as error:  # noqa: BLE001 (it is raised where the answer is asked for)
            self._end(None, error)
        else:
            self._end(value, None)

    def _end(self, value: T | None, error: BaseException | None) -> None:
        with self._lock:
            if self._ended.is_set():
                return
            if error is None:
                self._values.append(value)  # type: ignore[arg-type]  # (a value if there is no error)
            self._error = error
            self._ended.set()


def run(work: Callable[[], T], *, deadline_ms: int, late: AdapterError) -> T:
    """Return what `work` returns, or raise `late` at the deadline."""
    return ThreadedCall(work, deadline_ms=deadline_ms, late=late).result()
