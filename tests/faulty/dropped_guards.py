"""Planted faults: each guard whose absence harms, dropped in turn."""

from __future__ import annotations

from dataclasses import replace

from freezeframe.fleet import CustomerActions, Faults, Fleet, Update
from tests.fleets import span

from .planted import PlantedFault
from .planted_fleets import (
    TIMING,
    disruptive,
    growing,
    mixed_host,
    one_vm,
    refugee,
    two_domains,
    two_vms,
)


def _dropped(guard: str, breaks: str, fleet: Fleet) -> PlantedFault:
    return PlantedFault(f"without {guard}", breaks, fleet, without=(guard,))


DROPPED_GUARDS = (
    _dropped(
        "schedule/the-host-runs-the-old-software",
        "no_needless_impact",
        one_vm(update=Update(attempts=2)),
    ),
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
        "move/nothing-is-being-done-beneath-the-vm",
        "only_eligible_updates",
        refugee(customer=CustomerActions(move=1)),
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
