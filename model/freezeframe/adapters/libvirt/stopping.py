"""Stops libvirt VMs and lets them go on: by a pause, by a shutdown, by saving them.

Owns what is asked of libvirt in which order, and what has to be ours for it. It must not know how
requests are put, nor how it is known what is ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from freezeframe.adapters.errors import Refusal
from freezeframe.adapters.libvirt.binding import Domain
from freezeframe.adapters.libvirt.holds import Holds
from freezeframe.adapters.libvirt.requests import Asked, Requests
from freezeframe.adapters.libvirt.states import of_state
from freezeframe.adapters.protocol import Call
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation, Reason

POLL_MS: Final = 50
"""How often a guest that is shutting down is looked at."""


class Stopping:
    """What one host's VMs can be stopped by."""

    def __init__(self, requests: Requests, holds: Holds) -> None:
        """Put requests by `requests`, and claim what is stopped in `holds`."""
        self._requests, self._holds = requests, holds

    def pause(self, vm: str, deadline_ms: int, before: Callable[[Domain], None]) -> Call[None]:
        """See `Pauses`; `before` is told of the domain first."""

        def act(domain: Domain) -> None:
            before(domain)
            with self._holds.taken(domain, VmStatus.PAUSED):
                domain.suspend()

        asked = Asked(Operation.PAUSE, vm, deadline_ms)
        return self._requests.change(asked, VmStatus.RUNNING, act)

    def resume(self, vm: str, deadline_ms: int) -> Call[None]:
        """See `Pauses`."""
        asked = Asked(Operation.RESUME, vm, deadline_ms)

        def act(domain: Domain) -> None:
            with self._holds.released(domain, VmStatus.PAUSED):
                domain.resume()

        return self._requests.change(asked, VmStatus.PAUSED, act, of_ours="a pause")

    def shut_down(self, vm: str, deadline_ms: int) -> Call[None]:
        """See `Stops`; libvirt asks the guest agent, and presses the power button without one."""
        asked = Asked(Operation.SHUT_DOWN, vm, deadline_ms)
        check = self._requests.until(asked)

        def act(domain: Domain) -> None:
            self._lack_unless_persistent(asked, domain)
            with self._holds.taken(domain, VmStatus.STOPPED):
                self._requests.aside.domain(domain).shutdown()
            while (found := of_state(*domain.state()[:2]))[0] in _ON:
                check()
                self._requests.clock.wait_ms(POLL_MS)
            if found != (VmStatus.STOPPED, Reason.SHUT_DOWN):
                text = f"expected the guest to shut itself down, found it {found[0]} ({found[1]})"
                raise self._requests.failed(asked, text)

        return self._requests.touch(asked, VmStatus.RUNNING, act)

    def boot(self, vm: str, deadline_ms: int) -> Call[None]:
        """See `Stops`."""
        asked = Asked(Operation.BOOT, vm, deadline_ms)

        def act(domain: Domain) -> None:
            with self._holds.released(domain, VmStatus.STOPPED):
                self._requests.aside.domain(domain).create()

        return self._requests.change(asked, VmStatus.STOPPED, act, of_ours="a shutdown")

    def save(self, vm: str, deadline_ms: int) -> Call[None]:
        """See `Saves`; a transient domain cannot be saved."""
        asked = Asked(Operation.SAVE, vm, deadline_ms)

        def act(domain: Domain) -> None:
            self._lack_unless_persistent(asked, domain)
            self._requests.aside.domain(domain).managedSave(0)

        return self._requests.change(asked, VmStatus.RUNNING, act)

    def restore(self, vm: str, deadline_ms: int) -> Call[None]:
        """See `Saves`."""
        asked = Asked(Operation.RESTORE, vm, deadline_ms)

        def act(domain: Domain) -> None:
            if not domain.hasManagedSaveImage(0):
                found = self._requests.state(domain)
                text = f"expected it to be saved, found it {found}"
                raise self._requests.refused(asked, text, Refusal.ILLEGAL_STATE, found)
            self._requests.aside.domain(domain).create()

        return self._requests.change(asked, VmStatus.STOPPED, act)

    def _lack_unless_persistent(self, asked: Asked, domain: Domain) -> None:
        if not domain.isPersistent():
            text = "expected a persistent domain, found a transient one, which is gone once it ends"
            raise self._requests.lacking(asked, text)


_ON: Final = frozenset({VmStatus.RUNNING, VmStatus.PAUSED})
