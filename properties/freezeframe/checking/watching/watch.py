"""A watch: records of many hosts, brought together and judged while they come.

Owns the order of records and the passing of time. It must not know terminals or metrics: whoever
shows something takes happenings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final

from freezeframe.adapters import AdapterError
from freezeframe.checking.judging import Judge, Judgement, Violation
from freezeframe.checking.judging.placing import widened
from freezeframe.fleet import Fleet
from freezeframe.observation import Record

from .feeds import Feed

KINDS_SEEN: Final = ("vm seen", "sight changed", "ended")
"""The kinds of records that a watch can write."""

SETTLE_MS: Final = 300
"""How long a record is held back, so that those of other hosts can come before it."""


@dataclass(frozen=True)
class Happening:
    """Something that was seen or found out; at least one of the fields tells what.

    `record` is None where only time passed. `pause_seconds` is the length of the pause for
    maintenance that the record ended.
    """

    at_ms: int
    record: Record | None = None
    pause_seconds: float | None = None
    violations: tuple[Violation, ...] = ()


class Watch:
    """Hosts that are being watched by the promises of `fleet`, which grows with what is seen."""

    def __init__(
        self, feeds: Sequence[Feed], fleet: Fleet, sink: Callable[[Record], None] | None = None
    ) -> None:
        """Watch `feeds`; every record goes to `sink` in the order in which it is judged."""
        self.fleet = fleet
        self.judge = Judge(fleet, kinds=KINDS_SEEN)
        self._feeds = tuple(feeds)
        self._sink = sink
        self._coming: SimpleQueue[Record] = SimpleQueue()
        self._held: list[Record] = []

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names of the hosts that are watched."""
        return tuple(feed.host for feed in self._feeds)

    def begin(self) -> None:
        """Begin to look.

        Raises:
            AdapterError: A host cannot tell; none is watched then.

        """
        try:
            for feed in self._feeds:
                feed.begin(self._coming.put)
        except AdapterError:
            for feed in self._feeds:
                feed.end()
            raise

    def step(self, now_ms: int, wait_ms: int = 0) -> Iterator[Happening]:
        """Yield what happened until `SETTLE_MS` before `now_ms`, after waiting for news."""
        self._gather(wait_ms)
        until_ms = now_ms - SETTLE_MS
        due = [record for record in self._held if record.monotonic_ms <= until_ms]
        self._held = [record for record in self._held if record.monotonic_ms > until_ms]
        yield from self._judged(due)
        if self.judge.ledger.now_ms is not None and until_ms > self.judge.ledger.now_ms:
            broken = self.judge.advance(until_ms)
            if broken:
                yield Happening(until_ms, violations=broken)

    def end(self, now_ms: int) -> Iterator[Happening]:
        """Let go of every host, and yield what had still come."""
        for feed in self._feeds:
            feed.end()
        self._gather(0)
        last = max([now_ms, *(record.monotonic_ms for record in self._held)])
        yield from self._judged([*self._held, *(feed.last(last) for feed in self._feeds)])
        self._held = []

    def judgement(self) -> Judgement:
        """The verdict on what was seen so far."""
        return self.judge.judgement()

    def _gather(self, wait_ms: int) -> None:
        try:
            if wait_ms:
                self._held.append(self._coming.get(timeout=wait_ms / 1000))
            while True:
                self._held.append(self._coming.get_nowait())
        except Empty:
            self._held.sort(key=lambda record: record.monotonic_ms)

    def _judged(self, records: Sequence[Record]) -> Iterator[Happening]:
        for record in records:
            if self._sink is not None:
                self._sink(record)
            self._learn(record)
            yield self._folded(record)

    def _learn(self, record: Record) -> None:
        known = widened(self.fleet, [record])
        if known != self.fleet:
            self.fleet = known
            self.judge.widen(known)

    def _folded(self, record: Record) -> Happening:
        ledger, vm = self.judge.ledger, record.vm or ""
        broken: tuple[Violation, ...] = ()
        if ledger.now_ms is not None and record.monotonic_ms > ledger.now_ms:
            broken = self.judge.advance(record.monotonic_ms)
        before = ledger.vm(vm)
        broken += self.judge.fold(record)
        has_ended = before.is_paused_for_maintenance and not ledger.vm(vm).is_paused_for_maintenance
        seconds = before.paused_seconds if has_ended else None
        return Happening(record.monotonic_ms, record, seconds, broken)
