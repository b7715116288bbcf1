"""What a planted fault is; which there are is in the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from freezeframe.fleet import Fleet
from freezeframe.protocol.policies import OneUpdateDomain, Policy


@dataclass(frozen=True)
class PlantedFault:
    """A fault, where it matters, and the promise that it must break."""

    name: str
    breaks: str
    fleet: Fleet
    policy: Callable[[], Policy] = OneUpdateDomain
    without: tuple[str, ...] = field(default=())
