"""Puts what is asked of a libvirt host to libvirt: in time, and only where it is legal.

Owns the looking up of VMs, the refusals, deadlines, and the reading of errors. Nothing but reading
states happens to a VM that is not marked for freezeframe. It must not know what is done to a VM.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from freezeframe.adapters.errors import CapabilityError, Failed, Refusal, Refused, TimedOut
from freezeframe.adapters.libvirt.binding import Binding, Domain, Handle
from freezeframe.adapters.libvirt.calls import ThreadedCall
from freezeframe.adapters.libvirt.failures import lost, translated
from freezeframe.adapters.libvirt.holds import Holds
from freezeframe.adapters.libvirt.link import Link
from freezeframe.adapters.libvirt.marks import Marks
from freezeframe.adapters.libvirt.states import may_be_ours, of_state
from freezeframe.adapters.machine_clock import MachineClock
from freezeframe.adapters.protocol import Call
from freezeframe.adapters.values import VmIdentity, VmState
from freezeframe.lifecycles import VmStatus

T = TypeVar("T")


class Asked(NamedTuple):
    """What is asked, of which VM (None for the host), and how long there is for it."""

    operation: str
    vm: str | None
    deadline_ms: int


class Requests:
    """Requests to the host of one link."""

    def __init__(self, libvirt: Binding, link: Link, marks: Marks, holds: Holds) -> None:
        """Ask through `link`; `marks` says what may be touched, `holds` what is ours."""
        self.libvirt, self.link, self.marks, self.holds = libvirt, link, marks, holds
        self.clock = MachineClock()
        self._turns: defaultdict[str | None, threading.Lock] = defaultdict(threading.Lock)

    def now(self, asked: Asked, work: Callable[[Handle], T]) -> T:
        """Have `work` done and wait for it."""
        return self.begin(asked, work).result()

    def begin(self, asked: Asked, work: Callable[[Handle], T]) -> Call[T]:
        """Have `work` done in a thread, with libvirt's errors as ours."""
        host, operation, vm = self.link.host, asked.operation, asked.vm

        def translating() -> T:
            handle = self.link.handle(operation, vm)
            try:
                return work(handle)
            except self.libvirt.libvirtError as error:
                if self.link.is_broken(handle):
                    raise lost(str(error), host=host, operation=operation, vm=vm) from error
                raise translated(error, host=host, operation=operation, vm=vm) from error

        return ThreadedCall(translating, deadline_ms=asked.deadline_ms, late=self.late(asked))

    def touch(self, asked: Asked, status: VmStatus, act: Callable[[Domain], T]) -> Call[T]:
        """Do something to a marked VM that has `status`; refuse it for any other."""
        return self.begin(asked, lambda handle: self._checked(handle, asked, status, act))

    def change(self, asked: Asked, status: VmStatus, act: Callable[[Domain], T]) -> Call[T]:
        """Do the same as `touch`, one after the other for each VM.

        Else two callers would both find it running, and the drivers do not agree on what comes of
        the second: one suspends a VM that is paused without a word, another calls it an error.
        """
        turn = self._turns[asked.vm]

        def work(handle: Handle) -> T:
            if not turn.acquire(timeout=asked.deadline_ms / 1000):
                raise self.late(asked)
            try:
                return self._checked(handle, asked, status, act)
            finally:
                turn.release()

        return self.begin(asked, work)

    def _checked(
        self, handle: Handle, asked: Asked, status: VmStatus, act: Callable[[Domain], T]
    ) -> T:
        domain = self.domain(handle, asked.vm)
        if not self.marks.is_marked(domain):
            text = f"expected {self.marks.wanted}, found another, and left it alone"
            raise self.refused(asked, text, Refusal.NOT_MARKED, self.state(domain))
        found_status, found_reason = of_state(*domain.state()[:2])
        if found_status is not status:
            found = self.state(domain)
            text = f"expected it to be {status}, found it {found_status} ({found_reason})"
            raise self.refused(asked, text, Refusal.ILLEGAL_STATE, found)
        return act(domain)

    def domain(self, handle: Handle, vm: str | None) -> Domain:
        """The domain of that name; raises `libvirtError` where there is none."""
        return handle.lookupByName(vm)

    def state(self, domain: Domain) -> VmState:
        """How a domain stands; raises `libvirtError`."""
        status, reason = of_state(*domain.state()[:2])
        return VmState(
            VmIdentity(str(domain.name()), str(domain.UUIDString())),
            status,
            reason,
            is_marked=self.marks.is_marked(domain),
            is_held=may_be_ours(status, reason) and self.holds.is_held(domain, status),
        )

    def until(self, asked: Asked) -> Callable[[], None]:
        """What raises `TimedOut` once the deadline of `asked`, counted from now, has come."""
        ends_at_ms = self.clock.monotonic_ms() + asked.deadline_ms

        def check() -> None:
            if self.clock.monotonic_ms() > ends_at_ms:
                raise self.late(asked)

        return check

    def refused(self, asked: Asked, text: str, reason: Refusal, found: VmState) -> Refused:
        """The error of a request that is not legal."""
        return Refused(
            text,
            reason=reason,
            host=self.link.host,
            operation=asked.operation,
            vm=asked.vm,
            found=found,
        )

    def failed(self, asked: Asked, text: str) -> Failed:
        """The error of what was tried and had no effect."""
        return Failed(text, host=self.link.host, operation=asked.operation, vm=asked.vm)

    def lacking(self, asked: Asked, text: str) -> CapabilityError:
        """The error of what cannot be done at all."""
        return CapabilityError(text, host=self.link.host, operation=asked.operation, vm=asked.vm)

    def late(self, asked: Asked) -> TimedOut:
        """The error of what has not ended by its deadline."""
        text = f"expected an answer within {asked.deadline_ms} ms, found none"
        return TimedOut(
            f"{text}; its outcome is unknown",
            host=self.link.host,
            operation=asked.operation,
            vm=asked.vm,
        )
