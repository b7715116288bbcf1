"""A recorded history is judged by the promises of the catalogue, one record at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from freezeframe.checking.judging.judge import Judge, judge
from freezeframe.checking.judging.judgement import Judgement, PropertyJudgement
from freezeframe.checking.judging.timelines import TIMELINE_MAX
from freezeframe.fleet import AvailabilitySet, Fleet, Host, Limits, VirtualMachine
from freezeframe.lifecycles import EventStatus, HostStatus
from freezeframe.observation import KINDS, Operation, Outcome, Repeats, Told, VmView
from freezeframe.properties import ALL, Kind, Property
from freezeframe.reporting import Verdict
from tests.recorded import FAILS, RUNS, Recording

FLEET = Fleet(
    "two domains",
    (Host("a"), Host("b")),
    (VirtualMachine("v", "a", "web", 0), VirtualMachine("w", "b", "web", 1)),
    (AvailabilitySet("web"),),
    limits=Limits(notice_ms=0),
)
VMS_ONLY = frozenset({"vm seen", "vm operation"})


def verdict_on(name: str, judged: Judgement) -> PropertyJudgement:
    (found,) = [each for each in judged.properties if each.property.name == name]
    return found


def watched(recording: Recording, ends_at_ms: int | None = None) -> Judgement:
    return judge(recording.records, FLEET, ends_at_ms=ends_at_ms, kinds=VMS_ONLY)


def test_two_domains_paused_together_are_told_with_all_that_led_there() -> None:
    recording = Recording().pause(1_000, "a", "v").pause(2_000, "b", "w").resume(3_000, "a", "v")
    judged = watched(recording)
    assert judged.verdict is Verdict.VIOLATED
    (violation,) = judged.violations
    assert violation.property.name == "one_update_domain_paused"
    assert set(violation.subjects) == {"v", "w"}
    assert violation.at_ms == 2_000
    assert violation.timeline == tuple(recording.records[:6])


def test_one_domain_after_the_other_is_kept() -> None:
    recording = Recording().pause(0, "a", "v").resume(9_000, "a", "v")
    judged = watched(recording.pause(9_001, "b", "w").resume(20_000, "b", "w"))
    assert judged.verdict is Verdict.HOLDS
    assert verdict_on("pause_within_limit", judged).worst_seconds == pytest.approx(10.999)


@pytest.mark.parametrize(("ends_at_ms", "verdict"), [(30_000, Verdict.HOLDS), (30_001, "violated")])
def test_a_pause_that_lasts_is_judged_at_the_end(ends_at_ms: int, verdict: Verdict) -> None:
    judged = watched(Recording().pause(0, "a", "v"), ends_at_ms)
    assert verdict_on("pause_within_limit", judged).verdict == verdict
    assert verdict_on("pause_within_limit", judged).worst_seconds == ends_at_ms / 1000
    resting = verdict_on("no_vm_left_paused", judged)
    assert (resting.verdict, resting.pending) == (Verdict.INCOMPLETE, (("v",),))


def test_a_pause_too_long_is_told_when_time_passes_the_limit_and_once() -> None:
    judging = Judge(FLEET, kinds=VMS_ONLY)
    for record in Recording().pause(0, "a", "v").records:
        assert not judging.fold(record)
    assert not judging.advance(30_000)
    (violation,) = judging.advance(30_500)
    assert (violation.property.name, violation.subjects) == ("pause_within_limit", ("v",))
    assert not judging.advance(60_000)
    assert not judging.fold(Recording("later").add(60_000, RUNS, "a", "v").records[0])


def test_a_promise_broken_again_is_told_again() -> None:
    recording = Recording().pause(0, "a", "v").resume(31_000, "a", "v")
    recording.pause(40_000, "a", "v").resume(80_000, "a", "v")
    found = verdict_on("pause_within_limit", watched(recording)).violations
    assert [each.at_ms for each in found] == [31_000, 80_000]


def test_nothing_is_begun_after_a_failure_that_no_operator_has_looked_at() -> None:
    """Whatever alarm is raised, or none."""
    recording = Recording().event(0, "a", "web", EventStatus.SCHEDULED).add(1, FAILS, "a", "v")
    recording.event(2, "a", "web", EventStatus.STARTED)
    judged = judge(recording.records, FLEET)
    (violation,) = verdict_on("halts_on_failure", judged).violations
    assert violation.at_ms == 2
    recording.records[1] = replace(recording.records[1], fact=RUNS)
    assert not verdict_on("halts_on_failure", judge(recording.records, FLEET)).violations


@pytest.mark.parametrize("resumes", [0, 1])
def test_a_vm_is_left_paused_only_if_it_never_runs_in_what_repeats_for_ever(
    resumes: int,
) -> None:
    """A VM that is paused at the end of it, and resumed at its beginning, is not left so."""
    recording = Recording().pause(0, "a", "v")
    before = len(recording.records)
    for _ in range(resumes):
        recording.resume(1_000, "a", "v").pause(2_000, "a", "v")
    recording.add(3_000, Repeats(len(recording.records) - before))
    left = verdict_on("no_vm_left_paused", judge(recording.records, FLEET)).violations
    assert [each.subjects for each in left] == ([] if resumes else [("v",)])


@pytest.mark.parametrize("step_ms", [0, 1_000])
def test_a_deadlock_is_only_where_no_time_passes_in_what_repeats_for_ever(step_ms: int) -> None:
    """Scheduling a host and not, again and again, is one if all is done within one moment."""
    recording = Recording().host(5_000, "a", HostStatus.SCHEDULED)
    recording.host(5_000 + step_ms, "a", HostStatus.IN_SERVICE)
    recording.host(5_000 + 2 * step_ms, "a", HostStatus.SCHEDULED)
    recording.add(5_000 + 2 * step_ms, Repeats(2))
    found = verdict_on("no_deadlock", judge(recording.records, FLEET)).violations
    assert [each.subjects for each in found] == ([] if step_ms else [()])


def test_once_an_operator_has_looked_at_a_failure_more_is_begun() -> None:
    recording = Recording().event(0, "a", "web", EventStatus.SCHEDULED).add(1, FAILS, "a", "v")
    recording.alarm(2, is_raised=False).event(3, "a", "web", EventStatus.STARTED)
    judged = judge(recording.records, FLEET)
    assert not verdict_on("halts_on_failure", judged).violations


def test_what_observers_cannot_record_is_not_asked() -> None:
    """A pause without an event is a harm where events are recorded, and no news elsewhere."""
    recording = Recording().pause(0, "a", "v").resume(1, "a", "v")
    everything = judge(recording.records, FLEET)
    assert verdict_on("event_before_impact", everything).verdict is Verdict.VIOLATED
    assert verdict_on("clock_synchronized", everything).verdict is Verdict.VIOLATED
    judged = watched(recording)
    for name in ("event_before_impact", "clock_synchronized", "maintenance_completes"):
        assert verdict_on(name, judged).subjects < 2, name
    assert verdict_on("only_eligible_updates", judged).subjects == 2
    assert judged.verdict is Verdict.HOLDS


def test_a_maintenance_is_complete_only_when_every_host_was_seen_with_new_software() -> None:
    recording = Recording().host(0, "a", HostStatus.IN_SERVICE, is_new=True)
    judged = judge(recording.records, FLEET)
    names = ("maintenance_completes", "no_deadlock", "an_update_succeeds")
    verdicts = [verdict_on(name, judged).verdict for name in names]
    assert verdicts == [Verdict.INCOMPLETE, Verdict.INCOMPLETE, Verdict.HOLDS]
    assert verdict_on("maintenance_completes", judged).pending == (("b",),)
    recording.host(1, "b", HostStatus.IN_SERVICE, is_new=True)
    assert judge(recording.records, FLEET).verdict is Verdict.HOLDS


def test_a_vm_is_judged_on_the_host_where_it_was_seen() -> None:
    """Its clock is wrong while its new host, not its old one, is back in service."""
    fleet = replace(FLEET, vms=(replace(FLEET.vms[0], may_move_to=("b",)), FLEET.vms[1]))
    recording = Recording().host(0, "b", HostStatus.RESTORING).add(0, RUNS, "b", "v")
    recording.pause(1, "b", "v").resume(2, "b", "v")
    judged = judge(recording.records, fleet)
    assert not verdict_on("clock_synchronized", judged).violations
    recording.host(3, "b", HostStatus.IN_SERVICE)
    (violation,) = verdict_on("clock_synchronized", judge(recording.records, fleet)).violations
    assert violation.subjects == ("b", "v")


def test_who_is_not_in_the_fleet_is_named_until_the_fleet_is_widened() -> None:
    judging = Judge(FLEET, kinds=VMS_ONLY)
    for record in Recording().pause(0, "a", "new").records:
        judging.fold(record)
    assert judging.judgement().strangers == ("new",)
    judging.widen(replace(FLEET, vms=(*FLEET.vms, VirtualMachine("new", "a"))))
    (violation,) = judging.advance(30_001)
    assert violation.subjects == ("new",)
    assert judging.judgement().strangers == ()


def test_widening_forgets_no_answer() -> None:
    judging = Judge(FLEET, kinds=VMS_ONLY)
    for record in Recording().pause(0, "a", "v").records:
        judging.fold(record)
    judging.advance(31_000)
    judging.widen(replace(FLEET, vms=(*FLEET.vms, VirtualMachine("new", "a"))))
    assert not judging.advance(32_000)
    assert len(judging.judgement().violations) == 1


def test_a_record_costs_no_more_in_a_large_fleet() -> None:
    """Only the promises about its subject are asked again, and with time only what it may break."""
    asked: list[VmView] = []

    def counted(vm: VmView, limits: Limits) -> bool:
        asked.append(vm)
        return vm.paused_seconds * 1000 <= limits.pause_ms

    prop = Property("counted", Kind.ALWAYS, "It is counted.", counted)
    vms = tuple(VirtualMachine(f"vm-{number}", "a") for number in range(300))
    judging = Judge(replace(FLEET, vms=vms), (prop,))
    for record in Recording().pause(0, "a", "vm-7").add(9, RUNS, "a", "vm-8").records:
        asked.clear()
        judging.fold(record)
    assert len(asked) == 2
    assert not judging.advance(30_000)
    assert judging.advance(30_001)


def test_the_records_of_a_violation_are_bounded() -> None:
    recording = Recording()
    for number in range(TIMELINE_MAX + 50):
        recording.add(number, RUNS, "a", "v")
    recording.pause(1_000, "a", "v").pause(1_001, "b", "w")
    (violation,) = watched(recording).violations
    assert len(violation.timeline) <= 3 * TIMELINE_MAX
    assert violation.timeline[-1].vm == "w"


def test_odd_records_are_remarked() -> None:
    recording = Recording().pause(0, "a", "v")
    judged = watched(Recording())
    assert (judged.began_ms, judged.ended_ms, judged.verdict) == (None, None, Verdict.HOLDS)
    late = replace(recording.records[1], sequence=9, monotonic_ms=5)
    records = [*recording.records, recording.records[0], late]
    troubles = [each.trouble for each in judge(records, FLEET).remarks]
    assert troubles == ["duplicate", "missing"]


def test_every_property_of_the_catalogue_can_be_asked_of_records() -> None:
    """A new view must be fillable from records too."""
    judged = judge(Recording().pause(0, "a", "v").records, FLEET)
    assert [each.property for each in judged.properties] == list(ALL)
    assert set(VMS_ONLY) < set(KINDS)


def test_a_told_pause_that_failed_is_none() -> None:
    recording = Recording().add(0, RUNS, "a", "v")
    recording.add(0, Told(Operation.PAUSE, Outcome.REQUESTED), "a", "v")
    recording.add(5, Told(Operation.PAUSE, Outcome.FAILED), "a", "v")
    assert watched(recording, 90_000).verdict is Verdict.HOLDS
