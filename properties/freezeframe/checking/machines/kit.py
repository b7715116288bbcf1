"""What the runs of one machine class share, and what one run is in the mood for.

Owns values only; it must not know how a machine uses them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from freezeframe.checking.runs.lookup import Lookup
from freezeframe.checking.runs.simulation import Simulation

from .broken import Hunt
from .reached import Reached


@dataclass
class Kit:
    """What all runs of one machine class share."""

    lookup: Lookup
    start: Simulation
    reached: Reached
    uses_target: bool
    labels: Sequence[str]
    named: Mapping[str, Mapping[str, int]]
    """By rule, the instances by their subjects."""
    rules: Sequence[Any] = ()
    """Hypothesis's rules, in the order of `System.rules`."""
    wait: Any = None
    end: Any = None
    look: Any = None
    hunt: Hunt | None = None
    """Bounds how long Hypothesis shrinks; None leaves that to Hypothesis."""

    @cached_property
    def slow_slots(self) -> list[int | None]:
        """What may be held back: everything, or what is about one of the components."""
        return [None, *sorted({slot for head in self.lookup.heads for slot in head})]

    @cached_property
    def patience_max(self) -> int:
        """The most units that a wait may have: no clock of the model counts further."""
        settings = self.lookup.system.settings
        longest = [longest for _, longest in settings.spans.values()]
        return max(*longest, *settings.deadlines.values(), settings.pause_limit) + 1


@dataclass(frozen=True)
class Mood:
    """What a run holds back: these rules, about the component in `slot` or, if it is None, all."""

    rules: frozenset[int] = frozenset()
    slot: int | None = None
