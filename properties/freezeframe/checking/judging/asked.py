"""A question that a judge asks again and again, and what its answers were so far.

It must not know records.
"""

from __future__ import annotations

from dataclasses import dataclass

from freezeframe.checking.asking.questions import Question
from freezeframe.properties import Property


@dataclass
class Asked:
    """A question, and what its answers were so far."""

    question: Question
    is_true: bool = True
    since: int = 0
    """How many records had been folded when it became so."""
    was_true: bool = False
    is_timed: bool = False
    """Whether its last answer read a duration that grows, so that time alone may change it."""
    is_hidden: bool = False
    """Whether it once asked for what nobody could record."""
    worst_seconds: float = 0.0
    """The longest duration that it read."""

    @property
    def property(self) -> Property:
        """What is asked."""
        return self.question.form.property
