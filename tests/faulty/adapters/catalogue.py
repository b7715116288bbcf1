"""Every wrong adapter, with the test of the conformance suite that is meant to catch it."""

from __future__ import annotations

from dataclasses import dataclass

from freezeframe.adapters.simulated import SimulatedAdapter

from . import clocks, manners, memory, pausing, refusing, telling


@dataclass(frozen=True)
class WrongAdapter:
    """An adapter that is wrong in one way.

    `caught_by` is the test meant for it, by its name in the suite.
    """

    adapter: type[SimulatedAdapter]
    caught_by: str

    @property
    def name(self) -> str:
        """How it is called in reports."""
        return self.adapter.__name__


def suite_name(adapter: type[SimulatedAdapter]) -> str:
    """The name of the class that judges an adapter."""
    return f"Test{adapter.__name__}"


WRONG_ADAPTERS = (
    WrongAdapter(memory.FlipsABit, "test_guest_finds_its_memory_intact[first]"),
    WrongAdapter(memory.LosesAPage, "test_guest_finds_its_memory_intact[first]"),
    WrongAdapter(memory.WritesDuringThePause, "test_memory_stands_still_while_paused"),
    WrongAdapter(memory.ResumesFromAnOldCopy, "test_guest_finds_its_memory_intact[third]"),
    WrongAdapter(memory.RebootsInsteadOfResuming, "test_witness_sees_the_guest_go_on"),
    WrongAdapter(memory.FingerprintsNothing, "test_fingerprint_sees_what_the_guest_wrote"),
    WrongAdapter(memory.FingerprintsAtRandom, "test_memory_stands_still_while_paused"),
    WrongAdapter(memory.FingerprintsAPart, "test_whole_fingerprint_sees_every_page"),
    WrongAdapter(pausing.ReportsPausedWhileRunning, "test_witness_sees_the_guest_stand_still"),
    WrongAdapter(pausing.PausesANeighbour, "test_pause_leaves_other_vms_alone"),
    WrongAdapter(pausing.PausesAStranger, "test_pause_leaves_other_vms_alone"),
    WrongAdapter(pausing.ResumesEverything, "test_resume_leaves_other_vms_alone"),
    WrongAdapter(
        pausing.ResumesWhatTheCustomerPaused, "test_resuming_what_the_customer_paused_is_refused"
    ),
    WrongAdapter(pausing.AnswersBeforeItStands, "test_paused_vm_is_shown_paused"),
    WrongAdapter(pausing.AnswersBeforeItRuns, "test_resumed_vm_is_shown_running"),
    WrongAdapter(pausing.ResumesLate, "test_pause_of_the_full_limit"),
    WrongAdapter(pausing.PausesOneAtATime, "test_many_vms_are_paused_at_once"),
    WrongAdapter(pausing.WaitsWhereItIsAsked, "test_asking_does_not_wait_for_the_answer"),
    WrongAdapter(refusing.PausesThePaused, "test_pausing_a_paused_vm_is_refused"),
    WrongAdapter(refusing.ResumesTheRunning, "test_resuming_a_running_vm_is_refused"),
    WrongAdapter(refusing.PausesWhatIsNotThere, "test_unknown_vm_is_refused[pause]"),
    WrongAdapter(refusing.StartsWhatIsShutOff, "test_shut_off_vm_is_refused[resume]"),
    WrongAdapter(refusing.TouchesTheUnmarked, "test_pausing_an_unmarked_vm_is_refused"),
    WrongAdapter(refusing.FailsInsteadOfRefusing, "test_pausing_a_paused_vm_is_refused"),
    WrongAdapter(
        refusing.RefusesForTheWrongReason, "test_resuming_what_the_customer_paused_is_refused"
    ),
    WrongAdapter(refusing.RefusesAndActs, "test_resuming_what_the_customer_paused_is_refused"),
    WrongAdapter(refusing.SwallowsFailures, "test_failed_pause_is_told"),
    WrongAdapter(refusing.RaisesErrorsOfItsOwn, "test_pausing_a_paused_vm_is_refused"),
    WrongAdapter(clocks.NeverSetsTheClock, "test_clock_is_right_after_it_was_set[first]"),
    WrongAdapter(clocks.SetsTheClockOnce, "test_clock_is_right_after_it_was_set[second]"),
    WrongAdapter(clocks.SetsTheClockBeforeTheResume, "test_clock_is_right_after_it_was_set[first]"),
    WrongAdapter(clocks.SetsTheClockTwoSecondsOff, "test_clock_is_right_after_it_was_set[first]"),
    WrongAdapter(clocks.SetsANeighboursClock, "test_setting_a_clock_leaves_other_clocks_alone"),
    WrongAdapter(clocks.SaysThatTheClockIsRight, "test_clock_is_behind_by_the_pause"),
    WrongAdapter(clocks.SwallowsASilentAgent, "test_silent_agent_is_told"),
    WrongAdapter(telling.TellsTwice, "test_no_change_is_told_twice"),
    WrongAdapter(telling.LosesPauses, "test_no_change_is_lost"),
    WrongAdapter(telling.TellsInTheWrongOrder, "test_pause_and_resume_are_told_in_order"),
    WrongAdapter(telling.SkipsNumbers, "test_changes_are_numbered_without_gaps"),
    WrongAdapter(telling.BeginsWithNothing, "test_subscription_begins_with_every_vm"),
    WrongAdapter(telling.DoesNotLookAgain, "test_what_happened_out_of_sight_is_found"),
    WrongAdapter(telling.HidesOutages, "test_lost_sight_is_told"),
    WrongAdapter(telling.TellsAnotherReason, "test_reasons_are_told"),
    WrongAdapter(telling.DatesWrongly, "test_changes_are_dated_when_they_happened"),
    WrongAdapter(telling.LosesConcurrentChanges, "test_two_subscribers_are_told_the_same"),
    WrongAdapter(manners.HangsForEver, "test_answer_comes_by_the_deadline[0]"),
    WrongAdapter(manners.SaysThatNothingHappened, "test_late_call_has_an_unknown_outcome[0]"),
    WrongAdapter(manners.ForgetsItsPauses, "test_another_connection_sees_our_pause"),
    WrongAdapter(manners.ResumesWhenClosed, "test_paused_vm_stays_paused_when_its_pauser_closes"),
    WrongAdapter(manners.KeepsItsThread, "test_no_thread_is_left"),
    WrongAdapter(manners.KeepsItsConnection, "test_no_connection_is_left"),
    WrongAdapter(manners.GivesAnotherReason, "test_reason_of_a_pause_is_user"),
    WrongAdapter(manners.HidesVms, "test_paused_vm_is_shown_paused"),
)
