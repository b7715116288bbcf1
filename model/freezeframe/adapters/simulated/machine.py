"""One VM of a simulated host: its guest, its status, and the jobs that wait for it.

Owns the VM's own state and its queue of jobs, one at a time as libvirt does it. It must not know
what the jobs are, nor who is told of them.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable

from freezeframe.adapters.simulated.guest import Guest
from freezeframe.adapters.values import VmIdentity, VmState
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Reason

Job = Callable[[], None]

_NAMES = uuid.UUID("5b0c1c8e-6a53-4c0e-9f9c-6b0f3b6c7d21")


class Machine:
    """A VM; `status` is one of `freezeframe.observation.VISIBLE`."""

    def __init__(
        self, name: str, guest: Guest, *, host: str, is_marked: bool, exists: bool
    ) -> None:
        """Be shut off, or not there."""
        self.name = name
        self.guest = guest
        self.is_marked = is_marked
        self.status = VmStatus.STOPPED if exists else VmStatus.ABSENT
        self.reason = Reason.SHUT_DOWN
        self.is_held = False
        self.is_saved = False
        self.spell = 0
        """Counts its changes, so that what was planned in one state can tell whether it lasts."""
        self._host = host
        self._births = 0
        self._jobs: deque[Job] = deque()
        self._is_busy = False

    @property
    def state(self) -> VmState:
        """What the hypervisor shows."""
        identity = str(uuid.uuid5(_NAMES, f"{self._host}/{self.name}/{self._births}"))
        return VmState(
            VmIdentity(self.name, identity), self.status, self.reason, self.is_marked, self.is_held
        )

    def change(
        self, status: VmStatus, reason: Reason, now_ms: int, *, is_ours: bool = False
    ) -> None:
        """Take on `status`; virtual CPUs, memory and clock follow. What we stopped is marked."""
        runs = status is VmStatus.RUNNING
        if self.status is VmStatus.ABSENT:
            self._births += 1
        if self.guest.runs and not runs:
            self.guest.stand(now_ms)
        elif runs and not self.guest.runs:
            has_memory = self.status is VmStatus.PAUSED or self.is_saved
            (self.guest.go if has_memory else self.guest.boot)(now_ms)
        self.status, self.reason = status, reason
        self.is_held = is_ours and status in {VmStatus.PAUSED, VmStatus.STOPPED}
        self.is_saved = status is VmStatus.STOPPED and reason is Reason.SAVE
        self.spell += 1

    def submit(self, job: Job) -> None:
        """Have `job` done once those before it have ended; each ends with `finish`."""
        self._jobs.append(job)
        if not self._is_busy:
            self._next()

    def finish(self) -> None:
        """End the present job."""
        self._is_busy = False
        if self._jobs:
            self._next()

    def _next(self) -> None:
        self._is_busy = True
        self._jobs.popleft()()
