"""Recorded histories are judged by the very promises that the model is checked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from freezeframe.fleet import Limits
from freezeframe.lifecycles import EventStatus, HostStatus, VmStatus
from freezeframe.observation import (
    AlarmSeen,
    ClockMeasured,
    EventSeen,
    Fact,
    HostSeen,
    Ledger,
    MemoryChecked,
    MemoryFingerprinted,
    Operation,
    Outcome,
    Reason,
    Record,
    Told,
    Trouble,
    VmSeen,
    in_order,
)
from freezeframe.properties import PROMISES

from .histories import PAUSED, RUNS, about, asked, done
from .moments import moments

PAUSE, RESUME = Operation.PAUSE, Operation.RESUME
LIMITS = Limits()
BY_NAME = {each.name: each.predicate for each in PROMISES}
CYCLE = ((0, RUNS), (100, asked(PAUSE)), (200, PAUSED), (210, done(PAUSE)))


def breaks(name: str, records: list[Record], ends_at_ms: int) -> bool:
    """Whether a promise about one VM is broken at some moment."""
    wants_limits = name == "pause_within_limit"
    return any(
        not BY_NAME[name](moment.ledger.vm("vm"), *([LIMITS] if wants_limits else []))
        for moment in moments(records, ends_at_ms=ends_at_ms)
    )


def ledger_of(*facts: tuple[int, Fact]) -> Ledger:
    ledger = Ledger()
    for record in about("vm", *facts):
        ledger.fold(record)
    return ledger


def test_a_pause_counts_from_its_request_until_the_vm_runs() -> None:
    ledger = ledger_of(*CYCLE)
    ledger.advance(5_100)
    assert ledger.vm("vm").paused_seconds == 5
    assert ledger.vm("vm").is_paused_for_maintenance
    for record in about("vm", (6_000, asked(RESUME)), (6_100, done(RESUME)), first=5):
        ledger.fold(record)
    assert ledger.vm("vm").paused_seconds == 0
    assert not ledger.vm("vm").is_down_for_maintenance


def test_a_pause_that_was_over_before_the_next_record_is_still_judged() -> None:
    late = [*about("vm", *CYCLE), *about("vm", (30_101, done(RESUME)), first=5)]
    good = [*about("vm", *CYCLE), *about("vm", (30_100, done(RESUME)), first=5)]
    assert breaks("pause_within_limit", late, 40_000)
    assert not breaks("pause_within_limit", good, 40_000)


def test_a_pause_that_never_ends_is_judged_at_the_end_of_the_trace() -> None:
    records = about("vm", *CYCLE)
    assert not breaks("pause_within_limit", records, 30_100)
    assert breaks("pause_within_limit", records, 30_101)


def test_a_pause_of_unknown_outcome_counts_until_the_vm_is_seen_running() -> None:
    unknown = Told(PAUSE, Outcome.UNKNOWN)
    facts = ((0, RUNS), (100, asked(PAUSE)), (1_100, unknown))
    assert breaks("pause_within_limit", about("vm", *facts), 40_000)
    ledger = ledger_of(*facts, (1_200, RUNS))
    assert not ledger.vm("vm").is_down_for_maintenance
    ledger.fold(*about("vm", (1_300, PAUSED), first=5))
    assert ledger.vm("vm").is_down_for_maintenance, "the pause came about after all"


def test_a_failed_pause_ends_the_count_and_a_failed_resume_does_not() -> None:
    failed = ledger_of((0, RUNS), (100, asked(PAUSE)), (300, Told(PAUSE, Outcome.FAILED)))
    assert failed.vm("vm").is_running
    resume = ledger_of(*CYCLE, (300, asked(RESUME)), (400, Told(RESUME, Outcome.FAILED)))
    resume.advance(1_100)
    assert resume.vm("vm").paused_seconds == 1


def test_a_vm_that_others_paused_is_not_paused_for_maintenance() -> None:
    ledger = ledger_of((0, RUNS), (100, VmSeen(VmStatus.PAUSED, Reason.IO_ERROR)))
    ledger.advance(90_000)
    assert not ledger.vm("vm").is_down_for_maintenance
    assert ledger.vm("vm").paused_seconds == 0


def test_resuming_what_others_paused_is_told_and_their_own_release_is_not() -> None:
    held = ((0, RUNS), (100, PAUSED))
    taken = about("vm", *held, (200, asked(RESUME)), (300, done(RESUME)))
    seen = about("vm", *held, (200, asked(RESUME)), (300, RUNS))
    released = about("vm", *held, (300, RUNS))
    refused = about("vm", *held, (200, asked(RESUME)), (250, Told(RESUME, Outcome.REFUSED)))
    refused += about("vm", (300, RUNS), first=5)
    assert breaks("unrelated_vms_untouched", taken, 400)
    assert breaks("unrelated_vms_untouched", seen, 400)
    assert not breaks("unrelated_vms_untouched", released, 400)
    assert not breaks("unrelated_vms_untouched", refused, 400)


def test_a_pause_in_progress_when_the_record_begins_is_ours_if_it_bears_our_mark() -> None:
    marked = VmSeen(VmStatus.PAUSED, Reason.USER, is_held=True)
    ledger = ledger_of((0, marked), (2_000, asked(RESUME)))
    assert ledger.vm("vm").paused_seconds == 2
    assert not ledger_of((0, PAUSED)).vm("vm").is_down_for_maintenance


def test_a_vm_found_shut_down_is_down_for_maintenance_if_it_bears_our_mark() -> None:
    marked = VmSeen(VmStatus.STOPPED, Reason.SHUT_DOWN, is_held=True)
    booted = (*about("vm", (0, marked), (9, asked(Operation.BOOT)), (20, done(Operation.BOOT))),)
    assert ledger_of((0, marked)).vm("vm").is_down_for_maintenance
    assert not breaks("unrelated_vms_untouched", [*booted], 30)
    unmarked = VmSeen(VmStatus.STOPPED, Reason.SHUT_DOWN)
    assert not ledger_of((0, unmarked)).vm("vm").is_down_for_maintenance
    taken = about("vm", (0, unmarked), (9, asked(Operation.BOOT)), (20, done(Operation.BOOT)))
    assert breaks("unrelated_vms_untouched", taken, 30)


def test_after_every_resume_a_clock_is_wrong_until_it_is_shown_to_be_right() -> None:
    cycle = (*CYCLE, (3_000, asked(RESUME)), (3_100, done(RESUME)))
    ledger = ledger_of(*cycle)
    assert not ledger.vm("vm").clock_is_right
    assert BY_NAME["clock_synchronized"](ledger.host("host"), ledger.vm("vm")) is False
    ledger = ledger_of(*cycle, (3_200, ClockMeasured(-2_000, 0)))
    assert not ledger.vm("vm").clock_is_right
    ledger = ledger_of(*cycle, (3_200, ClockMeasured(990, 20)))
    assert not ledger.vm("vm").clock_is_right, "an uncertain reading shows nothing"
    ledger = ledger_of(*cycle, (3_200, ClockMeasured(-3, 12)))
    assert ledger.vm("vm").clock_is_right
    for record in about("vm", (4_000, asked(PAUSE)), (4_100, done(PAUSE)), first=8):
        ledger.fold(record)
    ledger.fold(*about("vm", (5_000, done(RESUME)), first=10))
    assert not ledger.vm("vm").clock_is_right, "set on the first resume only"


def test_memory_that_changed_while_paused_is_not_preserved() -> None:
    before, after = (MemoryFingerprinted(digest, "whole", 1) for digest in ("a", "b"))
    end = ((900, asked(RESUME)), (1_000, done(RESUME)))
    assert breaks("memory_preserved", about("vm", *CYCLE, (300, before), (800, after), *end), 1_000)
    same = about("vm", *CYCLE, (300, before), (800, before), *end)
    assert not breaks("memory_preserved", same, 1_000)
    other = MemoryFingerprinted("b", "sampled", 1)
    incomparable = about("vm", *CYCLE, (300, before), (800, other), *end)
    assert not breaks("memory_preserved", incomparable, 1_000)
    next_pause = (*CYCLE, (300, before), *end, (2_000, asked(PAUSE)), (2_100, done(PAUSE)))
    assert not breaks("memory_preserved", about("vm", *next_pause, (2_200, after)), 3_000)


def test_a_guest_that_misses_its_memory_breaks_the_promise_until_it_boots_afresh() -> None:
    ledger = ledger_of((0, RUNS), (10, MemoryChecked(is_intact=False)))
    assert not BY_NAME["memory_preserved"](ledger.vm("vm"))
    for record in about(
        "vm", (20, VmSeen(VmStatus.STOPPED, Reason.DESTROYED)), (30, RUNS), first=3
    ):
        ledger.fold(record)
    assert BY_NAME["memory_preserved"](ledger.vm("vm"))


def test_a_vm_that_maintenance_shut_down_is_down_for_it_and_one_its_customer_stopped_is_not() -> (
    None
):
    off = VmSeen(VmStatus.STOPPED, Reason.SHUT_DOWN)
    ours = ledger_of((0, RUNS), (10, asked(Operation.SHUT_DOWN)), (20, off))
    assert ours.vm("vm").is_down_for_maintenance
    assert not ledger_of((0, RUNS), (20, off)).vm("vm").is_down_for_maintenance
    booted = ledger_of((0, RUNS), (20, off), (30, asked(Operation.BOOT)), (40, RUNS))
    assert booted.vm("vm").is_resumed_for_another


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


def test_an_io_error_while_a_vm_resumes_makes_its_pause_another_s() -> None:
    failed = VmSeen(VmStatus.PAUSED, Reason.IO_ERROR)
    ledger = ledger_of(*CYCLE, (5_000, asked(RESUME)), (5_050, failed))
    assert not ledger.vm("vm").is_down_for_maintenance
    assert ledger.vm("vm").paused_seconds == 0
    for record in about("vm", (6_000, asked(RESUME)), (6_050, RUNS), first=7):
        ledger.fold(record)
    assert not BY_NAME["unrelated_vms_untouched"](ledger.vm("vm"))


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
