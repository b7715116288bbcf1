"""The VMs of a host that were asked for before, with whether they are marked for freezeframe.

Owns what is remembered of them, and forgets it as soon as the host tells of anything that could
make it wrong; so what is known is as new as what the host has told. It spares two questions to the
host each time that a VM is paused or resumed. It must not know what is done to VMs.
"""

from __future__ import annotations

import threading
from typing import Final, NamedTuple

from freezeframe.adapters.libvirt.binding import Domain, Handle
from freezeframe.adapters.libvirt.link import Link
from freezeframe.adapters.libvirt.marks import Marks
from freezeframe.fleet.libvirt_import import NAMESPACE

_SUSPENDED, _RESUMED = 3, 4
_LEAVE_IT: Final = frozenset({_SUSPENDED, _RESUMED})
"""Lifecycle events that change neither which domain has a name nor what its definition says."""


class Known(NamedTuple):
    """A domain of the handle that it was found with."""

    handle: Handle
    domain: Domain
    is_marked: bool


class Acquaintance:
    """What is known of the VMs of one link; fills `Listener`."""

    def __init__(self, link: Link, marks: Marks) -> None:
        """Know none."""
        self._marks = marks
        self._lock = threading.Lock()
        self._known: dict[str, Known] = {}
        self._heard = 0
        link.listen(self)

    def known(self, handle: Handle, vm: str) -> Known:
        """The domain of that name; asks for it unless it is known.

        Raises `libvirtError` where there is none.
        """
        found = self._known.get(vm)
        if found is not None and found.handle is handle:
            return found
        heard = self._heard
        domain = handle.lookupByName(vm)
        found = Known(handle, domain, self._marks.is_marked(domain))
        with self._lock:
            if self._heard == heard:  # else what was just asked for may be wrong already
                self._known[vm] = found
        return found

    def forget(self, vm: str) -> None:
        """Ask for it anew the next time."""
        with self._lock:
            self._heard += 1
            self._known.pop(vm, None)

    def on_event(self, vm: str, event: int, detail: int) -> None:
        """See `Listener`."""
        del detail
        if event not in _LEAVE_IT:
            self.forget(vm)

    def on_metadata(self, vm: str, namespace: str) -> None:
        """See `Listener`."""
        if namespace == NAMESPACE:
            self.forget(vm)

    def on_lost(self, why: str) -> None:
        """See `Listener`."""
        del why
        with self._lock:
            self._heard += 1
            self._known.clear()

    def on_back(self) -> None:
        """See `Listener`."""
