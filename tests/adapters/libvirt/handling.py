"""How tests handle a libvirt adapter, and libvirt behind its back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from freezeframe.adapters import (
    Change,
    Refusal,
    Refused,
    Sight,
    Subscription,
)
from freezeframe.adapters.libvirt import LibvirtAdapter
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Reason

Opener = Callable[..., LibvirtAdapter]
LONG_MS = 20_000
INACTIVE = 2  # VIR_DOMAIN_XML_INACTIVE
USER = (VmStatus.PAUSED, Reason.USER)


def pause(adapter: LibvirtAdapter, vm: str = "a") -> None:
    adapter.pause(vm, deadline_ms=LONG_MS).result()


def resume(adapter: LibvirtAdapter, vm: str = "a") -> None:
    adapter.resume(vm, deadline_ms=LONG_MS).result()


def status(adapter: LibvirtAdapter, vm: str = "a") -> tuple[VmStatus, Reason]:
    state = adapter.state(vm, deadline_ms=LONG_MS)
    return state.status, state.reason


def domain(adapter: LibvirtAdapter, vm: str = "a") -> Any:
    """The back door: libvirt itself, as a customer uses it."""
    return adapter.link.handle("test", vm).lookupByName(vm)


def refusal(call: Callable[[], object]) -> Refusal:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.reason


def restarted(adapter: LibvirtAdapter) -> LibvirtAdapter:
    """A second adapter on one link; it has nothing of the first but what libvirt keeps."""
    import libvirt  # noqa: PLC0415 (skipped where there is none)

    again = LibvirtAdapter(libvirt, adapter.link, None)
    again.tidy()
    return again


def eventually(is_so: Callable[[], bool]) -> None:
    """Wait for what happens behind the back of a caller."""
    ends_at = time.monotonic() + LONG_MS / 1000
    while not is_so():
        assert time.monotonic() < ends_at, "it never came about"
        threading.Event().wait(0.005)


def take(subscription: Subscription, count: int) -> list[Change | Sight]:
    taken = [subscription.take(deadline_ms=LONG_MS) for _ in range(count)]
    return [each for each in taken if each is not None]


def is_quiet(adapter: LibvirtAdapter, subscription: Subscription) -> bool:
    """Whether nothing more was told; a change made now shows that all before it was told."""
    domain(adapter, "c").suspend()
    fence = subscription.take(deadline_ms=LONG_MS)
    domain(adapter, "c").resume()
    return isinstance(fence, Change) and fence.vm == "c"


class Silence:
    """Has a host tell nothing more from the next event of the VM c on, until it is over.

    Fills `Listener`; libvirt's event loop waits in it.
    """

    def __init__(self) -> None:
        """Begin with the next event."""
        self.began, self.is_over = threading.Event(), threading.Event()

    def on_event(self, vm: str, event: int, detail: int) -> None:
        """See `Listener`."""
        del event, detail
        if vm == "c":
            self.began.set()
            self.is_over.wait(LONG_MS / 1000)

    def on_metadata(self, vm: str, namespace: str) -> None:
        """See `Listener`."""

    def on_lost(self, why: str) -> None:
        """See `Listener`."""

    def on_back(self) -> None:
        """See `Listener`."""
