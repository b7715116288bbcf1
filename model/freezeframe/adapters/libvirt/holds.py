"""Which VMs are stopped by us, as the marks on them say and as events since then tell.

Owns the claims of this process, and the taking off of marks, which happens behind the back of
whoever resumed a VM. A claim ends when the VM is seen to run again: where we did not ask for that,
its customer did, and a stop of it that follows is not ours although the mark may still be there.
What nobody saw cannot be told: libvirt keeps no history, and shows the same state and reason for
every pause by a user. So a VM that its customer let go on and paused anew while the connection was
lost, or before this process began, counts as paused by us. Events may call in here, so nothing that
they call may call libvirt.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from queue import SimpleQueue
from typing import Final

from freezeframe.adapters.errors import AdapterError
from freezeframe.adapters.libvirt.binding import Binding, Domain, Handle
from freezeframe.adapters.libvirt.link import Link
from freezeframe.adapters.libvirt.marks import HELD_NAMESPACE, Held, Marks
from freezeframe.adapters.libvirt.states import may_be_ours, of_event, of_state
from freezeframe.lifecycles import VmStatus

TAKE_OFF_SECONDS: Final = 0.02
"""How long a mark waits to be taken off, so that whoever resumed VMs need not wait for that."""

CLOSE_SECONDS_MAX: Final = 1.0
"""How long marks that are being taken off are waited for at the end."""


@dataclass(frozen=True)
class _Claim:
    """A VM has `status` by our doing; `is_told` once an event said so, or it was found so.

    The mark of another process is left for it to take off: it may be setting the next one.
    """

    status: VmStatus
    held: Held | None
    is_told: bool = False


class Holds:
    """The claims on the VMs of one link; fills `Listener`."""

    def __init__(self, libvirt: Binding, link: Link, marks: Marks) -> None:
        """Claim nothing as yet."""
        self._libvirt, self._link, self._marks = libvirt, link, marks
        self._lock = threading.Lock()
        self._claims: dict[str, _Claim] = {}
        self._disowned: dict[str, Held] = {}
        self._owed: Counter[str] = Counter()
        """How often it is yet to be told of a VM that it runs, by our doing."""
        self._unheard: Counter[str] = Counter()
        """How often it is yet to be told of a VM that we wrote or took off a mark. Events come in
        order, so whatever is told until then happened before, and says nothing of our stop."""
        self._origin = secrets.token_hex(4)
        self._count = count(1)
        self._writing: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._taken_off: SimpleQueue[tuple[str, VmStatus, Held] | None] = SimpleQueue()
        self._is_closing = threading.Event()
        self._worker = threading.Thread(
            target=self._take_off_all, name="freezeframe-libvirt-marks", daemon=True
        )
        self._worker.start()
        link.listen(self)

    def is_held(self, domain: Domain, status: VmStatus) -> bool:
        """Whether a VM that `may_be_ours` bears our mark, and did not run since; asks libvirt."""
        held = self._marks.held(domain, status)
        return held is not None and held != self._disowned.get(domain.name())

    def is_claimed(self, vm: str, status: VmStatus) -> bool:
        """Whether an event that tells `status` of `vm` tells of our doing; may come late."""
        claim = self._claims.get(vm)
        is_told = claim is not None and claim.status is status and not self._unheard[vm]
        return is_told or self._owed[vm] > 0

    def is_sure(self, vm: str, status: VmStatus) -> bool:
        """Whether the host told that `vm` is stopped so by our doing, and nothing since."""
        claim = self._claims.get(vm)
        return claim is not None and claim.status is status and claim.is_told

    @contextlib.contextmanager
    def taken(self, domain: Domain, status: VmStatus) -> Iterator[None]:
        """Mark a running VM and claim it; take both back if what is tried within has no effect."""
        vm = str(domain.name())
        with self._writing[vm]:
            with self._lock:
                self._claims[vm] = _Claim(status, None)
            with self._told_later(vm):
                held = self._marks.hold(domain, status, f"{self._origin}-{next(self._count)}")
            with self._lock:
                self._claims[vm] = _Claim(status, held)
        try:
            yield
        except self._libvirt.libvirtError:
            with contextlib.suppress(self._libvirt.libvirtError):
                if of_state(*domain.state()[:2])[0] is VmStatus.RUNNING:
                    self._disown(vm, status, held)
            raise

    @contextlib.contextmanager
    def released(self, domain: Domain, status: VmStatus) -> Iterator[None]:
        """Give up the claim for what is tried within, and take the mark off soon after it."""
        vm = str(domain.name())
        claim = self._claims.get(vm)
        held = claim.held if claim is not None else self._marks.held(domain, status)
        with self._lock:
            self._claims.pop(vm, None)
            self._owed[vm] += 1
        try:
            yield
        except BaseException:
            with self._lock:
                self._owed[vm] = max(0, self._owed[vm] - 1)
                if claim is not None:
                    self._claims.setdefault(vm, claim)
            raise
        if held is not None:
            with self._lock:
                self._disowned[vm] = held  # its customer may stop it before the mark is off
            self._taken_off.put((vm, status, held))

    def adopt(self, handle: Handle) -> None:
        """Claim what bears our mark and is stopped; see to marks that a crash left on others.

        On a running VM such a mark would make its next pause by somebody else look like ours.
        """
        for domain in handle.listAllDomains():
            with contextlib.suppress(self._libvirt.libvirtError):  # it is gone since
                if self._marks.is_marked(domain):
                    self._adopt(domain)

    def close(self) -> None:
        """Take off what is to be taken off, as far as that can be done soon."""
        self._link.forget(self)
        self._is_closing.set()
        self._taken_off.put(None)
        self._worker.join(CLOSE_SECONDS_MAX)

    def on_event(self, vm: str, event: int, detail: int) -> None:
        """See `Listener`."""
        seen = of_event(event, detail)
        with self._lock:
            claim = self._claims.get(vm)
            runs = seen is not None and seen[0] is VmStatus.RUNNING
            if self._owed[vm]:
                self._owed[vm] -= runs  # what is told is of a stop before the present one
            elif claim is None or seen is None or self._unheard[vm]:
                return
            elif seen[0] is claim.status:
                self._claims[vm] = replace(claim, is_told=True)
            elif runs and claim.is_told and claim.held is not None:
                self._disowned[vm] = claim.held
                del self._claims[vm]
                if self._is_own(claim.held):
                    self._taken_off.put((vm, claim.status, claim.held))

    def on_metadata(self, vm: str, namespace: str) -> None:
        """See `Listener`; only adapters touch these marks."""
        if namespace == HELD_NAMESPACE:
            self._hear(vm)

    def on_lost(self, why: str) -> None:
        """See `Listener`; claims last, but what was still to be told is lost."""
        del why
        with self._lock:
            self._owed.clear()
            self._unheard.clear()

    def on_back(self) -> None:
        """See `Listener`."""
        with contextlib.suppress(self._libvirt.libvirtError, AdapterError):
            self.adopt(self._link.handle("look for marks", None))

    def _adopt(self, domain: Domain) -> None:
        status, reason = of_state(*domain.state()[:2])
        vm = str(domain.name())
        if may_be_ours(status, reason):
            held = self._marks.held(domain, status)
            if held is not None and held != self._disowned.get(vm):
                with self._lock:
                    self._claims[vm] = _Claim(status, held, is_told=True)
        elif status is VmStatus.RUNNING:
            for stop in (VmStatus.PAUSED, VmStatus.STOPPED):
                held = self._marks.held(domain, stop)
                claim = self._claims.get(vm)
                if held is None:
                    continue
                was_stopped = claim is not None and claim.held == held and claim.is_told
                if held.is_stale or (was_stopped and self._is_own(held)):
                    self._disown(vm, stop, held)

    @contextlib.contextmanager
    def _told_later(self, vm: str) -> Iterator[None]:
        """The host tells of the mark that is changed within, unless that fails."""
        with self._lock:
            self._unheard[vm] += 1
        try:
            yield
        except BaseException:
            self._hear(vm)
            raise

    def _hear(self, vm: str) -> None:
        """A mark that was written or taken off was told of, or it was not done after all."""
        with self._lock:
            self._unheard[vm] = max(0, self._unheard[vm] - 1)

    def _is_own(self, held: Held) -> bool:
        return held.token.startswith(f"{self._origin}-")

    def _disown(self, vm: str, status: VmStatus, held: Held) -> None:
        with self._lock:
            claim = self._claims.get(vm)
            if claim is not None and claim.held == held:
                del self._claims[vm]
        self._take_off(vm, status, held)

    def _take_off_all(self) -> None:
        while (each := self._taken_off.get()) is not None:
            self._is_closing.wait(TAKE_OFF_SECONDS)
            with contextlib.suppress(self._libvirt.libvirtError, AdapterError):
                self._take_off(*each)

    def _take_off(self, vm: str, status: VmStatus, held: Held) -> None:
        """Take a mark off unless it is another one by now."""
        with self._writing[vm]:
            domain = self._link.handle("take a mark off", vm).lookupByName(vm)
            if self._marks.held(domain, status) == held:
                with self._told_later(vm):
                    was_there = self._marks.let_go(domain, status)
                if not was_there:
                    self._hear(vm)
                self._disowned.pop(vm, None)
