"""What is told of a VM changes what is known of it: pauses, clocks, memory, and whose doing."""

from __future__ import annotations

from freezeframe.lifecycles import VmStatus
from freezeframe.observation import (
    ClockMeasured,
    MemoryChecked,
    MemoryFingerprinted,
    Operation,
    Outcome,
    Reason,
    Told,
    VmSeen,
)

from .histories import CYCLE, PAUSED, RUNS, about, asked, done, ledger_of
from .moments import BY_NAME, breaks

PAUSE, RESUME = Operation.PAUSE, Operation.RESUME


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


def test_a_pause_is_no_older_than_the_vm_was_seen_running_after_its_request() -> None:
    """As by a controller that starts again after one that died before its request was begun."""
    ledger = ledger_of((0, RUNS), (100, asked(PAUSE)), (9_000, RUNS), (9_500, PAUSED))
    ledger.advance(10_000)
    assert ledger.vm("vm").is_down_for_maintenance
    assert ledger.vm("vm").paused_seconds == 1


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


def test_a_clock_is_owed_still_to_a_vm_that_others_held_before_it_was_set() -> None:
    """Neither an I/O error amid the resume nor a customer's pause after it sets a clock."""
    amid = ((3_000, asked(RESUME)), (3_050, VmSeen(VmStatus.PAUSED, Reason.IO_ERROR)))
    later = ((3_000, asked(RESUME)), (3_100, done(RESUME)), (3_200, PAUSED))
    for held in (amid, later):
        vm = ledger_of(*CYCLE, *held).vm("vm")
        assert not vm.is_down_for_maintenance
        assert (vm.clock_is_right, vm.was_held_meanwhile) == (False, True)
        ledger = ledger_of(*CYCLE, *held, (4_000, RUNS))
        assert not ledger.vm("vm").clock_is_right
        assert BY_NAME["clock_synchronized"](ledger.host("host"), ledger.vm("vm"))
        assert not BY_NAME["no_deadlock"](ledger.vm("vm"))
        paid = ledger_of(*CYCLE, *held, (4_000, RUNS), (4_100, ClockMeasured(0, 0))).vm("vm")
        assert (paid.clock_is_right, paid.was_held_meanwhile) == (True, False)


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


def test_a_vm_that_was_cut_off_while_asked_to_shut_down_is_its_customers() -> None:
    """A guest that shuts down because it was asked to is not cut off."""
    shut_down = Operation.SHUT_DOWN
    cut_off = VmSeen(VmStatus.STOPPED, Reason.DESTROYED)
    failed = Told(shut_down, Outcome.FAILED)
    before = ((0, RUNS), (10, asked(shut_down)), (20, cut_off))
    assert not ledger_of(*before).vm("vm").is_down_for_maintenance
    assert not ledger_of(*before, (30, failed)).vm("vm").is_down_for_maintenance


def test_an_answer_that_comes_after_others_paused_the_vm_again_overrules_nobody() -> None:
    """The resume was asked for while the pause was ours, and it had come about before theirs."""
    failed = VmSeen(VmStatus.PAUSED, Reason.IO_ERROR)
    before = ((0, asked(Operation.PAUSE)), (100, PAUSED), (200, asked(Operation.RESUME)))
    ledger = ledger_of(*before, (300, RUNS), (301, failed), (302, done(Operation.RESUME)))
    assert not ledger.vm("vm").is_resumed_for_another
    assert not ledger.vm("vm").is_running


def test_an_io_error_while_a_vm_resumes_makes_its_pause_another_s() -> None:
    failed = VmSeen(VmStatus.PAUSED, Reason.IO_ERROR)
    ledger = ledger_of(*CYCLE, (5_000, asked(RESUME)), (5_050, failed))
    assert not ledger.vm("vm").is_down_for_maintenance
    assert ledger.vm("vm").paused_seconds == 0
    for record in about("vm", (6_000, asked(RESUME)), (6_050, RUNS), first=7):
        ledger.fold(record)
    assert not BY_NAME["unrelated_vms_untouched"](ledger.vm("vm"))
