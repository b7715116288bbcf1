"""One host under the watchdog's eyes: its leases, its own connection, and what is done to it.

Owns the carrying out of `leases.next_move`. It must not know the controller, nor how it speaks.
"""

from __future__ import annotations

import contextlib
import threading
import traceback
from collections.abc import Collection, Iterator
from typing import Any, Final, Protocol, runtime_checkable

from freezeframe.adapters.errors import AdapterError
from freezeframe.adapters.protocol import Call, Clock, Observes, UpdatesHost
from freezeframe.adapters.recording import Maintains, Recorder
from freezeframe.lifecycles import HostStatus, VmStatus
from freezeframe.observation import HostSeen, Operation

from .leases import Beneath, Bounds, Lease, Move, next_move, waits_until_ms

LOOK_MS: Final = 1_000
"""How long the host has to tell how its VMs are; after that it is asked again."""

GRANT_MS: Final = 500
"""How long a host has to show a VM of which a lease is asked."""

RETRY_SECONDS: Final = 0.2
OUT_OF_REACH_MS: Final = 600_000
"""How long a host that fails is tried once the controller is dead: long past the limit of pauses,
and time enough for a daemon to be started again."""

ENDING_MS: Final = 10_000
"""The same once the watchdog was asked to end."""

CLOCK_TRIES: Final = 3
"""How often a resumed VM's clock is tried to be set; its guest agent may be late."""


@runtime_checkable
class Watched(Maintains, Observes, Protocol):
    """What the watchdog needs of an adapter."""


class Updating(UpdatesHost, Protocol):
    """What it needs of what updates the host."""

    def beneath(self) -> Beneath:
        """How the hosting environment stands."""


class HostWatch:
    """Sees to it that every VM of one host that is paused under a lease runs again in time.

    Works in a thread of its own once it is started.
    """

    def __init__(
        self,
        adapter: Watched,
        commands: Updating,
        bounds: Bounds,
        recorder: Recorder,
        *,
        out_of_reach_ms: int = OUT_OF_REACH_MS,
    ) -> None:
        """Watch through `adapter`, whose calls go through `recorder`."""
        self._out_of_reach_ms = out_of_reach_ms
        self._adapter, self._commands = adapter, commands
        self._bounds, self._recorder = bounds, recorder
        self._clock: Clock = adapter.clock
        self._changed = threading.Condition()
        self._leases: dict[str, Lease] = {}
        self._clocks: dict[str, int] = {}
        """The VMs that were resumed and whose clocks are to be set, with the tries left."""
        self._is_acting = self._is_orphaned = self._is_retired = self._is_over = False
        self._is_ending = self._has_told = False
        self._gives_up_ms: int | None = None
        self._thread = threading.Thread(target=self._run, name="freezeframe-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def grant(self, lease: Lease) -> str:
        """Take a lease; return why not, which is empty if it was taken."""
        try:
            found = self._adapter.state(lease.vm, deadline_ms=GRANT_MS)
        except AdapterError as error:
            return f"expected the watchdog to see it, found: {error}"
        if not found.is_marked:
            return "expected a VM that is marked for freezeframe, found another"
        with self._changed:
            if self._is_acting or self._is_retired or self._is_ending:
                return "expected a watchdog at rest, found it bringing the host's VMs back"
            known = self._leases.get(lease.vm)
            if known is None or found.status is not VmStatus.PAUSED or not found.is_held:
                self._leases[lease.vm] = lease  # else it stands still since the earlier request
            self._changed.notify_all()
        return ""

    def release(self, vm: str) -> None:
        """Give a lease back: the VM runs again, or was never paused."""
        with self._changed:
            self._leases.pop(vm, None)

    def orphan(self) -> None:
        """The controller is dead, so a lease that has come to nothing ends by itself."""
        with self._changed:
            self._is_orphaned = True
            self._give_up_after(self._out_of_reach_ms)
            self._changed.notify_all()

    def end(self) -> None:
        """Bring back at once whatever is paused under a lease, and watch no longer."""
        with self._changed:
            if not self._is_ending:
                self._is_ending = True
                self._give_up_after(min(self._out_of_reach_ms, ENDING_MS))
            self._changed.notify_all()

    def retire(self) -> None:
        """Another watchdog has the leases: see through what was begun, and begin nothing more."""
        with self._changed:
            self._is_retired = True
            if not self._is_acting:
                self._leases = {}
            self._changed.notify_all()

    @property
    def is_free(self) -> bool:
        """Whether nothing is left to watch over."""
        with self._changed:
            return not self._leases and not self._is_acting

    def close(self) -> None:
        """End the thread, once it has finished what it is doing."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
        self._thread.join()

    def _give_up_after(self, duration_ms: int) -> None:
        at_ms = self._clock.monotonic_ms() + duration_ms
        self._gives_up_ms = min(at_ms, self._gives_up_ms or at_ms)

    def _run(self) -> None:
        while (leases := self._awaited()) is not None:
            try:
                self._tend(leases)
            except AdapterError:  # it was recorded, and the next try may do better
                self._pause_before_retry()
            except Exception:  # noqa: BLE001 (whatever it is, VMs must not stay paused for it)
                with contextlib.suppress(OSError):
                    traceback.print_exc()
                self._pause_before_retry()

    def _awaited(self) -> Collection[Lease] | None:
        """The leases, as soon as a move may be due; None when it is over.

        What was begun is seen through, also when its leases were given back meanwhile.
        """
        with self._changed:
            while not self._is_over:
                if self._is_acting or (self._is_ending and self._leases):
                    return tuple(self._leases.values())
                until_ms = waits_until_ms(self._leases.values(), self._bounds)
                wait_ms = None if until_ms is None else until_ms - self._clock.monotonic_ms()
                if wait_ms is not None and wait_ms <= 0:
                    return tuple(self._leases.values())
                self._changed.wait(None if wait_ms is None else wait_ms / 1000)
        return None

    def _tend(self, leases: Collection[Lease]) -> None:
        states = {state.name: state for state in self._adapter.vms(deadline_ms=LOOK_MS)}
        paused = [
            lease
            for lease in leases
            if (state := states.get(lease.vm)) is not None
            and state.status is VmStatus.PAUSED
            and state.is_held
        ]
        now_ms, beneath = self._clock.monotonic_ms(), self._commands.beneath()
        is_acting = self._is_acting or self._is_ending
        move = next_move(paused, beneath, now_ms, self._bounds, is_acting=is_acting)
        if move is not None:
            with self._changed:
                self._is_acting = True
        if move is Move.ROLL_BACK:
            self._roll_back(paused)
        elif move is Move.RESUME:
            self._resume([lease.vm for lease in paused])
        elif self._clocks:
            self._set_clocks()
        else:
            if not paused:
                self._rest(leases)
            self._pause_before_retry()

    def _rest(self, leases: Collection[Lease]) -> None:
        """No VM of the host is paused by us any more: note what is over with that."""
        now_ms = self._clock.monotonic_ms()
        with self._changed:
            self._is_acting = self._has_told = False
            for lease in leases:
                is_past = now_ms >= lease.since_ms + self._bounds.resume_ms
                if self._is_retired or self._is_ending or (self._is_orphaned and is_past):
                    self._leases.pop(lease.vm, None)

    def _roll_back(self, paused: Collection[Lease]) -> None:
        """Roll back; where that fails and no time is left for another try, resume all the same."""
        try:
            call = self._commands.roll_back(deadline_ms=self._bounds.resume_ms)
            self._recorder.follow(Operation.ROLL_BACK, call).result()
        except (AdapterError, OSError):
            last_ms = min(lease.since_ms for lease in paused) + self._bounds.resume_ms
            if self._clock.monotonic_ms() >= last_ms:
                self._resume([lease.vm for lease in paused])
            raise

    def _resume(self, vms: Collection[str]) -> None:
        """Resume them, once it is told how the host stands, which nobody else may have seen."""
        if not self._has_told:
            self._has_told = True
            seen = HostSeen(HostStatus.RESTORING, self._commands.has_new_software)
            self._recorder.record(seen)
        calls = [(vm, self._recorder.resume(vm, deadline_ms=LOOK_MS)) for vm in vms]
        resumed = list(_succeeded(calls))
        self._clocks |= dict.fromkeys(resumed, CLOCK_TRIES)
        if len(resumed) < len(vms):
            self._pause_before_retry()

    def _set_clocks(self) -> None:
        """Set them, and read them, for only that shows that they are right."""
        recorder = self._recorder
        calls = [(vm, recorder.set_clock(vm, deadline_ms=LOOK_MS)) for vm in self._clocks]
        readings = [(vm, recorder.read_clock(vm, deadline_ms=LOOK_MS)) for vm in _succeeded(calls)]
        done = set(_succeeded(readings))
        self._clocks = {
            vm: tries - 1 for vm, tries in self._clocks.items() if vm not in done and tries > 1
        }
        if self._clocks:
            self._pause_before_retry()

    def _pause_before_retry(self) -> None:
        """Wait a little, or let go of the leases where it has been tried for long enough."""
        with self._changed:
            until_ms = self._gives_up_ms
            if until_ms is not None and self._clock.monotonic_ms() >= until_ms:
                self._leases, self._is_acting = {}, False
            else:
                self._changed.wait(RETRY_SECONDS)


def _succeeded(calls: Collection[tuple[str, Call[Any]]]) -> Iterator[str]:
    """The VMs whose calls succeeded; what failed was recorded."""
    for vm, call in calls:
        try:
            call.result()
        except AdapterError:
            continue
        yield vm
