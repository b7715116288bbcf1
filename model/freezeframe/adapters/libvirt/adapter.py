"""The adapter of a libvirt host.

Owns what is legal, in which order libvirt is asked, and what is offered. It must not know how
connections are kept, nor how memory is read. Nothing but reading states happens to a VM that is not
marked for freezeframe.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Mapping
from typing import Final, NamedTuple, TypeVar
from xml.etree import ElementTree as ET

from freezeframe.adapters.errors import (
    AdapterError,
    CapabilityError,
    Failed,
    Refusal,
    Refused,
    TimedOut,
    Unreachable,
)
from freezeframe.adapters.libvirt.binding import Binding, Domain, Handle
from freezeframe.adapters.libvirt.calls import ThreadedCall, run
from freezeframe.adapters.libvirt.changes import Changes
from freezeframe.adapters.libvirt.failures import lost, translated
from freezeframe.adapters.libvirt.link import Link
from freezeframe.adapters.libvirt.marks import Marks
from freezeframe.adapters.libvirt.memory import Memory
from freezeframe.adapters.libvirt.states import of_state
from freezeframe.adapters.machine_clock import MachineClock
from freezeframe.adapters.protocol import (
    Call,
    Capability,
    ClockReading,
    Fingerprint,
    Sampling,
    Support,
    VmIdentity,
    VmState,
)
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation, Reason

T = TypeVar("T")

AGENT_CHANNEL: Final = "org.qemu.guest_agent.0"
CLOCK_TOLERANCE_MS: Final = 1_000
"""A clock that is further off just after it was set was not set."""

LOOK_MS: Final = 10_000
_TEST_DRIVER: Final = "TEST"


class _Asked(NamedTuple):
    """What is asked, of which VM, and how long there is for it."""

    operation: str
    vm: str | None
    deadline_ms: int


class LibvirtAdapter:
    """One libvirt host; `marked` names the VMs that may be touched, None trusts their metadata."""

    def __init__(self, libvirt: Binding, link: Link, marked: Collection[str] | None) -> None:
        """Use an open link."""
        self._libvirt, self._link = libvirt, link
        self._marks = Marks(libvirt, marked)
        self._memory = Memory()
        self._held: frozenset[str] = frozenset()
        self._clock = MachineClock()

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
        return self._clock

    @property
    def link(self) -> Link:
        """The connection beneath, which tests may break."""
        return self._link

    def capabilities(self, vm: str | None = None) -> Mapping[Capability, Support]:
        """See `Adapter`; for a VM, also whether its guest agent is there."""
        yes = Support(is_offered=True)
        offered = dict.fromkeys(Capability, yes)
        offered[Capability.UPDATE_HOST] = Support(
            is_offered=False, why="libvirt does not replace the software that it runs on"
        )
        if self._link.driver == _TEST_DRIVER:
            absent = Support(is_offered=False, why="libvirt's test driver has no guests")
            for each in (Capability.READ_CLOCK, Capability.SET_CLOCK, Capability.FINGERPRINT):
                offered[each] = absent
        elif vm is not None:
            asked = _Asked("capabilities", vm, LOOK_MS)
            agent = self._now(asked, lambda handle: _agent(self._domain(handle, vm)))
            offered[Capability.READ_CLOCK] = offered[Capability.SET_CLOCK] = agent
        return offered

    def close(self) -> None:
        """See `Adapter`."""
        self._link.close()

    def tidy(self) -> None:
        """Take stale marks of ours off running VMs, as a crash just before a pause leaves them.

        Else the mark would make the next pause by somebody else look like ours.
        """

        def tidied(handle: Handle) -> None:
            for domain in handle.listAllDomains():
                with contextlib.suppress(self._libvirt.libvirtError):  # it is gone since
                    runs = of_state(*domain.state()[:2])[0] is VmStatus.RUNNING
                    is_stale = self._marks.is_stale(domain, self._clock.wall_ms())
                    if runs and is_stale and self._marks.is_marked(domain):
                        self._marks.let_go(domain)

        self._now(_Asked("tidy marks", None, LOOK_MS), tidied)

    def vms(self, *, deadline_ms: int) -> tuple[VmState, ...]:
        """See `Observes`."""

        def listed(handle: Handle) -> tuple[VmState, ...]:
            states = []
            for domain in handle.listAllDomains():
                try:
                    states.append(self._state(domain))
                except self._libvirt.libvirtError as error:  # gone since it was listed
                    if error.get_error_code() != self._libvirt.VIR_ERR_NO_DOMAIN:
                        raise
            return tuple(sorted(states, key=lambda state: state.name))

        return self._now(_Asked("list VMs", None, deadline_ms), listed)

    def state(self, vm: str, *, deadline_ms: int) -> VmState:
        """See `Observes`."""
        asked = _Asked("observe", vm, deadline_ms)
        return self._now(asked, lambda handle: self._state(self._domain(handle, vm)))

    def subscribe(self, *, deadline_ms: int) -> Changes:
        """See `TellsChanges`."""
        changes = Changes(
            self._link,
            lambda within_ms: self.vms(deadline_ms=within_ms),
            lambda vm: vm in self._held,
        )
        changes.begin(deadline_ms)
        return changes

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Pauses`; the mark of our pause is set first, and taken off again if it fails."""

        def act(domain: Domain) -> None:
            self._marks.hold(domain, self._clock.wall_ms())
            self._held |= {vm}
            self._memory.forget(domain.UUIDString())
            try:
                domain.suspend()
            except self._libvirt.libvirtError:
                self._held -= {vm}
                with contextlib.suppress(self._libvirt.libvirtError):
                    self._marks.let_go(domain)
                raise

        return self._touch(_Asked(Operation.PAUSE, vm, deadline_ms), VmStatus.RUNNING, act)

    def resume(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Pauses`; the mark of our pause is taken off once the VM runs."""
        asked = _Asked(Operation.RESUME, vm, deadline_ms)

        def act(domain: Domain) -> None:
            found = self._state(domain)
            if not found.is_held:
                text = f"expected a pause of ours, found it {found}"
                raise self._refused(asked, text, Refusal.NOT_OURS, found)
            domain.resume()
            self._held -= {vm}
            self._marks.let_go(domain)

        return self._touch(asked, VmStatus.PAUSED, act)

    def read_clock(self, vm: str, *, deadline_ms: int) -> Call[ClockReading]:
        """See `ReadsClock`; asks the guest agent."""
        asked = _Asked(Operation.READ_CLOCK, vm, deadline_ms)
        return self._touch(asked, VmStatus.RUNNING, self._reading, Capability.READ_CLOCK)

    def set_clock(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `SetsClock`; gives the agent the host's time, and reads the clock afterwards.

        The agent's own way, from the guest's hardware clock, leaves it off by up to 1.5 s.
        """
        asked = _Asked(Operation.SET_CLOCK, vm, deadline_ms)

        def act(domain: Domain) -> None:
            seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
            domain.setTime({"seconds": seconds, "nseconds": nanoseconds})
            reading = self._reading(domain)
            if abs(reading.offset_ms) > CLOCK_TOLERANCE_MS + reading.uncertainty_ms:
                text = f"expected the host's time, found the clock {reading.offset_ms} ms ahead"
                raise Failed(text, host=self.host, operation=asked.operation, vm=vm)

        return self._touch(asked, VmStatus.RUNNING, act, Capability.SET_CLOCK)

    def fingerprint(
        self, vm: str, *, deadline_ms: int, sampling: Sampling | None = None
    ) -> Call[Fingerprint]:
        """See `FingerprintsMemory`; whole up to 2 GiB, see `memory` for what is left out above."""
        asked = _Asked(Operation.FINGERPRINT, vm, deadline_ms)
        ends_at_ms = self._clock.monotonic_ms() + deadline_ms

        def check() -> None:
            if self._clock.monotonic_ms() > ends_at_ms:
                raise self._late(asked)

        def act(domain: Domain) -> Fingerprint:
            try:
                return self._memory.fingerprint(domain, sampling, check)
            except OSError as error:
                text = f"expected its memory to be readable, found: {error}"
                raise Failed(text, host=self.host, operation=asked.operation, vm=vm) from error

        return self._touch(asked, VmStatus.PAUSED, act, Capability.FINGERPRINT)

    def save(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Saves`; a transient domain cannot be saved."""
        asked = _Asked(Operation.SAVE, vm, deadline_ms)

        def act(domain: Domain) -> None:
            if not domain.isPersistent():
                text = "expected a persistent domain, found a transient one"
                raise CapabilityError(text, host=self.host, operation=asked.operation, vm=vm)
            domain.managedSave(0)

        return self._touch(asked, VmStatus.RUNNING, act)

    def restore(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """See `Saves`."""
        asked = _Asked(Operation.RESTORE, vm, deadline_ms)

        def act(domain: Domain) -> None:
            if not domain.hasManagedSaveImage(0):
                found = self._state(domain)
                text = f"expected it to be saved, found it {found}"
                raise self._refused(asked, text, Refusal.ILLEGAL_STATE, found)
            domain.create()

        return self._touch(asked, VmStatus.STOPPED, act)

    def _reading(self, domain: Domain) -> ClockReading:
        before_ns = time.time_ns()
        told = domain.getTime()
        after_ns = time.time_ns()
        guest_ns = told["seconds"] * 1_000_000_000 + told["nseconds"]
        offset_ns = guest_ns - (before_ns + after_ns) // 2
        return ClockReading(round(offset_ns / 1_000_000), (after_ns - before_ns) // 2_000_000 + 1)

    def _touch(
        self,
        asked: _Asked,
        status: VmStatus,
        act: Callable[[Handle], T],
        needed: Capability | None = None,
    ) -> Call[T]:
        """Do something to a marked VM that has `status`."""

        def work(handle: Handle) -> T:
            domain = self._domain(handle, asked.vm)
            self._refuse_unless_marked(asked, domain)
            if needed is not None:
                self._refuse_unless_offered(asked, needed)
            found_status, found_reason = of_state(*domain.state()[:2])
            if found_status is not status:
                found = self._state(domain)
                text = f"expected it to be {status}, found it {found_status} ({found_reason})"
                raise self._refused(asked, text, Refusal.ILLEGAL_STATE, found)
            return act(domain)

        return self._begin(asked, work)

    def _refuse_unless_marked(self, asked: _Asked, domain: Domain) -> None:
        if not self._marks.is_marked(domain):
            text = f"expected {self._marks.wanted}, found another, and left it alone"
            raise self._refused(asked, text, Refusal.NOT_MARKED, self._state(domain))

    def _refuse_unless_offered(self, asked: _Asked, needed: Capability) -> None:
        if self._link.driver == _TEST_DRIVER:
            why = self.capabilities()[needed].why
            text = f"expected the capability {needed}, found none: {why}"
            raise CapabilityError(text, host=self.host, operation=asked.operation, vm=asked.vm)

    def _now(self, asked: _Asked, work: Callable[[Handle], T]) -> T:
        return self._begin(asked, work).result()

    def _begin(self, asked: _Asked, work: Callable[[Handle], T]) -> ThreadedCall[T]:
        """Have `work` done in a thread, with libvirt's errors as ours."""
        host, operation, vm = self.host, asked.operation, asked.vm

        def translating() -> T:
            handle = self._link.handle(asked.operation, asked.vm)
            try:
                return work(handle)
            except self._libvirt.libvirtError as error:
                if self._link.is_broken(handle):
                    raise lost(str(error), host=host, operation=operation, vm=vm) from error
                raise translated(error, host=host, operation=operation, vm=vm) from error

        return ThreadedCall(translating, deadline_ms=asked.deadline_ms, late=self._late(asked))

    def _late(self, asked: _Asked) -> TimedOut:
        text = f"expected an answer within {asked.deadline_ms} ms, found none"
        return TimedOut(
            f"{text}; its outcome is unknown",
            host=self.host,
            operation=asked.operation,
            vm=asked.vm,
        )

    def _domain(self, handle: Handle, vm: str | None) -> Domain:
        return handle.lookupByName(vm)

    def _state(self, domain: Domain) -> VmState:
        status, reason = of_state(*domain.state()[:2])
        may_be_ours = (status, reason) == (VmStatus.PAUSED, Reason.USER)
        return VmState(
            VmIdentity(str(domain.name()), str(domain.UUIDString())),
            status,
            reason,
            is_marked=self._marks.is_marked(domain),
            is_held=may_be_ours and self._marks.is_held(domain),
        )

    def _refused(self, asked: _Asked, text: str, reason: Refusal, found: VmState) -> Refused:
        return Refused(
            text,
            reason=reason,
            host=self.host,
            operation=asked.operation,
            vm=asked.vm,
            found=found,
        )


def _agent(domain: Domain) -> Support:
    """Whether a domain's guest agent is there, as its live XML tells."""
    root = ET.fromstring(domain.XMLDesc(0))  # noqa: S314 (libvirt has printed it itself)
    for target in root.findall("devices/channel/target"):
        if target.get("name") == AGENT_CHANNEL:
            if target.get("state") == "connected":
                return Support(is_offered=True)
            return Support(is_offered=False, why="its guest agent is not connected")
    return Support(is_offered=False, why=f"it has no channel {AGENT_CHANNEL} for a guest agent")


def opened(libvirt: Binding, uri: str, marked: Collection[str] | None) -> LibvirtAdapter:
    """Open the host at `uri`; raises `Unreachable`, or `TimedOut` after 30 s."""

    def work() -> Link:
        try:
            return Link(libvirt, uri)
        except libvirt.libvirtError as error:
            text = f"expected a libvirt host that answers, found: {' '.join(str(error).split())}"
            raise Unreachable(text, host=uri, operation="open") from error

    text = f"expected an answer within {OPEN_MS} ms, found none"
    late: AdapterError = TimedOut(text, host=uri, operation="open")
    adapter = LibvirtAdapter(libvirt, run(work, deadline_ms=OPEN_MS, late=late), marked)
    adapter.tidy()
    return adapter


OPEN_MS: Final = 60_000
"""How long opening a host may take; the first start of a daemon probes every emulator."""
