"""The adapter of a libvirt host.

Owns which capabilities there are, and brings the parts together that do the work. It must not know
how connections are kept, requests put, or memory read.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from typing import Final, TypeVar

from freezeframe.adapters.errors import TimedOut, Unreachable
from freezeframe.adapters.libvirt import guest_clock
from freezeframe.adapters.libvirt.binding import Binding, Domain, Handle
from freezeframe.adapters.libvirt.calls import run
from freezeframe.adapters.libvirt.changes import Changes
from freezeframe.adapters.libvirt.failures import one_line
from freezeframe.adapters.libvirt.holds import Holds
from freezeframe.adapters.libvirt.link import Link
from freezeframe.adapters.libvirt.marks import Marks
from freezeframe.adapters.libvirt.memory import Memory
from freezeframe.adapters.libvirt.requests import Asked, Requests
from freezeframe.adapters.libvirt.stopping import Stopping
from freezeframe.adapters.machine_clock import MachineClock
from freezeframe.adapters.protocol import Call
from freezeframe.adapters.values import (
    Capability,
    ClockReading,
    Fingerprint,
    Sampling,
    Support,
    VmState,
)
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation

T = TypeVar("T")

LOOK_MS: Final = 10_000
OPEN_MS: Final = 60_000
"""How long opening a host may take; the first start of a daemon probes every emulator."""

AGENTS_MAX: Final = 3
"""Guest agents that are asked at a time. A daemon serves 5 requests of a connection at once (its
`max_client_requests`), so agents that do not answer leave room for other long calls."""

_TEST_DRIVER: Final = "TEST"
_NEED_GUESTS: Final = (Capability.READ_CLOCK, Capability.SET_CLOCK, Capability.FINGERPRINT)


class LibvirtAdapter:
    """One libvirt host; `marked` names the VMs that may be touched, None trusts their metadata."""

    def __init__(self, libvirt: Binding, link: Link, marked: Collection[str] | None) -> None:
        """Use an open link."""
        self._link = link
        self._marks = Marks(libvirt, marked)
        self._holds = Holds(libvirt, link, self._marks)
        self._requests = Requests(libvirt, link, self._marks, self._holds)
        self._stopping = Stopping(self._requests, self._holds)
        self._memory = Memory()
        self._agents = threading.Semaphore(AGENTS_MAX)
        self._aside = self._requests.aside.domain

    @property
    def host(self) -> str:
        """See `Adapter`."""
        return self._link.host

    @property
    def uri(self) -> str:
        """See `Adapter`."""
        return self._link.uri

    @property
    def clock(self) -> MachineClock:
        """See `Adapter`."""
        return self._requests.clock

    @property
    def link(self) -> Link:
        """The connection beneath, which tests may break."""
        return self._link

    def capabilities(self, vm: str | None = None) -> Mapping[Capability, Support]:
        """See `Adapter`; for a VM, also whether its guest agent is there."""
        offered = dict.fromkeys(Capability, Support(is_offered=True))
        why = "libvirt does not replace the software that it runs on"
        offered[Capability.UPDATE_HOST] = Support(is_offered=False, why=why)
        if self._link.driver == _TEST_DRIVER:
            why = "libvirt's test driver has no guests"
            offered |= dict.fromkeys(_NEED_GUESTS, Support(is_offered=False, why=why))
        elif vm is not None:
            self._look_at(vm, offered)
        return offered

    def close(self) -> None:
        """See `Adapter`."""
        self._holds.close()
        self._requests.close()
        self._link.close()

    def tidy(self) -> None:
        """Claim what an earlier process stopped, and take stale marks of it off running VMs."""
        self._requests.now(Asked("look for marks", None, LOOK_MS), self._holds.adopt)

    def vms(self, *, deadline_ms: int) -> tuple[VmState, ...]:
        """See `Observes`."""
        libvirt = self._requests.libvirt

        def listed(handle: Handle) -> tuple[VmState, ...]:
            states = []
            for domain in handle.listAllDomains():
                try:
                    states.append(self._requests.state(domain))
                except libvirt.libvirtError as error:  # gone since it was listed
                    if error.get_error_code() != libvirt.VIR_ERR_NO_DOMAIN:
                        raise
            return tuple(sorted(states, key=lambda state: state.name))

        return self._requests.now(Asked("list VMs", None, deadline_ms), listed)

    def state(self, vm: str, *, deadline_ms: int) -> VmState:
        """See `Observes`."""
        requests = self._requests
        asked = Asked("observe", vm, deadline_ms)
        return requests.now(asked, lambda handle: requests.state(handle.lookupByName(vm)))

    def subscribe(self, *, deadline_ms: int) -> Changes:
        """See `TellsChanges`."""
        changes = Changes(
            self._link, lambda within_ms: self.vms(deadline_ms=within_ms), self._holds.is_claimed
        )
        changes.begin(deadline_ms)
        return changes

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Pauses`."""
        return self._stopping.pause(
            vm, deadline_ms, lambda domain: self._memory.forget(domain.UUIDString())
        )

    def resume(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Pauses`."""
        return self._stopping.resume(vm, deadline_ms)

    def shut_down(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Stops`."""
        return self._stopping.shut_down(vm, deadline_ms)

    def boot(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Stops`."""
        return self._stopping.boot(vm, deadline_ms)

    def save(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Saves`."""
        return self._stopping.save(vm, deadline_ms)

    def restore(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Saves`."""
        return self._stopping.restore(vm, deadline_ms)

    def read_clock(self, vm: str, *, deadline_ms: int) -> Call[ClockReading]:
        """See `ReadsClock`; asks the guest agent."""
        asked = Asked(Operation.READ_CLOCK, vm, deadline_ms)
        return self._ask_agent(asked, guest_clock.reading, Capability.READ_CLOCK)

    def set_clock(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `SetsClock`; gives the guest agent this machine's time."""
        asked = Asked(Operation.SET_CLOCK, vm, deadline_ms)

        def act(domain: Domain) -> None:
            found = guest_clock.set_right(domain)
            if not guest_clock.is_right(found):
                text = f"expected the host's time, found the clock {found.offset_ms} ms ahead"
                raise self._requests.failed(asked, text)

        return self._ask_agent(asked, act, Capability.SET_CLOCK)

    def fingerprint(
        self, vm: str, *, deadline_ms: int, sampling: Sampling | None = None
    ) -> Call[Fingerprint]:
        """See `FingerprintsMemory`; whole up to 2 GiB, see `memory` for what is left out above."""
        asked = Asked(Operation.FINGERPRINT, vm, deadline_ms)
        check = self._requests.until(asked)

        def act(domain: Domain) -> Fingerprint:
            self._lack_without_guests(asked, Capability.FINGERPRINT)
            try:
                return self._memory.fingerprint(self._aside(domain), sampling, check)
            except OSError as error:
                text = f"expected its memory to be readable, found: {error}"
                raise self._requests.failed(asked, text) from error

        return self._requests.touch(asked, VmStatus.PAUSED, act)

    def _look_at(self, vm: str, offered: dict[Capability, Support]) -> None:
        """Say what cannot be had of one VM."""
        requests = self._requests
        asked = Asked("capabilities", vm, LOOK_MS)
        offered |= requests.now(asked, lambda handle: _of_guest(handle.lookupByName(vm)))

    def _ask_agent(self, asked: Asked, act: Callable[[Domain], T], needed: Capability) -> Call[T]:
        """Ask the agent of a running guest, in turn: one that is paused meanwhile never answers."""

        def tried(domain: Domain) -> T:
            self._lack_without_guests(asked, needed)
            if not self._agents.acquire(timeout=asked.deadline_ms / 1000):
                raise self._requests.late(asked)
            try:
                return act(self._aside(domain))
            finally:
                self._agents.release()

        return self._requests.change(asked, VmStatus.RUNNING, tried)

    def _lack_without_guests(self, asked: Asked, needed: Capability) -> None:
        if self._link.driver == _TEST_DRIVER:
            why = self.capabilities()[needed].why
            text = f"expected the capability {needed}, found none: {why}"
            raise self._requests.lacking(asked, text)


def opened(libvirt: Binding, uri: str, marked: Collection[str] | None) -> LibvirtAdapter:
    """Open the host at `uri`; raises `Unreachable`, or `TimedOut` after `OPEN_MS`."""

    def work() -> Link:
        try:
            return Link(libvirt, uri)
        except libvirt.libvirtError as error:
            text = f"expected a libvirt host that answers, found: {one_line(error)}"
            raise Unreachable(text, host=uri, operation="open") from error

    def late() -> TimedOut:
        text = f"expected an answer within {OPEN_MS} ms, found none"
        return TimedOut(text, host=uri, operation="open")

    adapter = LibvirtAdapter(libvirt, run(work, deadline_ms=OPEN_MS, late=late), marked)
    adapter.tidy()
    return adapter


def _of_guest(domain: Domain) -> Mapping[Capability, Support]:
    """What depends on the VM: its guest agent, and whether it outlasts being off."""
    agent = guest_clock.agent(domain)
    found = {Capability.READ_CLOCK: agent, Capability.SET_CLOCK: agent}
    if not domain.isPersistent():
        gone = Support(is_offered=False, why="a transient domain is gone once it is off")
        found |= {Capability.SAVE: gone, Capability.STOP: gone}
    return found
