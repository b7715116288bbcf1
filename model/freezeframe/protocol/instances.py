"""What a rule becomes in a fleet: instances, one for each tuple of related components; their parts,
and what a part does.

Owns these values only; it must not know how a rule is grounded, nor how a part is evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from .components import Component, Value
from .language import Pull, Rule


class ModelError(Exception):
    """A rule that breaks the rules for rules; the text says which, and what it did."""


@dataclass(frozen=True)
class PartForm:
    """What decides the outcome of a part besides the values of its components. Parts of one form
    share outcomes.
    """

    rule: str
    function: Callable[..., None]
    kinds: tuple[type[Component], ...]
    arguments: tuple[tuple[bool, Hashable], ...]
    seats: tuple[tuple[int, int], ...]
    blocks_elsewhere: bool
    """Whether a VM that sits elsewhere disables the part, rather than leaving it nothing to do."""
    writable: frozenset[int]
    is_cut_short: bool = False
    """Whether what it does is only journalled."""


@dataclass(frozen=True)
class Part:
    """A function of a rule, applied to certain components."""

    form: PartForm
    slots: tuple[int, ...]


@dataclass(frozen=True)
class Outcome:
    """What a part does with certain values of its components.

    `touched` lists the positions of the components that were read, in order; the outcome depends on
    nothing else. `changes` holds (position, new value). Only an enabled part can be due, which
    means that time must wait for it.
    """

    is_enabled: bool
    is_due: bool
    changes: tuple[tuple[int, Value], ...]
    touched: tuple[int, ...]
    guards: tuple[tuple[str, bool], ...]
    pulls: tuple[Pull, ...]
    """The rows of lifecycles that the part took; none if it is not enabled."""
    alters_in: int | None
    """After how much time at least it can be another outcome; None if time alters nothing."""


@dataclass(frozen=True)
class Instance:
    """A rule about certain components: enabled when all its parts are, and then all take effect at
    once.
    """

    rule: Rule
    parts: tuple[Part, ...]
    subjects: tuple[str, ...]

    def __str__(self) -> str:
        """The rule and its subjects, as traces print them."""
        return f"{self.rule.name} {' '.join(self.subjects)}".strip()

    @property
    def may_clash(self) -> bool:
        """Whether two parts may write one slot; none may while the other does."""
        written = [part.slots[position] for part in self.parts for position in part.form.writable]
        return len(set(written)) < len(written)

    def refuse_clash(self, written: Sequence[int]) -> None:
        """Raise `ModelError` if two parts change one of the slots `written`, of which one change
        would be lost.
        """
        if len(set(written)) < len(written):
            raise ModelError(
                f"rule {self.rule.name}: expected each component to be changed by one function, "
                f"found two that change the same at once in {self}; let the head change it"
            )
