"""Planted faults: for each, a small fleet where it matters and the promise that it breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from freezeframe.fleet import (
    CustomerActions,
    Faults,
    Fleet,
    Tolerance,
)
from freezeframe.protocol.policies import OneUpdateDomain, Policy

from . import controllers, hypervisors, recollection, services
from .planted_fleets import (
    TIMING,
    disruptive,
    growing,
    mixed_host,
    one_vm,
    shared_host,
    span,
    two_domains,
    two_sets,
    two_vms,
)


@dataclass(frozen=True)
class PlantedFault:
    """A fault, where it matters, and the promise that it must break."""

    name: str
    breaks: str
    fleet: Fleet
    policy: Callable[[], Policy] = OneUpdateDomain
    without: tuple[str, ...] = field(default=())


def _dropped(guard: str, breaks: str, fleet: Fleet) -> PlantedFault:
    return PlantedFault(f"without {guard}", breaks, fleet, without=(guard,))


DROPPED_GUARDS = (
    _dropped("schedule/the-host-runs-the-old-software", "no_needless_impact", one_vm(attempts=2)),
    _dropped(
        "schedule/no-failure-waits-for-an-operator",
        "halts_on_failure",
        two_domains(faults=Faults(vm_crash=1)),
    ),
    _dropped(
        "schedule/the-host-carries-one-domain-of-each-set", "one_impact_per_event", mixed_host()
    ),
    _dropped(
        "schedule/no-other-domain-of-the-set-is-under-maintenance",
        "one_update_domain_paused",
        two_domains(),
    ),
    _dropped("withdraw/a-failure-waits-for-an-operator", "maintenance_completes", one_vm()),
    _dropped(
        "quiesce/no-failure-waits-for-an-operator",
        "halts_on_failure",
        two_domains(faults=Faults(power_loss=1)),
    ),
    _dropped("quiesce/each-tenant-approved-or-had-its-notice", "event_before_impact", one_vm()),
    _dropped("pause/the-host-is-quiescing", "event_before_impact", one_vm()),
    _dropped("pause/the-update-preserves-the-vm", "only_eligible_updates", disruptive()),
    _dropped("shut_down/the-update-cannot-preserve-the-vm", "only_eligible_updates", one_vm()),
    _dropped("shut_down/the-host-is-quiescing", "event_before_impact", disruptive()),
    _dropped(
        "begin_update/every-vm-on-the-host-was-seen-to-stand-still", "memory_preserved", one_vm()
    ),
    _dropped(
        "begin_update/there-is-time-to-roll-back-and-resume",
        "pause_within_limit",
        one_vm(timing=replace(TIMING, pause=span(0, 25))),
    ),
    _dropped("abandon/the-time-left-is-just-enough-to-resume", "maintenance_completes", one_vm()),
    _dropped(
        "abort/the-time-left-is-just-enough-to-roll-back-and-resume",
        "maintenance_completes",
        one_vm(),
    ),
    _dropped("give_up/the-update-is-overdue", "maintenance_completes", one_vm()),
    _dropped("resume/the-host-is-being-restored", "memory_preserved", one_vm()),
    _dropped(
        "resume/maintenance-paused-the-vm",
        "unrelated_vms_untouched",
        two_vms(customer=CustomerActions(suspend=1)),
    ),
    _dropped("boot/the-host-is-being-restored", "memory_preserved", disruptive()),
    _dropped(
        "boot/maintenance-shut-the-vm-down",
        "unrelated_vms_untouched",
        disruptive(customer=CustomerActions(stop=1)),
    ),
    _dropped(
        "return_to_service/maintenance-holds-no-vm-of-the-host", "no_vm_left_paused", one_vm()
    ),
    _dropped(
        "return_to_service/every-resumed-vm-was-seen-with-its-clock-set",
        "clock_synchronized",
        one_vm(),
    ),
    _dropped("halt/a-failure-waits-for-an-operator", "no_deadlock", two_domains()),
    _dropped(
        "believe/the-event-is-not-older-than-what-was-seen",
        "clock_synchronized",
        one_vm(faults=Faults(event_repeated=1)),
    ),
    _dropped(
        "create/the-host-takes-vms-in",
        "memory_preserved",
        growing(customer=CustomerActions(create=1)),
    ),
    _dropped(
        "start/nothing-is-being-done-beneath-the-vm",
        "memory_preserved",
        two_vms(customer=CustomerActions(stop=1, start=1)),
    ),
    _dropped(
        "move/the-destination-takes-vms-in",
        "memory_preserved",
        growing(customer=CustomerActions(move=1)),
    ),
    _dropped(
        "release/nothing-is-being-done-beneath-the-vm",
        "memory_preserved",
        two_vms(customer=CustomerActions(suspend=1)),
    ),
)

_HANG = Faults(update_hang=1)
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
        one_vm(faults=Faults(update_failure=1), attempts=2),
        controllers.SetsClocksOnTheFirstResumeOnly,
    ),
    PlantedFault("no deadline", "pause_within_limit", one_vm(faults=_HANG), controllers.NoDeadline),
    PlantedFault(
        "forgets the rollback",
        "pause_within_limit",
        one_vm(faults=_HANG),
        controllers.ForgetsTheRollback,
    ),
    PlantedFault(
        "forgets that resuming takes time",
        "pause_within_limit",
        one_vm(faults=_HANG),
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
        controllers.ContinuesAfterFailure,
    ),
    PlantedFault(
        "sounds no alarm",
        "halts_on_failure",
        two_domains(faults=Faults(update_failure=1)),
        controllers.SoundsNoAlarm,
    ),
    PlantedFault(
        "waits for the agent for ever",
        "no_deadlock",
        one_vm(faults=Faults(agent_death=1)),
        controllers.WaitsForTheAgentForEver,
    ),
    PlantedFault(
        "pretends that the clock is set",
        "clock_synchronized",
        one_vm(faults=Faults(agent_death=1)),
        controllers.PretendsThatTheClockIsSet,
    ),
    PlantedFault("changes its mind", "no_deadlock", one_vm(), controllers.ChangesItsMind),
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
        controllers.PausesForEveryUpdate,
    ),
    PlantedFault(
        "keeps no journal of pauses",
        "no_vm_left_paused",
        one_vm(),
        controllers.KeepsNoJournalOfPauses,
    ),
    PlantedFault(
        "shuts down what it could pause",
        "only_eligible_updates",
        one_vm(),
        controllers.ShutsDownWhatItCouldPause,
    ),
    PlantedFault(
        "updates beneath running VMs",
        "memory_preserved",
        one_vm(),
        controllers.UpdatesBeneathRunningVms,
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
