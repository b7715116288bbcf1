"""How the tests of the simulated host drive it and read it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from freezeframe.adapters import (
    Change,
    Refusal,
    Refused,
    Sight,
    Subscription,
)
from freezeframe.adapters.simulated import SimulatedAdapter
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Reason

LONG_MS = 60_000


def pause(adapter: SimulatedAdapter, vm: str = "vm-0") -> None:
    adapter.pause(vm, deadline_ms=LONG_MS).result()


def resume(adapter: SimulatedAdapter, vm: str = "vm-0") -> None:
    adapter.resume(vm, deadline_ms=LONG_MS).result()


def offset_ms(adapter: SimulatedAdapter, vm: str = "vm-0") -> int:
    return adapter.read_clock(vm, deadline_ms=LONG_MS).result().offset_ms


def status(adapter: SimulatedAdapter, vm: str = "vm-0") -> tuple[VmStatus, Reason]:
    state = adapter.state(vm, deadline_ms=LONG_MS)
    return state.status, state.reason


def drained(subscription: Subscription, within_ms: int = 5_000) -> list[Change | Sight]:
    taken = []
    while (change := subscription.take(deadline_ms=within_ms)) is not None:
        taken.append(change)
    return taken


def refusal(call: Callable[[], object]) -> Refusal:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.reason
