"""Writes short histories for the tests beside it, and folds them: times in milliseconds."""

from __future__ import annotations

from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Fact, Ledger, Operation, Outcome, Reason, Record, Told, VmSeen

RUNS = VmSeen(VmStatus.RUNNING, Reason.UNPAUSED)
PAUSED = VmSeen(VmStatus.PAUSED, Reason.USER)


def asked(operation: Operation) -> Told:
    return Told(operation, Outcome.REQUESTED)


def done(operation: Operation) -> Told:
    return Told(operation, Outcome.COMPLETED)


def about(vm: str, *facts: tuple[int, Fact], first: int = 1, source: str = "test") -> list[Record]:
    return [
        Record(source, number, at_ms, 1_000_000 + at_ms, fact, "host", vm)
        for number, (at_ms, fact) in enumerate(facts, start=first)
    ]


CYCLE = ((0, RUNS), (100, asked(Operation.PAUSE)), (200, PAUSED), (210, done(Operation.PAUSE)))
"""A VM runs, and is paused for maintenance."""


def ledger_of(*facts: tuple[int, Fact]) -> Ledger:
    ledger = Ledger()
    for record in about("vm", *facts):
        ledger.fold(record)
    return ledger
