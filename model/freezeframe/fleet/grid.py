"""Which of a fleet's durations make the unit of time as fine as it is, though nobody chose them.

Owns that question only. It must not know what is counted in the unit, nor how the answer is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from math import gcd

from .model import Fleet, Limits, Span, Timing


@dataclass(frozen=True)
class FinerByDefault:
    """The unit that the durations which a fleet chose would allow, and the keys of its file, left
    at their defaults, that are no multiples of it.
    """

    coarser_ms: int
    keys: tuple[str, ...]


def finer_by_default(fleet: Fleet) -> FinerByDefault | None:
    """What makes the unit of time of `fleet` finer than its own durations would; None if nothing
    does, or if it chose none.

    A duration that is written out as it is by default counts as left at its default. The tolerance
    of clocks is no duration: no rule compares anything with it.
    """
    mine, theirs = list(_durations(fleet.timing, fleet.limits)), _durations(Timing(), Limits())
    chosen = [span for (_, span), (_, default) in zip(mine, theirs, strict=True) if span != default]
    coarser_ms = gcd(*(bound for span in chosen for bound in (span.min_ms, span.max_ms)))
    if not coarser_ms:
        return None
    keys = tuple(
        key
        for key, span in mine
        if span not in chosen and (span.min_ms % coarser_ms or span.max_ms % coarser_ms)
    )
    return FinerByDefault(coarser_ms, keys) if keys else None


def _durations(timing: Timing, limits: Limits) -> Iterator[tuple[str, Span]]:
    for each in fields(timing):
        yield f"timing.{each.name}", getattr(timing, each.name)
    yield "limits.pause_seconds", Span(limits.pause_ms, limits.pause_ms)
    yield "limits.notice_seconds", Span(limits.notice_ms, limits.notice_ms)
