"""Calls that block, made in threads so that nobody waits beyond a deadline.

Owns the threads of the calls. It must not know libvirt. A thread whose call never returns cannot be
ended; it is left behind as a daemon, and what it still does counts as an unknown outcome.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

from freezeframe.adapters.errors import AdapterError

T = TypeVar("T")
Job = Callable[[], None]


class Workers:
    """Threads that are used again, as many as there are calls at a time."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._idle: list[SimpleQueue[Job | None]] = []
        self._is_closed = False

    def do(self, job: Job) -> None:
        """Have `job` done at once."""
        with self._lock:
            inbox = self._idle.pop() if self._idle else None
        if inbox is None:
            inbox = SimpleQueue()
            name = "freezeframe-libvirt-call"
            threading.Thread(target=self._serve, args=(inbox,), name=name, daemon=True).start()
        inbox.put(job)

    def close(self) -> None:
        """End the threads, each as soon as its call has ended."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for inbox in idle:
            inbox.put(None)

    def _serve(self, inbox: SimpleQueue[Job | None]) -> None:
        while (job := inbox.get()) is not None:
            job()
            with self._lock:
                if self._is_closed:
                    return
                self._idle.append(inbox)


class ThreadedCall(Generic[T]):
    """`work` under way in a thread of `workers`; fills `Call`."""

    def __init__(
        self,
        work: Callable[[], T],
        *,
        deadline_ms: int,
        late: Callable[[], AdapterError],
        workers: Workers,
    ) -> None:
        """Begin it; at the deadline it ends with what `late` makes, whatever `work` does."""
        self._work, self._late = work, late
        self._ends_at = time.monotonic() + deadline_ms / 1000
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._values: list[T] = []
        self._error: BaseException | None = None
        workers.do(self._run)

    @property
    def is_done(self) -> bool:
        """See `Call`."""
        return self._ended.is_set() or time.monotonic() >= self._ends_at

    def result(self) -> T:
        """See `Call`; an error that is no `AdapterError` is a defect of the adapter."""
        self._ended.wait(max(0.0, self._ends_at - time.monotonic()))
        if not self._ended.is_set():
            self._end(None, self._late())
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


def run(work: Callable[[], T], *, deadline_ms: int, late: Callable[[], AdapterError]) -> T:
    """Return what `work` returns, or raise what `late` makes at the deadline."""
    workers = Workers()
    workers.close()  # once its call has ended
    return ThreadedCall(work, deadline_ms=deadline_ms, late=late, workers=workers).result()
