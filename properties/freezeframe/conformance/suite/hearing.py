"""Small questions that several tests ask of what they see and hear."""

from __future__ import annotations

from collections.abc import Iterable

from freezeframe.adapters import AdapterError, Change, Origin, Sight, Subscription, VmState
from freezeframe.conformance.rig import Rig
from freezeframe.lifecycles import VmStatus

PERIODS = 5
"""So many heartbeats of a running guest are waited for."""

HEAR_MS = 3_000
"""An event that has not come by then is lost."""

QUIET_MS = 250
"""How long is listened for what should not come."""

BACK_MS = 15_000
"""A host whose connection was lost is seen again by then."""


def others(rig: Rig) -> dict[str, VmState]:
    """Every VM of the host but the one under test, marked or not."""
    return {name: state for name, state in rig.vms().items() if name != rig.vm}


def heartbeats_during(rig: Rig, vm: str, periods: int) -> int:
    """How many heartbeats a guest makes in so many periods, once the last ones have been heard."""
    rig.notes.judges.add("witness")
    period_ms = rig.means.period_ms
    rig.wait_ms(period_ms)
    before = rig.means.ask(vm).heartbeats
    rig.wait_ms(periods * period_ms)
    return int(rig.means.ask(vm).heartbeats - before)


class Ear:
    """A subscription, and all that was heard of it."""

    def __init__(self, rig: Rig) -> None:
        """Subscribe, and hear how every VM was found."""
        self._rig = rig
        self._subscription: Subscription = rig.subscribe()
        self.heard: list[Change | Sight] = []
        self.listen(len(rig.vms()))
        self.found = tuple(self.heard)

    def listen(self, count: int) -> None:
        """Hear until so many more have come, and then a little longer for what is too much."""
        until = len(self.heard) + count
        while len(self.heard) < until and self._take(HEAR_MS):
            pass
        while self._take(QUIET_MS):
            pass

    def told(self, vm: str) -> list[Change]:
        """What was told of a VM, in the order in which it came."""
        changes = (each for each in self.heard if isinstance(each, Change) and each.vm == vm)
        return [each for each in changes if each.origin is Origin.TOLD]

    def statuses(self, vm: str) -> list[VmStatus]:
        """The statuses that were told of a VM."""
        return [change.status for change in self.told(vm)]

    @property
    def sights(self) -> list[bool]:
        """Whether the host was in sight, each time that this changed."""
        return [each.is_in_sight for each in self.heard if isinstance(each, Sight)]

    def close(self) -> None:
        """Hear no more."""
        self._rig.call("close()", self._subscription.close)

    def take_now(self) -> Change | Sight | None:
        """What has come, at once."""
        return self._rig.call("take()", lambda: self._subscription.take(deadline_ms=0))

    def _take(self, within_ms: int) -> bool:
        took = self._rig.call("take()", lambda: self._subscription.take(deadline_ms=within_ms))
        if took is not None:
            self.heard.append(took)
        return took is not None


def wait_until_back(rig: Rig) -> None:
    """Wait until the host can be seen again; the test fails if that takes longer than `BACK_MS`."""
    ends_ms = rig.now_ms() + BACK_MS
    while True:
        try:
            rig.vms()
        except AdapterError:
            assert rig.now_ms() < ends_ms, f"not seen again within {BACK_MS} ms"
            rig.wait_ms(50)
        else:
            return


def by_name(names: Iterable[str]) -> str:
    """Names, for people."""
    return ", ".join(names) or "none"
