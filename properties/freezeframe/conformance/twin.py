"""What an adapter must show of a VM, worked out from the lifecycle of VMs and nothing else.

Owns the reading of the table for one VM: what is legal, what it leads to, and whose doing it is. It
must not know any adapter, nor how a VM is made to change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Final

from freezeframe.adapters import Refusal
from freezeframe.lifecycles import VM_LIFECYCLE, VmStatus
from freezeframe.lifecycles.table import LifecycleError
from freezeframe.observation import Operation

SHOWN: Final[Mapping[VmStatus, frozenset[VmStatus]]] = {
    VmStatus.PAUSING: frozenset({VmStatus.RUNNING, VmStatus.PAUSED}),
    VmStatus.RESUMING: frozenset({VmStatus.PAUSED, VmStatus.RUNNING}),
    VmStatus.RESUMED: frozenset({VmStatus.RUNNING}),
}
"""As what a hypervisor shows a status that only who asked for it can know; others are as they are.
"""

_TRIGGERS: Final[Mapping[Operation, tuple[str, ...]]] = {
    Operation.PAUSE: ("begin_pause", "pause_completed"),
    Operation.RESUME: ("begin_resume", "resume_completed"),
}

_LOOKS: Final[Mapping[Operation, VmStatus]] = {
    Operation.READ_CLOCK: VmStatus.RUNNING,
    Operation.FINGERPRINT: VmStatus.PAUSED,
}
"""Operations that change nothing, and how the VM must be shown for them."""


@dataclass(frozen=True)
class Twin:
    """A VM of the model; `is_ours` tells whether maintenance stopped it, `is_behind` of a VM that
    others paused whether its clock is yet to be set since maintenance had paused it.
    """

    status: VmStatus = VmStatus.RUNNING
    is_ours: bool = False
    is_behind: bool = False

    @property
    def shown(self) -> frozenset[VmStatus]:
        """The statuses as which it may be shown."""
        return SHOWN.get(self.status, frozenset({self.status}))

    def moved(self, trigger: str, *, by_us: bool) -> Twin:
        """What a row of the table makes of it; raises `LifecycleError` if none allows it."""
        status = VM_LIFECYCLE.destination(self.status, trigger)
        is_down = status in {VmStatus.PAUSED, VmStatus.STOPPED}
        was_down = self.status is status
        is_ours = is_down and (by_us if not was_down else self.is_ours)
        is_others = status is VmStatus.PAUSED and not is_ours
        is_behind = is_others and (self.is_behind or self.status is VmStatus.RESUMED)
        return Twin(status, is_ours, is_behind)

    def asked(self, operation: Operation) -> tuple[Refusal | None, Twin]:
        """Why an operation must be refused, None if it must be done, and what it leads to.

        A hypervisor does not know whether a guest's clock was set since its resume, so it pauses a
        resumed VM like a running one; setting a clock that is right does no harm.
        """
        seen = replace(self, status=VmStatus.RUNNING) if self._is_resumed else self
        if operation in _LOOKS:
            is_legal = seen.status is _LOOKS[operation]
            return (None if is_legal else Refusal.ILLEGAL_STATE), self
        if operation is Operation.SET_CLOCK:
            is_legal = seen.status is VmStatus.RUNNING
            return (None, seen) if is_legal else (Refusal.ILLEGAL_STATE, self)
        if operation is Operation.RESUME and self.status is VmStatus.PAUSED and not self.is_ours:
            return Refusal.NOT_OURS, self
        try:
            for trigger in _TRIGGERS[operation]:
                seen = seen.moved(trigger, by_us=True)
        except LifecycleError:
            return Refusal.ILLEGAL_STATE, self
        return None, seen

    @property
    def _is_resumed(self) -> bool:
        return self.status is VmStatus.RESUMED


@dataclass(frozen=True)
class Asked:
    """An operation that was asked of a VM, between which moments, and why it was refused.

    `began` and `ended` count what was begun and ended; one that ended before another began came
    before it.
    """

    operation: Operation
    began: int
    ended: int
    refusal: Refusal | None


def explained(twins: Collection[Twin], asked: Sequence[Asked]) -> dict[Twin, tuple[VmStatus, ...]]:
    """What a VM can have become by operations that went on at once, if it was one of `twins`.

    Each with the statuses that it was shown to take on, one after the other. Empty if no order of
    the operations explains their answers.
    """
    found: dict[Twin, tuple[VmStatus, ...]] = {}
    for order in permutations(asked):
        if _is_possible(order):
            for twin in twins:
                ended = _in_turn(twin, order)
                if ended is not None:
                    found.setdefault(ended[0], ended[1])
    return found


def _is_possible(order: Sequence[Asked]) -> bool:
    return not any(
        later.ended < earlier.began
        for position, earlier in enumerate(order)
        for later in order[position + 1 :]
    )


def _in_turn(twin: Twin, order: Sequence[Asked]) -> tuple[Twin, tuple[VmStatus, ...]] | None:
    shown: list[VmStatus] = []
    for each in order:
        refusal, after = twin.asked(each.operation)
        if refusal is not each.refusal:
            return None
        shown += _changes(twin, after)
        twin = after
    return twin, tuple(shown)


def _changes(before: Twin, after: Twin) -> Iterator[VmStatus]:
    (was,), (becomes,) = before.shown, after.shown
    if was is not becomes:
        yield becomes
