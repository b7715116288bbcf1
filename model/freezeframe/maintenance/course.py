"""Where a maintenance stands: a state of the model, and what goes with it that no rule reads.

Owns plain values and how they are compared. It must not know how they come about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from freezeframe.observation import Fact, MemoryFingerprinted, Operation, Record
from freezeframe.protocol import Instance, State

ERRANDS: Final = {
    "set_clock": Operation.SET_CLOCK,
    "shut_down": Operation.SHUT_DOWN,
    "boot": Operation.BOOT,
}
"""Steps that are taken when what was asked for is completed, not when it is asked."""

WATCHDOG: Final = "watchdog"
"""How sources of records begin that are of a watchdog. To the model it is a controller that starts
again: it does what the rules have the controller do, when that is dead or hangs.
"""


@dataclass(frozen=True)
class Tolerance:
    """What a real controller is allowed that the model's, which takes no time, does not need.

    `reaction_ms` is how late a step may be that time should have waited for: until events arrive,
    until the controller acts, and while it compares the memory of paused VMs.
    """

    reaction_ms: int = 1_000


@dataclass(frozen=True)
class Overdue:
    """A step for which time should have waited since `since_ms`; whether that was told."""

    since_ms: int
    is_told: bool = False


@dataclass(frozen=True)
class MemoryCheck:
    """How far the comparison of a VM's memory has come in its present pause.

    `digest` with `coverage` is what it was after pausing, None if it could not be read; `is_over`
    tells that it was read again before resuming, or could not be.
    """

    digest: str | None
    coverage: str = ""
    is_over: bool = False

    def is_belied_by(self, fact: Fact) -> bool:
        """Whether `fact` shows memory that is not as it was."""
        if not isinstance(fact, MemoryFingerprinted) or self.digest is None:
            return False
        return (self.coverage, self.digest) != (fact.coverage, fact.digest)


_NOTHING: Final[Mapping[str, MemoryCheck]] = MappingProxyType({})
_NONE_OVERDUE: Final[Mapping[str, Overdue]] = MappingProxyType({})


@dataclass(frozen=True)
class Course:
    """Where a maintenance stands at `at_ms` on the records' clock; None before the first record.

    `asked` holds (operation, VM or host) for what was asked and not answered, `blind` the hosts out
    of sight, `checks` the comparison of memory of each paused VM, and `overdue` by step what time
    should have waited for. Until `grace_ms` nothing that is asked of others counts as overdue: what
    a controller that is gone had asked for is asked again, and may take its longest time once more.
    """

    state: State
    at_ms: int | None = None
    asked: frozenset[tuple[Operation, str]] = frozenset()
    blind: frozenset[str] = frozenset()
    checks: Mapping[str, MemoryCheck] = field(default_factory=lambda: _NOTHING)
    grace_ms: int = 0
    overdue: Mapping[str, Overdue] = field(default_factory=lambda: _NONE_OVERDUE)


class Deviation(StrEnum):
    """How what was seen is not what the model allows."""

    FORBIDDEN = "forbidden"
    """A step was taken whose guards did not hold."""
    EARLY = "early"
    """A step was taken before its least time."""
    LATE = "late"
    """A step was not taken when time should have waited for it, tolerance included."""
    UNDECLARED = "undeclared"
    """A fault or action happened more often than the fleet file says, so no check covers it."""
    UNEXPLAINED = "unexplained"
    """No rule leads to what was seen."""


@dataclass(frozen=True)
class Divergence:
    """What was seen at `at_ms` is not what the model allows; texts are phrases without full stop.

    `record` is what showed it, None if that is the mere passing of time. `step` is the step of the
    model that is meant, as traces print it, empty where there is none.
    """

    deviation: Deviation
    at_ms: int
    record: Record | None
    step: str
    expected: str
    found: str

    def __str__(self) -> str:
        """One line."""
        what = f"{self.step}: " if self.step else ""
        return f"{what}{self.deviation}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True)
class Taken:
    """A step of the model, and when it was taken."""

    at_ms: int
    instance: Instance


@dataclass(frozen=True)
class Followed:
    """Where a maintenance stands after a record, and how it came there."""

    course: Course
    steps: tuple[Taken, ...] = ()
    divergences: tuple[Divergence, ...] = ()
