"""Takes a VM along a walk through its lifecycle, and sees that it is shown as it must be.

Owns how each trigger is brought about, by the adapter or beside it. It must not know how walks are
found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import pytest

from freezeframe.adapters import AdapterError, Call
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation

from .rig import Rig
from .tours import Step
from .twin import Twin

_BEGINS: Final = {"begin_pause": Operation.PAUSE, "begin_resume": Operation.RESUME}
_FAILS: Final = frozenset({"pause_failed", "resume_failed"})
_ENDS: Final = frozenset({"pause_completed", "resume_completed"})
_OWN: Final = {
    "clock_set": Operation.SET_CLOCK,
    "shut_down": Operation.SHUT_DOWN,
    "boot": Operation.BOOT,
}
_OTHERS: Final[Mapping[str, Callable[[Any], Callable[[str], None]]]] = {
    "hold": lambda means: means.hold,
    "release": lambda means: means.release,
    "release_behind": lambda means: means.release,
    "stop": lambda means: means.stop,
    "start": lambda means: means.start,
    "create": lambda means: means.create,
    "delete": lambda means: means.delete,
    "fail": lambda means: means.crash,
}


def walk(rig: Rig, vm: str, steps: Sequence[Step]) -> None:
    """Have a VM take each step; the test fails where it is not shown as the table says."""
    walker = _Walker(rig, vm)
    follows = [later.trigger for _, later in pairwise(steps)]
    for step, following in zip(steps, [*follows, ""], strict=True):
        walker.take(step, following)
        _compare(rig, vm, step)


def shown_changes(steps: Sequence[Step]) -> list[VmStatus]:
    """The statuses that a hypervisor shows along a walk, one for each change."""
    settled = [Twin(), *(step.after for step in steps)]
    shown = [next(iter(twin.shown)) for twin in settled if len(twin.shown) == 1]
    return [later for earlier, later in pairwise(shown) if later is not earlier]


class _Walker:
    """One VM, and the call to it that is under way."""

    def __init__(self, rig: Rig, vm: str) -> None:
        self._rig, self._vm = rig, vm
        self._call: Call[Any] | None = None

    def take(self, step: Step, following: str) -> None:
        """Bring a trigger about; what comes next has to be known where it is to fail."""
        rig, vm, trigger = self._rig, self._vm, step.trigger
        if trigger in _BEGINS:
            operation = _BEGINS[trigger]
            if following in _FAILS:
                rig.means.fail_next(operation, vm)
            self._call = rig.begin(operation, vm)
        elif trigger in _ENDS:
            self._end(fails=False)
        elif trigger in _FAILS:
            self._end(fails=True)
        elif trigger in _OWN:
            rig.do(_OWN[trigger], vm)
        else:
            _OTHERS[trigger](rig.means)(vm)

    def _end(self, *, fails: bool) -> None:
        """See how the call ends that is under way."""
        assert self._call is not None, "walks end what they have begun"  # noqa: S101
        call, self._call = self._call, None
        if not fails:
            self._rig.finish(call)
            return
        try:
            self._rig.finish(call)
        except AdapterError:
            return
        pytest.fail("expected the call to end with an error, found that it was done")


def _compare(rig: Rig, vm: str, step: Step) -> None:
    after = step.after
    if after.status in {VmStatus.PAUSING, VmStatus.RESUMING}:
        return  # it is under way; where it ends is what counts
    state = rig.vms().get(vm)
    found = VmStatus.ABSENT if state is None else state.status
    if found not in after.shown:
        expected = " or ".join(sorted(after.shown))
        pytest.fail(f"{step}: expected it shown {expected}, found it {found}")
    is_held = state is not None and state.is_held
    if is_held is not after.is_ours:
        said = "held by us" if is_held else "not held by us"
        pytest.fail(f"{step}: expected {after.is_ours} for whether it is ours, found it {said}")
