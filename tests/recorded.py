"""Writes down what one observer of a small fleet could have recorded; times in milliseconds."""

from __future__ import annotations

from freezeframe.lifecycles import EventStatus, HostStatus, VmStatus
from freezeframe.observation import (
    AlarmSeen,
    Ended,
    EventSeen,
    Fact,
    HostSeen,
    Operation,
    Outcome,
    Reason,
    Record,
    Told,
    VmSeen,
)

RUNS = VmSeen(VmStatus.RUNNING, Reason.UNPAUSED)
PAUSED = VmSeen(VmStatus.PAUSED, Reason.USER)
FAILS = VmSeen(VmStatus.FAILED, Reason.CRASHED)


class Recording:
    """Records of one source, in the order in which they are added."""

    def __init__(self, source: str = "test") -> None:
        """Begin with no record."""
        self.source = source
        self.records: list[Record] = []

    def add(
        self, at_ms: int, fact: Fact, host: str | None = None, vm: str | None = None
    ) -> Recording:
        number = len(self.records) + 1
        wall_ms = 1_000_000 + at_ms
        self.records.append(Record(self.source, number, at_ms, wall_ms, fact, host, vm))
        return self

    def pause(self, at_ms: int, host: str, vm: str) -> Recording:
        """Maintenance pauses a running VM, which takes no time."""
        self.add(at_ms, RUNS, host, vm)
        self.add(at_ms, Told(Operation.PAUSE, Outcome.REQUESTED), host, vm)
        self.add(at_ms, PAUSED, host, vm)
        return self.add(at_ms, Told(Operation.PAUSE, Outcome.COMPLETED), host, vm)

    def resume(self, at_ms: int, host: str, vm: str) -> Recording:
        """Maintenance resumes a paused VM, which takes no time."""
        self.add(at_ms, Told(Operation.RESUME, Outcome.REQUESTED), host, vm)
        self.add(at_ms, RUNS, host, vm)
        return self.add(at_ms, Told(Operation.RESUME, Outcome.COMPLETED), host, vm)

    def event(self, at_ms: int, host: str, tenant: str, status: EventStatus) -> Recording:
        return self.add(at_ms, EventSeen(tenant, f"{host}/{tenant}", status), host)

    def host(self, at_ms: int, host: str, phase: HostStatus, *, is_new: bool = False) -> Recording:
        return self.add(at_ms, HostSeen(phase, is_new), host)

    def alarm(self, at_ms: int, *, is_raised: bool) -> Recording:
        return self.add(at_ms, AlarmSeen(is_raised))

    def end(self, at_ms: int) -> Recording:
        return self.add(at_ms, Ended())
