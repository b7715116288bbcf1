"""Records are folded in time, whatever their order, into what the promises are judged by."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from freezeframe.lifecycles import EventStatus, HostStatus, VmStatus
from freezeframe.observation import (
    AlarmSeen,
    EventSeen,
    HostSeen,
    Ledger,
    Operation,
    Record,
    Trouble,
    VmSeen,
    in_order,
)

from .histories import CYCLE, PAUSED, RUNS, about, asked, done, ledger_of
from .moments import BY_NAME, LIMITS, breaks

PAUSE, RESUME = Operation.PAUSE, Operation.RESUME


def test_a_duplicate_is_told_and_changes_nothing() -> None:
    ledger = Ledger()
    records = about("vm", (0, RUNS), (100, PAUSED))
    for record in (*records, records[0]):
        ledger.fold(record)
    assert [remark.trouble for remark in ledger.remarks] == [Trouble.DUPLICATE]
    assert ledger.vm("vm").status is VmStatus.PAUSED


def test_a_gap_in_what_a_source_tells_is_told() -> None:
    ledger = Ledger()
    for record in (*about("vm", (0, RUNS)), *about("vm", (100, PAUSED), first=4)):
        ledger.fold(record)
    (remark,) = ledger.remarks
    assert remark.trouble is Trouble.MISSING
    assert remark.text == "expected record 2 of test, found 4"


def test_a_record_is_late_to_the_very_beginning_of_the_clock_too() -> None:
    ledger = Ledger()
    shown = EventSeen("vm", "id", EventStatus.SCHEDULED)
    ledger.fold(Record("one", 1, 0, 0, AlarmSeen(is_raised=False)))
    ledger.fold(Record("other", 1, -2_000, -2_000, shown, "host"))
    assert ledger.event("host", "vm").announced_seconds == 2


def test_a_late_record_is_backdated_if_nothing_newer_is_known_and_left_out_otherwise() -> None:
    ledger = ledger_of((0, RUNS), (5_000, PAUSED))
    for record in about("vm", (1_000, asked(PAUSE)), (2_000, RUNS), source="other"):
        ledger.fold(record)
    troubles = [remark.trouble for remark in ledger.remarks]
    assert troubles == [Trouble.LATE, Trouble.LATE, Trouble.SUPERSEDED]
    assert ledger.vm("vm").is_paused_for_maintenance
    assert ledger.vm("vm").paused_seconds == 4


def test_a_complete_history_in_disorder_is_judged_like_the_same_in_order() -> None:
    records = [*about("vm", *CYCLE), *about("vm", (30_101, done(RESUME)), first=5)]
    assert in_order(reversed(records)) == tuple(records)
    assert breaks("pause_within_limit", list(in_order(reversed(records))), 40_000)


def test_two_vms_down_together_break_the_rule_of_one_update_domain() -> None:
    ledger = Ledger()
    for vm in ("a", "b"):
        for record in about(vm, *CYCLE, source=vm):
            ledger.fold(record)
    promise = BY_NAME["one_update_domain_paused"]
    assert not promise(ledger.vm("a"), ledger.vm("b"))
    ledger.fold(*about("b", (9_000, done(RESUME)), first=5, source="b"))
    assert promise(ledger.vm("a"), ledger.vm("b"))


def event(at_ms: int, status: EventStatus, number: int, event_id: str = "e") -> Record:
    return Record("imds", number, at_ms, at_ms, EventSeen("web", event_id, status), "host")


def test_a_pause_before_approval_or_notice_breaks_the_promise_of_an_event() -> None:
    promise = BY_NAME["event_before_impact"]
    ledger = ledger_of(*CYCLE)
    assert not promise(ledger.vm("vm"), ledger.event("host", "web"), LIMITS)
    ledger.fold(event(210, EventStatus.SCHEDULED, 1))
    ledger.advance(900_209)
    assert not promise(ledger.vm("vm"), ledger.event("host", "web"), LIMITS)
    ledger.fold(event(900_210, EventStatus.STARTED, 2))
    assert promise(ledger.vm("vm"), ledger.event("host", "web"), LIMITS)
    ledger.fold(event(900_300, EventStatus.COMPLETED, 3))
    assert not promise(ledger.vm("vm"), ledger.event("host", "web"), LIMITS)


def test_approval_lasts_until_the_event_is_over_and_not_for_the_next() -> None:
    ledger = Ledger()
    statuses = (EventStatus.SCHEDULED, EventStatus.APPROVED, EventStatus.STARTED)
    for number, status in enumerate(statuses, start=1):
        ledger.fold(event(number, status, number))
    assert ledger.event("host", "web").was_approved
    ledger.fold(event(10, EventStatus.COMPLETED, 4))
    ledger.fold(event(20, EventStatus.SCHEDULED, 5, "f"))
    assert not ledger.event("host", "web").was_approved


def test_beginning_a_domain_after_a_failure_breaks_the_promise_to_halt_until_it_is_cleared() -> (
    None
):
    """Whoever sounds an alarm, or none."""
    ledger = Ledger()
    ledger.fold(Record("health", 1, 0, 0, VmSeen(VmStatus.FAILED), "host", "vm"))
    before = ledger.event("host", "web")
    ledger.fold(event(10, EventStatus.SCHEDULED, 1))
    promise = BY_NAME["halts_on_failure"]
    assert not promise(ledger.vm("vm"), before, ledger.event("host", "web"))
    ledger.fold(Record("health", 2, 20, 20, VmSeen(VmStatus.RUNNING), "host", "vm"))
    assert not promise(ledger.vm("vm"), before, ledger.event("host", "web"))
    ledger.fold(Record("health", 3, 30, 30, AlarmSeen(is_raised=False)))
    assert promise(ledger.vm("vm"), before, ledger.event("host", "web"))


def phases(*seen: tuple[HostStatus, bool]) -> Iterator[Record]:
    for number, (phase, is_new) in enumerate(seen, start=1):
        yield Record("runner", number, number, number, HostSeen(phase, is_new), "host")


ROUND = tuple(
    (phase, False)
    for phase in (
        HostStatus.SCHEDULED,
        HostStatus.QUIESCING,
        HostStatus.UPDATING,
        HostStatus.ROLLING_BACK,
        HostStatus.RESTORING,
        HostStatus.IN_SERVICE,
    )
)


@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_a_host_has_failed_once_it_is_back_in_vain_as_often_as_it_may(attempts: int) -> None:
    ledger = Ledger(attempts=attempts)
    for number, record in enumerate(phases(*ROUND * attempts), start=1):
        assert not ledger.host("host").has_failed
        ledger.fold(record)
        assert ledger.host("host").has_failed is (number == attempts * len(ROUND))
    ledger.fold(Record("operator", 1, 99, 99, AlarmSeen(is_raised=False)))
    assert not ledger.host("host").has_failed
    assert ledger.host("host").attempts == 0


def test_a_host_without_power_has_failed_until_an_operator_says_to_go_on() -> None:
    ledger = Ledger()
    out, back = HostStatus.OUT_OF_SERVICE, HostStatus.IN_SERVICE
    for record in phases((out, False), (back, False)):
        ledger.fold(record)
        assert ledger.host("host").has_failed
    ledger.fold(Record("operator", 1, 9, 9, AlarmSeen(is_raised=False)))
    assert not ledger.host("host").has_failed


def test_what_is_owed_to_nobody_is_settled() -> None:
    ledger = ledger_of(*CYCLE)
    assert not ledger.vm("vm").is_settled
    assert Ledger().vm("vm").is_settled
    assert not Ledger().host("host").is_settled
    for record in phases((HostStatus.IN_SERVICE, True)):
        ledger.fold(record)
    assert ledger.host("host").is_settled


def test_a_host_is_known_as_it_was_seen_last() -> None:
    ledger = Ledger()
    assert ledger.host("host").is_in_service
    for number, (at_ms, phase) in enumerate(
        ((20, HostStatus.UPDATING), (40, HostStatus.RESTORING), (30, HostStatus.IN_SERVICE)), 1
    ):
        fact = HostSeen(phase, has_new_software=phase is HostStatus.RESTORING)
        ledger.fold(Record("runner", number, at_ms, at_ms, fact, "host"))
    assert ledger.host("host").phase is HostStatus.RESTORING
    assert ledger.host("host").has_new_software
    assert ledger.remarks[-1].trouble is Trouble.SUPERSEDED
