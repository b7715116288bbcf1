"""What a recorded run says about durations, for a simulated hypervisor to follow.

It must not know hosts.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import Final

from freezeframe.lifecycles import HostStatus
from freezeframe.observation import HostSeen, Operation, Outcome, Record, StepTaken, Told, VmSeen
from freezeframe.protocol import Actor

_BUSY: Final = {HostStatus.UPDATING: Operation.UPDATE, HostStatus.ROLLING_BACK: Operation.ROLL_BACK}
_LABELS: Final = {Operation.UPDATE: "update", Operation.ROLL_BACK: "rollback"}


class Script:
    """Durations and failures in the order of a run; fills `Choices` of the simulated hosts.

    What the run does not say takes as long as it may, and no fault happens that is not forced.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        """Follow `records`, which are in the order of time."""
        self._durations_ms: dict[str, deque[int]] = defaultdict(deque)
        self.is_followed = True
        """Whether every duration so far could be as the run says, no answer came later in its
        moment than something else (hosts answer first, and only then is something done), and
        nobody took over a VM that owed an answer."""
        self.failing: dict[int, str] = {}
        """The fault that must be forced before the request, or phase, that is recorded there."""
        for number, record in enumerate(records):
            self._look_ahead(number, record, records[number + 1 :])

    def integer(self, least: int, most: int, label: str) -> int:
        """See `Choices`."""
        if label in self._durations_ms:
            known = self._durations_ms[label]
            wanted = known.popleft() if known else most
            found = max(least, min(most, wanted))
            self.is_followed = self.is_followed and found == wanted
            return found
        return max(least, min(most, 0))

    def happens(self, label: str) -> bool:  # noqa: ARG002 (nothing happens by chance)
        """See `Choices`."""
        return False

    def _look_ahead(self, number: int, record: Record, rest: Sequence[Record]) -> None:
        fact = record.fact
        if isinstance(fact, Told) and fact.outcome is Outcome.REQUESTED:
            answer = next(_answers(fact.operation, record.vm, rest), None)
            label = f"{fact.operation} of {record.vm}"
            if answer is None:
                self._durations_ms[label]
                seen = (each.vm for each in rest if isinstance(each.fact, VmSeen))
                self.is_followed = self.is_followed and record.vm not in seen
                return
            self._note(label, record, answer, rest)
            if isinstance(answer.fact, Told) and answer.fact.outcome is not Outcome.COMPLETED:
                self.failing[number] = f"{fact.operation}_failure"
        elif isinstance(fact, HostSeen) and fact.phase in _BUSY:
            after = next(_phases(record.host, rest), None)
            operation = _BUSY[fact.phase]
            if after is not None and _has_succeeded(operation, after):
                self._note(f"{_LABELS[operation]} of {record.host}", record, after, rest)
            elif operation is Operation.UPDATE:
                self.failing[number] = "update_hang"

    def _note(self, label: str, request: Record, answer: Record, rest: Sequence[Record]) -> None:
        duration_ms = answer.monotonic_ms - request.monotonic_ms
        self._durations_ms[label].append(duration_ms)
        before = [
            each.fact.actor
            for each in rest[: rest.index(answer)]
            if isinstance(each.fact, StepTaken) and each.monotonic_ms == answer.monotonic_ms
        ]
        others = [actor for actor in before[:-1] if duration_ms == 0 or actor != Actor.HYPERVISOR]
        self.is_followed = self.is_followed and not others


def _answers(operation: Operation, vm: str | None, rest: Sequence[Record]) -> Iterator[Record]:
    for record in rest:
        fact = record.fact
        if record.vm == vm and isinstance(fact, Told) and fact.operation is operation:
            yield record


def _phases(host: str | None, rest: Sequence[Record]) -> Iterator[Record]:
    return (each for each in rest if each.host == host and isinstance(each.fact, HostSeen))


def _has_succeeded(operation: Operation, after: Record) -> bool:
    is_restoring = isinstance(after.fact, HostSeen) and after.fact.phase is HostStatus.RESTORING
    return is_restoring or operation is Operation.ROLL_BACK
