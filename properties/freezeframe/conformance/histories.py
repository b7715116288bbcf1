"""What is recorded while an adapter is driven, and the judgement on it.

Owns the recorder, the fleet as which a host under test is judged, and the maintenance that is told
around what is done to its VMs. It must not know what is done, nor in which order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from freezeframe.adapters import Call, Capability, Change, Origin, Recorder
from freezeframe.checking.judging import Judgement, judge
from freezeframe.fleet import AvailabilitySet, Fleet, Host, VirtualMachine
from freezeframe.lifecycles import EventStatus, HostStatus, VmStatus
from freezeframe.observation import (
    EventSeen,
    HostSeen,
    MemoryChecked,
    Operation,
    Record,
    in_order,
)
from freezeframe.properties import Kind
from freezeframe.reporting import Verdict

from .rig import Rig

SOURCE: Final = "conformance"
TENANT: Final = "under test"

_HOST: Final = "host seen"
_KINDS: Final = frozenset(
    {
        "vm seen",
        "vm operation",
        "clock measured",
        "memory fingerprinted",
        "memory checked",
        "sight changed",
        "event seen",
        "ended",
    }
)
"""What can be seen here; there is no health signal. The host is seen to return to service only
where clocks can be set and read, for that is what it waits for.
"""

_HEAR_MS: Final = 3_000
"""A change that has not been told by then is lost."""

_QUIET_MS: Final = 50
"""How long is listened at the end of a run for what should not come."""


class History:
    """One maintenance of the host under test, from its announcement to the host's return."""

    def __init__(self, rig: Rig) -> None:
        """Record what is done through `rig`."""
        self._rig = rig
        self._records: list[Record] = []
        self._recorder = Recorder(rig.adapter, self._records.append, source=SOURCE)
        self._subscription: Any = None
        self._told: dict[str, list[VmStatus]] = {}

    def begin(self) -> None:
        """Announce the maintenance, have it approved, and begin it; somebody watches."""
        if self._rig.bench.claims[Capability.CHANGES].is_offered:
            self._subscription = self._recorder.watch(self._rig.subscribe())
        for status in (EventStatus.SCHEDULED, EventStatus.APPROVED, EventStatus.STARTED):
            self._recorder.record(EventSeen(TENANT, "1", status))
        self._see_host(HostStatus.QUIESCING, has_new_software=False)

    def begin_call(self, operation: Operation, vm: str) -> Call[Any]:
        """Ask for an operation; the request and later the answer are recorded."""
        return self._rig.begin(operation, vm, through=self._recorder)

    def ask_guest(self, vm: str) -> None:
        """Record what the guest finds of its own memory."""
        self._rig.notes.judges.add("witness")
        is_intact = self._rig.means.ask(vm).memory_is_intact
        self._recorder.record(MemoryChecked(is_intact), vm=vm)

    def hear(self, vm: str, count: int) -> None:
        """Wait until so many changes of a VM have been told in all, or it takes too long.

        What is told only after a request cannot be told from what came of the request.
        """
        while len(self._told.get(vm, [])) < count and self._take(_HEAR_MS):
            pass

    def end(self, changes: Mapping[str, Sequence[VmStatus]]) -> str | None:
        """End the maintenance; what is wrong with what was told of VMs, None if nothing is.

        `changes` are the statuses that each VM took on.
        """
        for vm, expected in changes.items():
            self.hear(vm, len(expected))
        while self._take(_QUIET_MS):
            pass
        self._see_host(HostStatus.IN_SERVICE, has_new_software=True)
        self._recorder.record(EventSeen(TENANT, "1", EventStatus.COMPLETED))
        self._recorder.end()
        for vm, expected in changes.items():
            told = self._told.get(vm, [])
            if self._subscription is not None and told != list(expected):
                return f"{vm}: expected to be told {_listed(expected)}, found {_listed(told)}"
        return None

    def judged(self) -> str | None:
        """Which promises of the catalogue were not kept."""
        kinds = _KINDS | {_HOST} if self._has_clocks else _KINDS
        return complaint_of(judge(in_order(self._records), self._fleet(), kinds=kinds))

    def close(self) -> None:
        """Watch no longer."""
        if self._subscription is not None:
            self._subscription.close()

    @property
    def _has_clocks(self) -> bool:
        claims, both = self._rig.bench.claims, (Capability.SET_CLOCK, Capability.READ_CLOCK)
        return all(claims[each].is_offered for each in both)

    def _see_host(self, phase: HostStatus, *, has_new_software: bool) -> None:
        if self._has_clocks:
            self._recorder.record(HostSeen(phase, has_new_software))

    def _take(self, within_ms: int) -> bool:
        if self._subscription is None:
            return False
        took = self._subscription.take(deadline_ms=within_ms)
        if isinstance(took, Change) and took.origin is Origin.TOLD:
            self._told.setdefault(took.vm, []).append(took.status)
        return took is not None

    def _fleet(self) -> Fleet:
        """The host under test, its VMs in one domain of one set: one host carries no more."""
        bench = self._rig.bench
        vms = tuple(VirtualMachine(vm, bench.host, TENANT, 0) for vm in bench.vms)
        sets = (AvailabilitySet(TENANT, update_domains=1, fault_domains=1),)
        return Fleet("host under test", (Host(bench.host, 0),), vms, sets)


def complaint_of(judgement: Judgement) -> str | None:
    """The promises that were broken, or that were not yet kept at the end; None if all were kept.

    Only what must come true once is not judged by so short a history.
    """
    broken = [
        f"Broken: {each.property.promise} ({', '.join(each.subjects)}, at {each.at_ms} ms)"
        for each in judgement.violations
    ]
    broken += [
        f"Not kept at the end: {each.property.promise}"
        for each in judgement.properties
        if each.verdict is Verdict.INCOMPLETE and each.property.kind is not Kind.SOMETIMES
    ]
    return "\n".join(broken) or None


def _listed(statuses: Sequence[VmStatus]) -> str:
    return ", ".join(statuses) or "nothing"
