"""The `transitions` machine that a live object holds; a projection of its table, never a second
source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from .table import Lifecycle

if TYPE_CHECKING:
    from enum import StrEnum

    from transitions import Machine

S = TypeVar("S", bound="StrEnum")


def machine(lifecycle: Lifecycle[S], model: object | None = None, **options: Any) -> Machine:  # noqa: ANN401
    """Build a `transitions.Machine` with just the rows of `lifecycle`.

    `model` is the live object that gains `state` and one method a trigger; None makes the machine
    its own model. `options` go to `transitions.Machine` unchanged. A trigger that no row allows
    raises `transitions.MachineError` and changes nothing.
    """
    from transitions import Machine  # noqa: PLC0415 (only live objects pay for the import)

    return Machine(
        model=Machine.self_literal if model is None else model,
        states=lifecycle.states,
        initial=lifecycle.initial,
        transitions=[
            {"trigger": row.trigger, "source": list(row.sources), "dest": row.destination}
            for row in lifecycle.rows
        ],
        auto_transitions=False,
        **options,
    )
