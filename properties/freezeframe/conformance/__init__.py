"""A conformance suite for hypervisor adapters: what an adapter claims, shown on real VMs.

It owns the names that authors of adapters import; each is loaded when it is first asked for, so
that pytest, which loads the plugin of this package in every run, stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .means import (
        ConnectsAgain,
        CountsConnections,
        CrashesVms,
        CreatesVms,
        FailsCalls,
        HoldsVms,
        LosesConnection,
        MakesHosts,
        OpensApart,
        Rewinds,
        SilencesAgents,
        StopsVms,
        TurnsBits,
        Witness,
        WitnessReport,
    )
    from .suite import AdapterSuite

__all__ = [
    "AdapterSuite",
    "ConnectsAgain",
    "CountsConnections",
    "CrashesVms",
    "CreatesVms",
    "FailsCalls",
    "HoldsVms",
    "LosesConnection",
    "MakesHosts",
    "OpensApart",
    "Rewinds",
    "SilencesAgents",
    "StopsVms",
    "TurnsBits",
    "Witness",
    "WitnessReport",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Load what is asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = ".suite" if name == "AdapterSuite" else ".means"
    return getattr(import_module(home, __name__), name)
