"""Every moment of a history at which what is known could change, and what is broken at one of them.

Simpler than the judge, which asks only what can have changed: an oracle for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from freezeframe.fleet import Limits
from freezeframe.observation import Ledger, Record
from freezeframe.properties import PROMISES

BY_NAME = {each.name: each.predicate for each in PROMISES}
LIMITS = Limits()


@dataclass(frozen=True)
class Moment:
    """The ledger as it stands at `monotonic_ms`; valid until the next moment is asked for.

    `record` is None just before records are folded in, and at the end; a duration is longest there.
    """

    monotonic_ms: int
    ledger: Ledger
    record: Record | None


def moments(
    records: Iterable[Record], *, ends_at_ms: int, limits: Limits | None = None
) -> Iterator[Moment]:
    """Yield every moment of a history at which a property could change its answer.

    One just before the records of a later time, where every duration is at its longest, one after
    each record, and one at the end, `ends_at_ms` on the records' clock, so that what never ends is
    judged.

    Raises:
        ValueError: The end is before the last record.

    """
    ledger = Ledger(limits)
    for record in records:
        if ledger.now_ms is not None and record.monotonic_ms > ledger.now_ms:
            ledger.advance(record.monotonic_ms)
            yield Moment(record.monotonic_ms, ledger, None)
        ledger.fold(record)
        yield Moment(ledger.now_ms or 0, ledger, record)
    ledger.advance(ends_at_ms)
    yield Moment(ends_at_ms, ledger, None)


def breaks(name: str, records: list[Record], ends_at_ms: int) -> bool:
    """Whether a promise about one VM is broken at some moment."""
    wants_limits = name == "pause_within_limit"
    return any(
        not BY_NAME[name](moment.ledger.vm("vm"), *([LIMITS] if wants_limits else []))
        for moment in moments(records, ends_at_ms=ends_at_ms)
    )
