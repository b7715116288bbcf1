"""What happens to the VMs of a libvirt host, told once each, also across lost connections.

Owns the queue of a subscriber, and what it was told last of each VM. A change is told only if the
state is another than that, so an event that repeats what was found by looking is not told twice.
While it looks, events wait; they are newer than what is found or repeat it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from freezeframe.adapters.errors import AdapterError
from freezeframe.adapters.libvirt.link import Link
from freezeframe.adapters.libvirt.states import Seen, may_be_ours, of_event
from freezeframe.adapters.machine_clock import MachineClock
from freezeframe.adapters.values import Change, Origin, Sight, VmState
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Reason

LOOK_MS: Final = 10_000
"""How long looking at all VMs may take after the host came back into sight."""

_DEFINED, _UNDEFINED = 0, 1
_OFF: Final = frozenset({VmStatus.STOPPED, VmStatus.FAILED})

Look = Callable[[int], tuple[VmState, ...]]


class Changes:
    """One subscriber's view of a host; fills `Subscription`."""

    def __init__(self, link: Link, look: Look, is_held: Callable[[str, VmStatus], bool]) -> None:
        """Be told by `link`; `look` lists all VMs within a deadline in milliseconds."""
        self._link, self._look, self._is_held = link, look, is_held
        self._clock = MachineClock()
        self._condition = threading.Condition()
        self._waiting: deque[Change | Sight] = deque()
        self._told: dict[str, Seen] = {}
        self._postponed: list[tuple[str, int, int, int]] | None = []
        self._sequence = 0
        self._is_closed = False

    def begin(self, deadline_ms: int) -> None:
        """Hear first, then look, so that nothing is missed in between."""
        self._link.listen(self)
        try:
            self._find(self._look(deadline_ms))
        except AdapterError:
            self.close()
            raise

    def take(self, *, deadline_ms: int) -> Change | Sight | None:
        """See `Subscription`."""
        with self._condition:
            self._condition.wait_for(
                lambda: self._waiting or self._is_closed, timeout=deadline_ms / 1000
            )
            return self._waiting.popleft() if self._waiting else None

    def close(self) -> None:
        """See `Subscription`."""
        self._link.forget(self)
        with self._condition:
            self._is_closed = True
            self._waiting.clear()
            self._condition.notify_all()

    def on_event(self, vm: str, event: int, detail: int) -> None:
        """See `Listener`."""
        now_ms = self._clock.monotonic_ms()
        with self._condition:
            if self._is_closed:  # it was on its way when the subscription ended
                return
            if self._postponed is not None:
                self._postponed.append((vm, event, detail, now_ms))
            else:
                self._hear(vm, event, detail, now_ms)

    def on_metadata(self, vm: str, namespace: str) -> None:
        """See `Listener`; a mark is no state."""

    def on_lost(self, why: str) -> None:
        """See `Listener`."""
        with self._condition:
            self._postponed = []
            self._sight(is_in_sight=False, why=why)

    def on_back(self) -> None:
        """See `Listener`."""
        try:
            states = self._look(LOOK_MS)
        except AdapterError:
            self._link.drop("it was lost again before the host was looked at")
            return
        with self._condition:
            self._sight(is_in_sight=True, why="")
            self._find(states)

    def _find(self, states: tuple[VmState, ...]) -> None:
        now_ms = self._clock.monotonic_ms()
        with self._condition:
            found = {state.name: state for state in states}
            for vm, state in found.items():
                seen = (state.status, state.reason)
                self._tell(vm, seen, now_ms, Origin.FOUND, is_held=state.is_held)
            for vm in [vm for vm, seen in self._told.items() if seen[0] is not VmStatus.ABSENT]:
                if vm not in found:
                    self._tell(vm, (VmStatus.ABSENT, Reason.UNKNOWN), now_ms, Origin.FOUND)
            postponed, self._postponed = self._postponed or [], None
            for each in postponed:
                self._hear(*each)

    def _hear(self, vm: str, event: int, detail: int, at_ms: int) -> None:
        seen = of_event(event, detail)
        known = self._told.get(vm, (VmStatus.ABSENT, Reason.UNKNOWN))[0]
        if event == _DEFINED and known is VmStatus.ABSENT:
            seen = (VmStatus.STOPPED, Reason.UNKNOWN)
        elif event == _UNDEFINED and known in _OFF:
            seen = (VmStatus.ABSENT, Reason.UNKNOWN)
        if seen is not None:
            is_held = may_be_ours(*seen) and self._is_held(vm, seen[0])
            self._tell(vm, seen, at_ms, Origin.TOLD, is_held=is_held)

    def _tell(
        self, vm: str, seen: Seen, at_ms: int, origin: Origin, *, is_held: bool = False
    ) -> None:
        known = self._told.get(vm)
        # libvirt tells a start twice, with two reasons; only a pause is another for its reason.
        if known is not None and known[0] is seen[0]:
            is_same_pause = seen[0] is not VmStatus.PAUSED or known[1] is seen[1]
            if is_same_pause:
                return
        self._told[vm] = seen
        self._sequence += 1
        self._waiting.append(
            Change(self._sequence, at_ms, vm, seen[0], seen[1], origin, is_held=is_held)
        )
        self._condition.notify_all()

    def _sight(self, *, is_in_sight: bool, why: str) -> None:
        self._sequence += 1
        now_ms = self._clock.monotonic_ms()
        self._waiting.append(Sight(self._sequence, now_ms, is_in_sight, why))
        self._condition.notify_all()
