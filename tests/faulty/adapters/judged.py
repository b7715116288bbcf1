"""The conformance suite for every wrong adapter, and for the right one beside them.

Run by `test_suite_catches` in a process of its own, because here tests are meant to fail.
"""

from __future__ import annotations

from collections.abc import Collection

from freezeframe.adapters import Adapter
from freezeframe.adapters.simulated import SimulatedAdapter, open_uri
from freezeframe.conformance import AdapterSuite
from tests.faulty.adapters.catalogue import WRONG_ADAPTERS, suite_name

URI = "simulated:host?vms=4&unmarked=1"


def suite_for(adapter: type[SimulatedAdapter]) -> type[AdapterSuite]:
    """The suite on a host of its own, reached through `adapter`."""
    host = open_uri(URI).simulated

    def opened(_: AdapterSuite, marked: Collection[str] | None = None) -> Adapter:
        return adapter(host, URI, marked=marked)

    body = {"open": opened, "hang_seconds": 2.0, "__module__": __name__}
    return type(suite_name(adapter), (AdapterSuite,), body)


ADAPTERS: tuple[type[SimulatedAdapter], ...] = (
    SimulatedAdapter,
    *(wrong.adapter for wrong in WRONG_ADAPTERS),
)
globals().update((suite_name(each), suite_for(each)) for each in ADAPTERS)
