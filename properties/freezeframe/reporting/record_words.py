"""What a record says, in a few words for a line of a terminal.

It must not know what the record is shown for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from freezeframe.observation import (
    AlarmSeen,
    ClockMeasured,
    ControllerStarted,
    Ended,
    EventSeen,
    Fact,
    HostSeen,
    HostTold,
    MemoryChecked,
    MemoryFingerprinted,
    Outcome,
    Reason,
    Record,
    Repeats,
    SightChanged,
    StepTaken,
    Told,
    VmSeen,
)

from .words import count_text, seconds_text

_DIGEST_SHOWN: Final = 8
"""Characters of a digest that are enough to tell two apart by eye."""


def subject_text(record: Record) -> str:
    """Whom a record is about.

    >>> subject_text(Record("s", 1, 0, 0, MemoryChecked(is_intact=True), "host-a", "web-0"))
    'web-0 on host-a'
    """
    if record.vm is not None:
        return f"{record.vm} on {record.host}"
    return record.host or "fleet"


def fact_text(fact: Fact) -> str:
    """What a record says of its subject.

    >>> from freezeframe.lifecycles import VmStatus
    >>> fact_text(VmSeen(VmStatus.PAUSED, Reason.USER))
    'seen paused (user)'
    """
    return _WORDS[type(fact)](fact)


def _told(fact: Told | HostTold) -> str:
    asked = "asked to " if fact.outcome is Outcome.REQUESTED else ""
    outcome = "" if asked else f": {fact.outcome}"
    return f"{asked}{fact.operation}{outcome}{_because(fact.why)}"


def _event(fact: EventSeen) -> str:
    return f"event of {fact.tenant} {fact.status}"


def _alarm(fact: AlarmSeen) -> str:
    return f"alarm {'raised' if fact.is_raised else 'cleared'}{_because(fact.why)}"


def _sight(fact: SightChanged) -> str:
    return f"{'in sight again' if fact.is_in_sight else 'lost from sight'}{_because(fact.why)}"


def _repeats(fact: Repeats) -> str:
    if not fact.records:
        return "nothing that can be relied upon happens any more"
    return f"from here on, over and over: the last {count_text(fact.records, 'record')}"


def _because(why: str) -> str:
    return f" ({why})" if why else ""


def _seen(fact: VmSeen) -> str:
    reason = "" if fact.reason is Reason.UNKNOWN else f" ({fact.reason})"
    return f"seen {fact.status}{reason}"


_WORDS: Final[Mapping[type[Fact], Callable[[Any], str]]] = {
    VmSeen: _seen,
    Told: _told,
    HostTold: _told,
    ClockMeasured: lambda fact: (
        f"clock {seconds_text(abs(fact.offset_ms) / 1000)} "
        f"{'behind' if fact.offset_ms < 0 else 'ahead'}, give or take "
        f"{seconds_text(fact.uncertainty_ms / 1000)}"
    ),
    MemoryFingerprinted: lambda fact: f"memory is {fact.digest[:_DIGEST_SHOWN]} ({fact.coverage})",
    MemoryChecked: lambda fact: "memory intact" if fact.is_intact else "memory not intact",
    HostSeen: lambda fact: f"{fact.phase}, {'new' if fact.has_new_software else 'old'} software",
    EventSeen: _event,
    AlarmSeen: lambda fact: (
        f"alarm {'raised' if fact.is_raised else 'cleared'}{_because(fact.why)}"
    ),
    SightChanged: _sight,
    StepTaken: lambda fact: f"{fact.actor}: {fact.step}",
    Repeats: _repeats,
    ControllerStarted: lambda _: "a controller began to act",
    Ended: lambda _: "nobody looks any more",
}
