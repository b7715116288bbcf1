"""Who decides what a simulated host leaves open: a seed, or Hypothesis.

Owns the drawing of numbers and of faults within their budget. It must not know what they are for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from random import Random
from typing import TYPE_CHECKING, Final, Protocol

from freezeframe.fleet import Faults, Span

if TYPE_CHECKING:
    from hypothesis.strategies import DataObject

FAULT_ONE_IN: Final = 3
"""With a seed, one occasion in so many has the fault, until the budget is spent."""

INJECTED: Final = tuple(each.name for each in fields(Faults) if each.name != "controller_crash")
"""The faults that a host injects: all of `Faults` but the crash of the process that uses it."""


class Choices(Protocol):
    """A source of choices; equal answers to equal questions give equal histories."""

    def integer(self, least: int, most: int, label: str) -> int:
        """A number from `least` to `most`, both included; `label` says what for."""

    def happens(self, label: str) -> bool:
        """Whether a fault happens where it may."""


class SeededChoices:
    """Choices that follow from a seed."""

    def __init__(self, seed: int) -> None:
        """Follow `seed`."""
        self._random = Random(seed)  # noqa: S311 (repeatable, not secret)

    def integer(self, least: int, most: int, label: str) -> int:  # noqa: ARG002 (a reader's aid)
        """See `Choices`."""
        return self._random.randint(least, most)

    def happens(self, label: str) -> bool:  # noqa: ARG002 (a reader's aid)
        """See `Choices`."""
        return self._random.randrange(FAULT_ONE_IN) == 0


class DrawnChoices:
    """Choices that Hypothesis draws, shrinking to the least number and to no fault."""

    def __init__(self, data: DataObject) -> None:
        """Draw from `data`, as `hypothesis.strategies.data()` gives it to a test."""
        self._data = data

    def integer(self, least: int, most: int, label: str) -> int:
        """See `Choices`."""
        from hypothesis import strategies  # noqa: PLC0415 (only tests pay for the import)

        return self._data.draw(strategies.integers(least, most), label)

    def happens(self, label: str) -> bool:
        """See `Choices`."""
        from hypothesis import strategies  # noqa: PLC0415 (only tests pay for the import)

        return self._data.draw(strategies.booleans(), label)


class Fate:
    """What may happen to the hosts of one simulation: durations, and faults within their budget."""

    def __init__(self, choices: Choices, faults: Faults) -> None:
        """Leave to `choices` what is open; no fault happens more often than `faults` says."""
        self._choices = choices
        self._left = {name: getattr(faults, name) for name in INJECTED}
        self._forced: list[tuple[str, str]] = []

    @property
    def left(self) -> Mapping[str, int]:
        """How often each fault may still happen by itself."""
        return dict(self._left)

    def follow(self, choices: Choices) -> None:
        """Leave to `choices` what is open from now on, and force nothing more."""
        self._choices = choices
        self._forced.clear()

    def lasts_ms(self, span: Span, label: str) -> int:
        """How long something takes."""
        return self.number(span.min_ms, span.max_ms, label)

    def number(self, least: int, most: int, label: str) -> int:
        """A number from `least` to `most`; nothing is drawn where there is no choice."""
        return least if least == most else self._choices.integer(least, most, label)

    def force(self, fault: str, subject: str) -> None:
        """Have `fault` happen to `subject` at its next occasion, whatever the budget.

        Raises:
            ValueError: There is no such fault.

        """
        if fault not in INJECTED:
            raise ValueError(f"expected one of {', '.join(INJECTED)}; found {fault!r}")
        self._forced.append((fault, subject))

    def has(self, fault: str, subject: str) -> bool:
        """Whether `fault` happens to `subject` now, which is an occasion for it."""
        if (fault, subject) in self._forced:
            self._forced.remove((fault, subject))
            return True
        if not self._left[fault] or not self._choices.happens(f"{fault} of {subject}"):
            return False
        self._left[fault] -= 1
        return True

    def spare(self, fault: str) -> None:
        """Give back a fault that had no effect after all."""
        self._left[fault] += 1
