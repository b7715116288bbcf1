"""The form of a property: a name, a promise, and a predicate over what observers see.

Knows nothing of models, explorers or traces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """When a property must hold."""

    ALWAYS = "always"
    """In every state, or at every step."""
    SOMETIMES = "sometimes"
    """In some state: shows that the check is not vacuous."""
    EVENTUALLY = "eventually"
    """At last, in every fair run, from every state."""


class Scope(StrEnum):
    """What a predicate looks at."""

    STATE = "state"
    """Views of one moment."""
    STEP = "step"
    """Views of the moment before a step and one, named `after`, of the moment after it, which is of
    what the last view is of. A step that changes nothing of that but how long something lasts is
    not asked about; so time alone breaks no such promise."""
    STANDSTILL = "standstill"
    """Each host and VM in moments after which time stands still for ever: it cannot pass, however
    much is done, or it changes nothing any more. The promise is broken where they are never all
    answered with True at once."""


Predicate = Callable[..., bool]


@dataclass(frozen=True)
class Property:
    """A promise.

    `predicate` takes views (see `freezeframe.observation`) and constants of the fleet; it is asked
    for every related tuple of them and is True where the promise is kept. `where` takes the fleet
    file's VMs for the VMs among the views, and leaves out the tuples for which it is False.
    """

    name: str
    kind: Kind
    promise: str
    predicate: Predicate
    scope: Scope = Scope.STATE
    where: Callable[..., bool] | None = None

    def __post_init__(self) -> None:
        """Refuse what no check could decide."""
        if self.scope is not Scope.STATE and self.kind is not Kind.ALWAYS:
            raise TypeError(
                f"property {self.name}: expected kind always for scope {self.scope}, found "
                f"{self.kind}"
            )


def always(promise: str, **options: Any) -> Callable[[Predicate], Property]:  # noqa: ANN401
    """Declare the decorated predicate as a promise for every state, or step."""
    return lambda predicate: Property(
        predicate.__name__, Kind.ALWAYS, promise, predicate, **options
    )


def sometimes(promise: str, **options: Any) -> Callable[[Predicate], Property]:  # noqa: ANN401
    """Declare the decorated predicate as one that some state must satisfy."""
    return lambda predicate: Property(
        predicate.__name__, Kind.SOMETIMES, promise, predicate, **options
    )


def eventually(promise: str, **options: Any) -> Callable[[Predicate], Property]:  # noqa: ANN401
    """Declare the decorated predicate as one that every fair run satisfies at last."""
    return lambda predicate: Property(
        predicate.__name__, Kind.EVENTUALLY, promise, predicate, **options
    )
