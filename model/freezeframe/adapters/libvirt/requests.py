"""Puts what is asked of a libvirt host to libvirt: in time, and only where it is legal.

Owns the looking up of VMs, the refusals, deadlines, and the reading of errors. Nothing but reading
states happens to a VM that is not marked for freezeframe. It must not know what is done to a VM.
"""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar

from freezeframe.adapters.errors import CapabilityError, Failed, Refusal, Refused, TimedOut
from freezeframe.adapters.libvirt.acquaintance import Acquaintance, Known
from freezeframe.adapters.libvirt.aside import Aside
from freezeframe.adapters.libvirt.binding import Binding, Domain, Handle
from freezeframe.adapters.libvirt.calls import ThreadedCall, Workers
from freezeframe.adapters.libvirt.failures import is_of_the_way, lost, one_line, translated
from freezeframe.adapters.libvirt.holds import Holds
from freezeframe.adapters.libvirt.link import Link
from freezeframe.adapters.libvirt.marks import Marks
from freezeframe.adapters.libvirt.states import Seen, may_be_ours, of_state
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
        self.aside = Aside(libvirt, link.uri)
        self.clock = MachineClock()
        self._acquaintance = Acquaintance(link, marks)
        self._workers = Workers()
        self._turns: defaultdict[str | None, threading.Lock] = defaultdict(threading.Lock)

    def close(self) -> None:
        """End the threads; those of calls that hang stay behind."""
        self.link.forget(self._acquaintance)
        self._workers.close()
        self.aside.close()

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
                if self.link.is_broken(handle) or is_of_the_way(error):
                    raise lost(one_line(error), host=host, operation=operation, vm=vm) from error
                raise translated(error, host=host, operation=operation, vm=vm) from error

        return ThreadedCall(
            translating,
            deadline_ms=asked.deadline_ms,
            late=partial(self.late, asked),
            workers=self._workers,
        )

    def touch(self, asked: Asked, status: VmStatus, act: Callable[[Domain], T]) -> Call[T]:
        """Do something to a marked VM that has `status`; refuse it for any other."""
        return self.begin(asked, lambda handle: act(self._legal(asked, handle, status)))

    def change(
        self, asked: Asked, status: VmStatus, act: Callable[[Domain], T], *, of_ours: str = ""
    ) -> Call[T]:
        """Do the same as `touch`, one after the other for each VM.

        Else two callers would both find it running, and the drivers do not agree on what comes of
        the second: one suspends a VM that is paused without a word, another calls it an error.
        Where `of_ours` says what has to be ours, it is refused for what others did.
        """
        turn = self._turns[asked.vm]

        def work(handle: Handle) -> T:
            if not turn.acquire(timeout=asked.deadline_ms / 1000):
                raise self.late(asked)
            try:
                if of_ours:
                    return self._end_ours(asked, handle, status, act, of_ours)
                return act(self._legal(asked, handle, status))
            finally:
                turn.release()

        return self.begin(asked, work)

    def _end_ours(
        self,
        asked: Asked,
        handle: Handle,
        status: VmStatus,
        act: Callable[[Domain], T],
        of_ours: str,
    ) -> T:
        """End what we began; where that is known, whether it lasts is libvirt's to say."""
        vm = asked.vm or ""
        known = self._acquaintance.known(handle, vm)
        if not (known.is_marked and self.holds.is_sure(vm, status)):
            return act(self._legal(asked, handle, status, of_ours))
        try:
            return act(known.domain)
        except self.libvirt.libvirtError as error:
            if not self.link.is_broken(handle):
                with contextlib.suppress(self.libvirt.libvirtError):
                    self._legal(asked, handle, status, of_ours)
            raise error from None

    def _legal(self, asked: Asked, handle: Handle, status: VmStatus, of_ours: str = "") -> Domain:
        """The domain, if something may be done to it; raises `Refused` or `libvirtError`."""
        known, (found_status, found_reason) = self._look_at(handle, asked.vm or "")
        domain = known.domain
        if not known.is_marked:
            text = f"expected {self.marks.wanted}, found another, and left it alone"
            raise self.refused(asked, text, Refusal.NOT_MARKED, self.state(domain))
        if found_status is not status:
            found = self.state(domain)
            text = f"expected it to be {status}, found it {found_status} ({found_reason})"
            raise self.refused(asked, text, Refusal.ILLEGAL_STATE, found)
        is_ours = may_be_ours(found_status, found_reason) and self.holds.is_held(domain, status)
        if of_ours and not is_ours:
            found = self.state(domain)
            text = f"expected {of_ours} of ours, found it {found}"
            raise self.refused(asked, text, Refusal.NOT_OURS, found)
        return domain

    def _look_at(self, handle: Handle, vm: str) -> tuple[Known, Seen]:
        known = self._acquaintance.known(handle, vm)
        try:
            return known, of_state(*known.domain.state()[:2])
        except self.libvirt.libvirtError as error:
            if error.get_error_code() != self.libvirt.VIR_ERR_NO_DOMAIN:
                raise
        self._acquaintance.forget(vm)  # there may be another of that name by now
        known = self._acquaintance.known(handle, vm)
        return known, of_state(*known.domain.state()[:2])

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
