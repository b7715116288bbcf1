"""A hypervisor in memory: real bytes, real order of events, virtual time, and every fault.

It owns the names that others may use. One seed, one history. It must not know what it is used for.
"""

from freezeframe.adapters.simulated.adapter import SimulatedAdapter
from freezeframe.adapters.simulated.building import SCHEME, Simulation, open_uri, simulate
from freezeframe.adapters.simulated.choices import Choices, DrawnChoices, Fate, SeededChoices
from freezeframe.adapters.simulated.host import Environment, SimulatedHost, VmSpec
from freezeframe.adapters.simulated.virtual_time import VirtualTime

__all__ = [
    "SCHEME",
    "Choices",
    "DrawnChoices",
    "Environment",
    "Fate",
    "SeededChoices",
    "SimulatedAdapter",
    "SimulatedHost",
    "Simulation",
    "VirtualTime",
    "VmSpec",
    "open_uri",
    "simulate",
]
