"""Diagrams: lifecycles, composition and layers, drawn from the tables, the rules and the code.

It owns the names that others may use. It must not know where the files go.
"""

from __future__ import annotations

from freezeframe.protocol.policies import load_policy

from .composition import draw_composition
from .drawing import Drawing
from .files import Drift, NoDotError, drift_in, write_drawings
from .layers import draw_layers
from .lifecycles import draw_lifecycles

__all__ = ["Drawing", "Drift", "NoDotError", "drawings", "drift_in", "write_drawings"]


def drawings(policy_name: str) -> tuple[Drawing, ...]:
    """Every drawing of freezeframe, with the rules of the policy called `policy_name`."""
    policy = load_policy(policy_name)
    return (*draw_lifecycles(policy.rules()), draw_composition(policy), draw_layers())
