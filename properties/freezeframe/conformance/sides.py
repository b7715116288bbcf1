"""A VM on both sides of the comparison: as the model has it, and the calls to the adapter.

Owns what is remembered of it during a run. It must not know what is drawn, nor how it is compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from freezeframe.adapters import Call
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation

from .twin import Asked, Twin


@dataclass
class Open:
    """A call that is under way, or has ended while others were."""

    operation: Operation
    call: Call[Any]
    began: int
    asked: Asked | None = None


@dataclass
class Side:
    """A VM as the model has it, and the calls to it."""

    twins: frozenset[Twin] = frozenset({Twin()})
    open: list[Open] = field(default_factory=list)
    changes: list[VmStatus] = field(default_factory=list)
    paused_ms: int | None = None
    """When the first pause of the present spell was asked for."""
    was_held: bool = False
    """Whether its customer held it since it was last brought back; its clock then is behind."""

    @property
    def twin(self) -> Twin:
        """What it is; only where no call is under way."""
        (twin,) = self.twins
        return twin
