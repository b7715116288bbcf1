"""What a simulated host is asked for in its URI, and how its errors name it."""

from __future__ import annotations

import pytest

from freezeframe.adapters import (
    AdapterError,
    AdapterUriError,
)
from freezeframe.adapters.simulated import SimulatedAdapter, open_uri

from .driving import pause


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("vms=x", 'vms: expected a number from 0 to 10000, found "x"'),
        ("pages=0", "pages: expected a number from 1"),
        ("vm=2", "expected one of the parameters vms, unmarked, pages, seed, update_hang"),
        ("vms=1&vms=2", "vms: expected it once"),
        ("controller_crash=1", "expected one of the parameters"),
        ("vms", "expected parameters KEY=NUMBER"),
    ],
)
def test_a_parameter_that_is_not_understood_is_told(query: str, message: str) -> None:
    with pytest.raises(AdapterUriError, match=message):
        open_uri(f"simulated:?{query}")


def test_marks_may_be_named_instead_of_counted() -> None:
    adapter = open_uri("simulated:?vms=2", marked=["vm-1"])
    assert [state.is_marked for state in adapter.vms(deadline_ms=0)] == [False, True]


def test_errors_name_vm_host_and_operation(adapter: SimulatedAdapter) -> None:
    with pytest.raises(AdapterError, match="vm-2 on host-a: pause: not marked for freezeframe"):
        pause(adapter, "vm-2")
