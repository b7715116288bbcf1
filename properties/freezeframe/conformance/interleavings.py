"""A Hypothesis state machine that has an adapter and the model do the same, in any order.

Owns what may be drawn when, and the comparison after each step. What is legal is `twin`'s affair,
and the promises are those of the catalogue, judged on what a recorder wrote. It must not know any
adapter.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from freezeframe.adapters import AdapterError, Capability, Failed, Refusal, Refused
from freezeframe.fleet import Limits
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation

from .histories import History
from .means import FailsCalls, HoldsVms, Rewinds, Witness
from .rig import Rig, put_back
from .sides import Open, Side
from .twin import Asked, Twin, explained

OPERATIONS: Final = (
    Operation.PAUSE,
    Operation.RESUME,
    Operation.SET_CLOCK,
    Operation.READ_CLOCK,
    Operation.FINGERPRINT,
)
_CAPABILITIES: Final = {
    Operation.PAUSE: Capability.PAUSE,
    Operation.RESUME: Capability.PAUSE,
    Operation.SET_CLOCK: Capability.SET_CLOCK,
    Operation.READ_CLOCK: Capability.READ_CLOCK,
    Operation.FINGERPRINT: Capability.FINGERPRINT,
}

PAUSED_MS_MAX: Final = Limits().pause_ms // 3
"""A VM that has been paused for so long is resumed before anything else is done."""

WAIT_MS_REAL: Final = 30
WAIT_MS_VIRTUAL: Final = 3_000


class DifferenceError(AssertionError):
    """Adapter and model do not agree, or a promise is broken; the text tells both."""


class Interleavings(RuleBasedStateMachine):
    """Pauses, resumes, clocks and fingerprints of several VMs, whose calls overlap as drawn.

    With more than one call to a VM at once, the promises are not judged: no controller calls so,
    and who watches cannot tell which of the calls an event belongs to.
    """

    rig: ClassVar[Rig]
    calls_max: ClassVar[int] = 1
    """Calls to one VM that may be under way at once."""
    steps: ClassVar[int] = 0
    """How many steps all runs together have made."""

    def __init__(self) -> None:
        """Begin with every VM running, and somebody who watches."""
        super().__init__()
        self._sides = {vm: Side() for vm in self.rig.bench.vms}
        self._clock = 0
        if isinstance(self.rig.means, Rewinds):
            self.rig.means.rewind()
        self._history = History(self.rig)
        self._is_broken = False
        self._history.begin()

    @rule(
        operation=st.runner().flatmap(lambda self: st.sampled_from(self._offered())),
        vm=st.runner().flatmap(lambda self: st.sampled_from(self.rig.bench.vms)),
    )
    def ask(self, operation: Operation, vm: str) -> None:
        """Ask for an operation, legal or not, and go on at once."""
        self._step()
        side = self._sides[vm]
        if len(side.open) >= self.calls_max:
            self._settle(vm)
        if operation is Operation.PAUSE and side.paused_ms is None:
            side.paused_ms = self.rig.now_ms()
        began = self._tick()
        side.open.append(Open(operation, self._history.begin_call(operation, vm), began))

    @precondition(lambda self: any(side.open for side in self._sides.values()))
    @rule(
        which=st.runner().flatmap(lambda self: st.sampled_from(self._calls())),
    )
    def answer(self, which: tuple[str, int]) -> None:
        """Wait for the answer to one of the calls, the first or a later one."""
        vm, number = which
        side = self._sides[vm]
        opened = [each for each in side.open if each.asked is None][number]
        self._step()
        if opened.asked is None:
            self._hear(vm, opened)
        if all(each.asked for each in side.open):
            self._settle(vm)

    @precondition(lambda self: isinstance(self.rig.means, HoldsVms))
    @rule(vm=st.runner().flatmap(lambda self: st.sampled_from(self.rig.bench.vms)))
    def customer_acts(self, vm: str) -> None:
        """Its customer pauses a VM that runs, or lets go on what it had paused."""
        self._step()
        self._settle(vm)
        side = self._sides[vm]
        if side.twin.status is VmStatus.RUNNING:
            self._by_customer(vm, "hold", self.rig.means.hold)
        elif side.twin.status is VmStatus.PAUSED and not side.twin.is_ours:
            self._by_customer(vm, "release", self.rig.means.release)

    @precondition(lambda self: isinstance(self.rig.means, FailsCalls))
    @rule(vm=st.runner().flatmap(lambda self: st.sampled_from(self.rig.bench.vms)))
    def hypervisor_fails(self, vm: str) -> None:
        """A pause or resume fails, and the VM is as before."""
        self._step()
        self._settle(vm)
        twin = self._sides[vm].twin
        operation = Operation.RESUME if twin.status is VmStatus.PAUSED else Operation.PAUSE
        if twin.asked(operation)[0] is not None:
            return
        self.rig.means.fail_next(operation, vm)
        try:
            self.rig.finish(self._history.begin_call(operation, vm))
        except Failed:
            self._see(vm)
        else:
            self._differ(f"{operation} of {vm}: expected Failed, found that it was done")

    @rule(part=st.integers(1, 100))
    def wait(self, part: int) -> None:
        """Let time pass, less than would endanger the limit."""
        self._step()
        most_ms = WAIT_MS_VIRTUAL if self.rig.bench.is_virtual else WAIT_MS_REAL
        self.rig.wait_ms(most_ms * part // 100)

    def teardown(self) -> None:
        """Bring all VMs back as maintenance must, and judge the whole history."""
        try:
            if not self._is_broken:
                self._end()
        finally:
            self._leave_nothing()

    def _end(self) -> None:
        for vm in self._sides:
            self._settle(vm)
            self._bring_back(vm)
        complaint = self._history.end({vm: side.changes for vm, side in self._sides.items()})
        if complaint is None and self.calls_max == 1:
            complaint = self._history.judged()
        if complaint is not None:
            self._differ(complaint)

    def _leave_nothing(self) -> None:
        """Have nothing go on in the next run, which begins with every VM running."""
        for side in self._sides.values():
            for opened in side.open:
                with contextlib.suppress(AdapterError):
                    self.rig.finish(opened.call)
        self._history.close()
        put_back(self.rig)

    def _offered(self) -> list[Operation]:
        claims = self.rig.bench.claims
        return [each for each in OPERATIONS if claims[_CAPABILITIES[each]].is_offered]

    def _calls(self) -> list[tuple[str, int]]:
        return [
            (vm, number)
            for vm, side in self._sides.items()
            for number in range(sum(each.asked is None for each in side.open))
        ]

    def _tick(self) -> int:
        self._clock += 1
        return self._clock

    def _step(self) -> None:
        """Count it, and resume first whatever has been paused for long."""
        type(self).steps += 1
        now_ms = self.rig.now_ms()
        for vm, side in self._sides.items():
            if side.paused_ms is not None and now_ms - side.paused_ms > PAUSED_MS_MAX:
                self._settle(vm)
                self._bring_back(vm)

    def _hear(self, vm: str, opened: Open) -> None:
        """Have the answer to a call; only done and refused are answers where nothing fails."""
        refusal: Refusal | None = None
        try:
            self.rig.finish(opened.call)
        except Refused as refused:
            refusal = refused.reason
        except AdapterError as error:
            self._differ(f"{opened.operation} of {vm}: expected done or refused, found {error!r}")
        opened.asked = Asked(opened.operation, opened.began, self._tick(), refusal)

    def _settle(self, vm: str) -> None:
        """Hear all answers of a VM, and see whether some order of the calls explains them."""
        side = self._sides[vm]
        if not side.open:
            return
        for opened in side.open:
            if opened.asked is None:
                self._hear(vm, opened)
        asked = [each.asked for each in side.open if each.asked is not None]
        found = explained(side.twins, asked)
        if not found:
            answers = "; ".join(f"{each.operation}: {each.refusal or 'done'}" for each in asked)
            was = " or ".join(sorted(twin.status for twin in side.twins))
            self._differ(f"{vm} was {was}; no order of these calls explains the answers: {answers}")
        shown = self._shown(vm)
        kept = {twin: changes for twin, changes in found.items() if self._is_shown(twin, shown)}
        if not kept:
            could = " or ".join(sorted(f"{twin.status}" for twin in found))
            self._differ(f"{vm}: expected it {could}, found it {shown}")
        twin, changes = next(iter(kept.items()))
        side.twins, side.open = frozenset({twin}), []
        self._became(vm, changes)

    def _became(self, vm: str, changes: tuple[VmStatus, ...]) -> None:
        side = self._sides[vm]
        side.changes += changes
        if side.twin.status is not VmStatus.PAUSED or not side.twin.is_ours:
            side.paused_ms = None
        if changes and isinstance(self.rig.means, Witness):
            self._history.ask_guest(vm)

    def _by_customer(self, vm: str, trigger: str, act: Callable[[str], None]) -> None:
        side = self._sides[vm]
        after = side.twin.moved(trigger, by_us=False)
        act(vm)
        side.twins, side.was_held = frozenset({after}), True
        self._became(vm, tuple(after.shown))
        self._history.hear(vm, len(side.changes))
        self._see(vm)

    def _bring_back(self, vm: str) -> None:
        """Resume what is ours, let the customer release what is not; set the clock, and read it.

        A clock counts as right once that was seen, so one that was set before its customer held it
        may have to be set again: whoever lets a VM go sets no clock.
        """
        side = self._sides[vm]
        twin = side.twin
        if twin.status is VmStatus.PAUSED and twin.is_ours:
            self._do(vm, Operation.RESUME)
        elif twin.status is VmStatus.PAUSED:
            self._by_customer(vm, "release", self.rig.means.release)
        if side.was_held or side.twin.status is VmStatus.RESUMED:
            self._do(vm, Operation.SET_CLOCK)
            side.was_held = False
        self._do(vm, Operation.READ_CLOCK)

    def _do(self, vm: str, operation: Operation) -> None:
        if operation not in self._offered():
            return
        side = self._sides[vm]
        began = self._tick()
        side.open.append(Open(operation, self._history.begin_call(operation, vm), began))
        self._settle(vm)

    def _see(self, vm: str) -> None:
        twin, shown = self._sides[vm].twin, self._shown(vm)
        if not self._is_shown(twin, shown):
            self._differ(f"{vm}: expected it {twin.status}, found it {shown}")

    def _shown(self, vm: str) -> Any:  # noqa: ANN401 (a state, for comparison and for texts)
        return self.rig.state(vm)

    def _is_shown(self, twin: Twin, shown: Any) -> bool:  # noqa: ANN401 (see above)
        is_held = twin.is_ours and twin.status is VmStatus.PAUSED
        return shown.status in twin.shown and shown.is_held is is_held

    def _differ(self, text: str) -> None:
        self._is_broken = True
        raise DifferenceError(text)
