"""How tests handle an adapter of a lab's host, and the processes beneath it.

Owns what several tests do in the same way. It must not know what they look for.
"""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from freezeframe.adapters import open_adapter
from freezeframe.adapters.libvirt import LibvirtAdapter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freezeframe.lifecycles import VmStatus
    from freezeframe.observation import Reason

    from .host import Guest
    from .laboratory import Lab

LONG_MS = 30_000


@contextmanager
def opened(lab: Lab) -> Iterator[LibvirtAdapter]:
    adapter = open_adapter(lab.hosts[0].uri)
    assert isinstance(adapter, LibvirtAdapter)
    try:
        yield adapter
    finally:
        adapter.close()


@contextmanager
def stopped(pid: int | None) -> Iterator[None]:
    """Have a process stand still."""
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def pause(adapter: LibvirtAdapter, guest: Guest) -> None:
    adapter.pause(guest.name, deadline_ms=LONG_MS).result()


def resume(adapter: LibvirtAdapter, guest: Guest) -> None:
    """Resume a guest and set its clock right."""
    adapter.resume(guest.name, deadline_ms=LONG_MS).result()
    adapter.set_clock(guest.name, deadline_ms=LONG_MS).result()
    reading = adapter.read_clock(guest.name, deadline_ms=LONG_MS).result()
    assert abs(reading.offset_ms) + reading.uncertainty_ms <= 1_000


def shown(adapter: LibvirtAdapter, vm: str) -> tuple[VmStatus, Reason, bool]:
    state = adapter.state(vm, deadline_ms=LONG_MS)
    return state.status, state.reason, state.is_held
