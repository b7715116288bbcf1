"""Everything that judges: the search, liveness, shortest counterexamples, Hypothesis, coverage,
graphs.

It owns the names that users' own tests import; each is loaded when it is first asked for, so that
the package is light to import.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .machines.hunting import find_violation
    from .machines.machine import fleet_machine
    from .machines.testing import fleet_test

__all__ = ["find_violation", "fleet_machine", "fleet_test"]

_HOMES = {
    "find_violation": "machines.hunting",
    "fleet_machine": "machines.machine",
    "fleet_test": "machines.testing",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Load what is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
