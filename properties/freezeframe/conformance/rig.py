"""The adapter as a test handles it: every call watched, timed, and with a deadline.

Owns how calls are made, what they cost, and that VMs are left as they were found. It must not know
any test.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

import pytest

from freezeframe.adapters import (
    Adapter,
    AdapterError,
    Call,
    Capability,
    ClockReading,
    Fingerprint,
    Refused,
    Sampling,
    Subscription,
    VmState,
)
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation, Reason

from .benches import Bench, Opener
from .means import CreatesVms, HoldsVms, StopsVms
from .watching import watched

T = TypeVar("T")


BOOT_MS: Final = 60_000
"""How long a guest may take until its agent answers, where a test had it shut down."""

_LOOK_MS: Final = 200


@dataclass
class Notes:
    """What a test has to tell besides its outcome."""

    costs: list[tuple[str, float]] = field(default_factory=list)
    """Operations that completed, with the milliseconds that each took."""
    judges: set[str] = field(default_factory=set)
    """Who judged: the witness, or the adapter itself."""
    facts: dict[str, str] = field(default_factory=dict)
    """Anything else, by name."""


@dataclass(frozen=True)
class Access:
    """How the host is reached: opened, seen from beside, and with how much patience.

    Calls get `deadline_ms`; one that takes `hang_seconds` of real time is said to hang.
    """

    opener: Opener
    means_of: Callable[[Adapter], object]
    deadline_ms: int
    hang_seconds: float


class Rig:
    """One connection to the host under test, and the hands to use it with."""

    def __init__(
        self,
        bench: Bench,
        access: Access,
        *,
        notes: Notes | None = None,
        marked: Collection[str] | None = None,
    ) -> None:
        """Open a connection."""
        self.bench, self.access = bench, access
        self.notes = notes or Notes()
        names = bench.named if marked is None else tuple(marked)
        self.adapter: Any = self.call("open", lambda: access.opener(names))
        self.means: Any = access.means_of(self.adapter)

    @property
    def vm(self) -> str:
        """The VM that is tested where one is enough."""
        return self.bench.vms[0]

    def another(self, marked: Collection[str] | None = None, opener: Opener | None = None) -> Rig:
        """A further connection, as another process would open it; whoever asks closes it."""
        access = replace(self.access, opener=opener or self.access.opener)
        return Rig(self.bench, access, notes=self.notes, marked=marked)

    def call(self, what: str, work: Callable[[], T]) -> T:
        """Make any call into the adapter, watched."""
        return watched(work, seconds=self.access.hang_seconds, what=what)

    def wait_ms(self, duration_ms: int) -> None:
        """Let time pass by the adapter's clock."""
        self.adapter.clock.wait_ms(duration_ms)

    def now_ms(self) -> int:
        """The time by the adapter's clock."""
        return int(self.adapter.clock.monotonic_ms())

    def vms(self) -> dict[str, VmState]:
        """Every VM of the host by name."""
        deadline_ms = self.access.deadline_ms
        found = self.call("vms", lambda: self.adapter.vms(deadline_ms=deadline_ms))
        return {state.name: state for state in found}

    def state(self, vm: str) -> VmState:
        """One VM."""
        deadline_ms = self.access.deadline_ms
        state: VmState = self.call("state", lambda: self.adapter.state(vm, deadline_ms=deadline_ms))
        return state

    def begin(
        self,
        operation: Operation,
        vm: str,
        deadline_ms: int | None = None,
        through: Any = None,  # noqa: ANN401 (an adapter, or what passes on to it)
    ) -> Call[Any]:
        """Ask for an operation, and do not wait; `through` what records it, if it is given."""
        method = getattr(through or self.adapter, _METHODS[operation])
        within_ms = self.access.deadline_ms if deadline_ms is None else deadline_ms
        call: Call[Any] = self.call(
            f"{_METHODS[operation]}()", lambda: method(vm, deadline_ms=within_ms)
        )
        return call

    def finish(self, call: Call[T]) -> T:
        """Wait for the answer to what was begun."""
        return self.call("result()", call.result)

    def do(self, operation: Operation, vm: str) -> Any:  # noqa: ANN401 (each has its own answer)
        """Ask for an operation, wait for the answer, and note what it cost."""
        began_ms = self._stopwatch_ms()
        answer = self.finish(self.begin(operation, vm))
        self.notes.costs.append((str(operation), self._stopwatch_ms() - began_ms))
        return answer

    def pause(self, vm: str) -> None:
        """Pause a VM."""
        self.do(Operation.PAUSE, vm)

    def resume(self, vm: str) -> None:
        """Resume a VM."""
        self.do(Operation.RESUME, vm)

    def set_clock(self, vm: str) -> None:
        """Set a guest's clock."""
        self.do(Operation.SET_CLOCK, vm)

    def read_clock(self, vm: str) -> ClockReading:
        """Read a guest's clock."""
        reading: ClockReading = self.do(Operation.READ_CLOCK, vm)
        return reading

    def fingerprint(self, vm: str, sampling: Sampling | None = None) -> Fingerprint:
        """A digest of a VM's memory."""
        if sampling is None:
            whole: Fingerprint = self.do(Operation.FINGERPRINT, vm)
            return whole
        deadline_ms = self.access.deadline_ms
        call = self.call(
            "fingerprint()",
            lambda: self.adapter.fingerprint(vm, deadline_ms=deadline_ms, sampling=sampling),
        )
        sampled: Fingerprint = self.finish(call)
        return sampled

    def subscribe(self) -> Subscription:
        """Be told of changes."""
        deadline_ms = self.access.deadline_ms
        told: Subscription = self.call(
            "subscribe", lambda: self.adapter.subscribe(deadline_ms=deadline_ms)
        )
        return told

    def refusal(self, operation: Operation, vm: str) -> Refused:
        """Ask for what is not legal; the test fails unless it is refused."""
        try:
            self.finish(self.begin(operation, vm))
        except Refused as refused:
            return refused
        except AdapterError as error:
            pytest.fail(f"{operation} of {vm}: expected it refused, found {error!r}")
        return pytest.fail(f"{operation} of {vm}: expected it refused, found that it was done")

    def close(self) -> None:
        """Close the connection."""
        self.call("close", self.adapter.close)

    def _stopwatch_ms(self) -> float:
        return self.now_ms() if self.bench.is_virtual else time.perf_counter() * 1000


_METHODS = {
    Operation.PAUSE: "pause",
    Operation.RESUME: "resume",
    Operation.SET_CLOCK: "set_clock",
    Operation.READ_CLOCK: "read_clock",
    Operation.FINGERPRINT: "fingerprint",
    Operation.SAVE: "save",
    Operation.RESTORE: "restore",
    Operation.SHUT_DOWN: "shut_down",
    Operation.BOOT: "boot",
}


BRING_UP_TIMES: Final = 2
"""What an adapter pretends may hide what is beneath it."""


def put_back(rig: Rig) -> None:
    """Bring every VM that may be touched back to how it was found, with its clock set.

    Fails the test if that cannot be done.
    """
    sets_clock = rig.bench.claims[Capability.SET_CLOCK].is_offered
    for _ in range(BRING_UP_TIMES):
        left = rig.vms()
        for vm in rig.bench.vms:
            _bring_up(rig, vm, left.get(vm))
    after = rig.vms()
    still = {vm: after.get(vm) for vm in rig.bench.vms}
    wrong = {vm: state for vm, state in still.items() if not _runs(state)}
    if wrong:
        listed = ", ".join(f"{vm} {state or 'absent'}" for vm, state in wrong.items())
        pytest.fail(f"the test left VMs other than it found them: {listed}")
    if sets_clock:
        for vm in rig.bench.vms:
            _set_clock(rig, vm)


def _set_clock(rig: Rig, vm: str) -> None:
    """A guest that was just started needs a while until its agent answers."""
    ends_ms = rig.now_ms() + BOOT_MS
    while True:
        try:
            rig.finish(rig.begin(Operation.SET_CLOCK, vm))
        except AdapterError:
            if rig.now_ms() > ends_ms:
                raise
            rig.wait_ms(_LOOK_MS)
        else:
            return


def _runs(state: VmState | None) -> bool:
    return state is not None and state.status is VmStatus.RUNNING


def _bring_up(rig: Rig, vm: str, state: VmState | None) -> None:
    means = rig.means
    if state is None:
        if isinstance(means, CreatesVms):
            means.create(vm)
    elif state.status is VmStatus.PAUSED:
        if state.is_held:
            rig.finish(rig.begin(Operation.RESUME, vm))
        elif isinstance(means, HoldsVms):
            means.release(vm)
    elif (state.status, state.reason) == (VmStatus.STOPPED, Reason.SAVE):
        rig.finish(rig.begin(Operation.RESTORE, vm))
    elif state.status is VmStatus.STOPPED and state.is_held:
        rig.finish(rig.begin(Operation.BOOT, vm))
    elif state.status is not VmStatus.RUNNING and isinstance(means, StopsVms):
        means.start(vm)
