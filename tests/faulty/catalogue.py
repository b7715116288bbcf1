"""Planted faults: for each, a small fleet where it matters and the promise that it breaks."""

from __future__ import annotations

from dataclasses import replace

from freezeframe.fleet import CustomerActions, Faults, Tolerance, Update
from tests.fleets import span

from . import controllers, failures, hypervisors, impacts, recollection, services
from .dropped_guards import DROPPED_GUARDS
from .planted import PlantedFault
from .planted_fleets import (
    TIMING,
    disruptive,
    no_impact,
    one_vm,
    shared_host,
    two_domains,
    two_sets,
    two_vms,
)

_HANG = Faults(update_hang=1)
_LONG_ROLLBACK = replace(TIMING, rollback=span(0, 10))
"""Rolling back may take longer than resuming, so that deadlines that forget either differ."""
_CRASH = Faults(controller_crash=1)
_CRASH_TOLERATED = Tolerance(controller_crash=1)

WRONG_CONTROLLERS = (
    PlantedFault("all at once", "one_update_domain_paused", two_domains(), controllers.AllAtOnce),
    PlantedFault(
        "locks one set only", "one_update_domain_paused", shared_host(), controllers.LocksOneSetOnly
    ),
    PlantedFault("holds and waits", "no_deadlock", two_sets(), controllers.HoldsAndWaits),
    PlantedFault("never settles", "maintenance_completes", two_domains(), controllers.NeverSettles),
    PlantedFault(
        "done before its VMs run",
        "one_update_domain_paused",
        two_domains(),
        controllers.DoneBeforeItsVmsRun,
    ),
    PlantedFault("never sets clocks", "clock_synchronized", one_vm(), controllers.NeverSetsClocks),
    PlantedFault(
        "sets clocks on the first resume only",
        "clock_synchronized",
        one_vm(faults=Faults(update_failure=1), update=Update(attempts=2)),
        controllers.SetsClocksOnTheFirstResumeOnly,
    ),
    PlantedFault(
        "forgets whom others held",
        "no_deadlock",
        one_vm(customer=CustomerActions(suspend=1)),
        controllers.ForgetsWhomOthersHeld,
    ),
    PlantedFault("no deadline", "pause_within_limit", one_vm(faults=_HANG), controllers.NoDeadline),
    PlantedFault(
        "forgets the rollback",
        "pause_within_limit",
        one_vm(faults=_HANG, timing=_LONG_ROLLBACK),
        controllers.ForgetsTheRollback,
    ),
    PlantedFault(
        "forgets that resuming takes time",
        "pause_within_limit",
        one_vm(faults=_HANG, timing=_LONG_ROLLBACK),
        controllers.ForgetsThatResumingTakesTime,
    ),
    PlantedFault(
        "forgets that resumes fail",
        "pause_within_limit",
        one_vm(
            faults=Faults(update_hang=1, resume_failure=1), tolerance=Tolerance(resume_failure=1)
        ),
        controllers.ForgetsThatResumesFail,
    ),
    PlantedFault("halves the notice", "event_before_impact", one_vm(), controllers.HalvesTheNotice),
    PlantedFault(
        "announces nothing", "event_before_impact", one_vm(), controllers.AnnouncesNothing
    ),
    PlantedFault("ends events early", "event_before_impact", one_vm(), controllers.EndsEventsEarly),
    PlantedFault(
        "goes on with what was scheduled",
        "halts_on_failure",
        two_domains(faults=Faults(power_loss=1)),
        controllers.WithdrawsNothingFromTheGuests,
    ),
    PlantedFault(
        "resumes during the rollback",
        "memory_preserved",
        one_vm(faults=_HANG),
        controllers.ResumesDuringTheRollback,
    ),
    PlantedFault(
        "gives up resuming",
        "no_vm_left_paused",
        one_vm(faults=Faults(update_hang=1, resume_failure=1)),
        controllers.GivesUpResuming,
    ),
    PlantedFault(
        "resumes what it did not pause",
        "unrelated_vms_untouched",
        two_vms(faults=Faults(io_error=1)),
        controllers.ResumesWhatItDidNotPause,
    ),
    PlantedFault(
        "never looks",
        "no_vm_left_paused",
        one_vm(faults=Faults(event_lost=1), tolerance=Tolerance(event_lost=1)),
        recollection.NeverLooks,
    ),
    PlantedFault(
        "restarts blindly",
        "no_vm_left_paused",
        one_vm(faults=Faults(controller_crash=1), tolerance=Tolerance(controller_crash=1)),
        recollection.RestartsBlindly,
    ),
    PlantedFault(
        "believes old events",
        "clock_synchronized",
        one_vm(faults=Faults(event_repeated=1)),
        recollection.BelievesOldEvents,
    ),
    PlantedFault(
        "continues after failure",
        "halts_on_failure",
        two_domains(faults=Faults(update_failure=1)),
        failures.ContinuesAfterFailure,
    ),
    PlantedFault(
        "continues unnoticed after failure",
        "halts_on_failure",
        no_impact(faults=Faults(update_failure=1)),
        failures.ContinuesAfterFailure,
    ),
    PlantedFault(
        "sounds no alarm",
        "halts_on_failure",
        two_domains(faults=Faults(update_failure=1)),
        failures.SoundsNoAlarm,
    ),
    PlantedFault(
        "waits for the agent for ever",
        "no_deadlock",
        one_vm(faults=Faults(agent_death=1)),
        failures.WaitsForTheAgentForEver,
    ),
    PlantedFault(
        "pretends that the clock is set",
        "clock_synchronized",
        one_vm(faults=Faults(agent_death=1)),
        failures.PretendsThatTheClockIsSet,
    ),
    PlantedFault("changes its mind", "no_deadlock", one_vm(), failures.ChangesItsMind),
    PlantedFault(
        "updates on old news",
        "memory_preserved",
        two_vms(
            faults=Faults(event_lost=1),
            tolerance=Tolerance(event_lost=1),
            customer=CustomerActions(stop=1, start=1),
        ),
        recollection.UpdatesOnOldNews,
    ),
    PlantedFault(
        "takes what it journalled for done",
        "memory_preserved",
        one_vm(faults=_CRASH, tolerance=_CRASH_TOLERATED),
        recollection.TakesWhatItJournalledForDone,
    ),
    PlantedFault(
        "takes what it began for undone",
        "no_vm_left_paused",
        one_vm(faults=_CRASH, tolerance=_CRASH_TOLERATED),
        recollection.TakesWhatItBeganForUndone,
    ),
    PlantedFault(
        "journals what it did afterwards",
        "no_vm_left_paused",
        one_vm(faults=_CRASH, tolerance=_CRASH_TOLERATED),
        recollection.JournalsWhatItDidAfterwards,
    ),
    PlantedFault(
        "takes phases of hosts from its journal",
        "pause_within_limit",
        one_vm(faults=Faults(update_hang=1, controller_crash=1), tolerance=_CRASH_TOLERATED),
        recollection.TakesPhasesOfHostsFromItsJournal,
    ),
    PlantedFault(
        "pauses for every update",
        "only_eligible_updates",
        disruptive(),
        impacts.PausesForEveryUpdate,
    ),
    PlantedFault(
        "keeps no journal of pauses",
        "no_vm_left_paused",
        one_vm(),
        impacts.KeepsNoJournalOfPauses,
    ),
    PlantedFault(
        "shuts down what it could pause",
        "only_eligible_updates",
        one_vm(),
        impacts.ShutsDownWhatItCouldPause,
    ),
    PlantedFault(
        "updates beneath running VMs",
        "memory_preserved",
        one_vm(),
        impacts.UpdatesBeneathRunningVms,
    ),
)

WRONG_HYPERVISORS = (
    PlantedFault("loses memory", "memory_preserved", one_vm(), hypervisors.LosesMemory),
    PlantedFault("resumes slowly", "pause_within_limit", one_vm(), hypervisors.ResumesSlowly),
    PlantedFault("never resumes", "no_vm_left_paused", one_vm(), hypervisors.NeverResumes),
    PlantedFault("never pauses", "no_vm_left_paused", one_vm(), hypervisors.NeverPauses),
    PlantedFault(
        "rolls back slowly", "pause_within_limit", one_vm(faults=_HANG), hypervisors.RollsBackSlowly
    ),
    PlantedFault(
        "pauses a neighbour",
        "one_update_domain_paused",
        two_domains(),
        hypervisors.PausesANeighbour,
    ),
    PlantedFault("the agent lies", "clock_synchronized", one_vm(), hypervisors.AgentLies),
    PlantedFault(
        "takes approvals from anybody",
        "event_before_impact",
        one_vm(customer=CustomerActions(approve_for_another=1)),
        services.TakesApprovalsFromAnybody,
    ),
)

PLANTED_FAULTS = DROPPED_GUARDS + WRONG_CONTROLLERS + WRONG_HYPERVISORS
