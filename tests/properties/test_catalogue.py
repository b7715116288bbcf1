"""Each promise is broken by just what its sentence forbids, whoever is looking."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from freezeframe.fleet import Limits, UpdateKind, VirtualMachine
from freezeframe.properties import ALL, PROMISES, WITNESSES, Kind, Property, Scope

BY_NAME: Mapping[str, Property] = {each.name: each for each in ALL}

PROMISED = {
    "one_update_domain_paused": Kind.ALWAYS,
    "pause_within_limit": Kind.ALWAYS,
    "memory_preserved": Kind.ALWAYS,
    "clock_synchronized": Kind.ALWAYS,
    "event_before_impact": Kind.ALWAYS,
    "one_impact_per_event": Kind.ALWAYS,
    "only_eligible_updates": Kind.ALWAYS,
    "unrelated_vms_untouched": Kind.ALWAYS,
    "no_needless_impact": Kind.ALWAYS,
    "halts_on_failure": Kind.ALWAYS,
    "no_vm_left_paused": Kind.EVENTUALLY,
    "maintenance_completes": Kind.EVENTUALLY,
    "no_deadlock": Kind.ALWAYS,
}


def seen(**facts: Any) -> SimpleNamespace:
    """A view with these facts and no other: a predicate that asks for more fails."""
    return SimpleNamespace(**facts)


def down(is_down: bool) -> SimpleNamespace:  # noqa: FBT001 (the one thing that there is to say)
    return seen(is_down_for_maintenance=is_down)


def paused(seconds: float) -> SimpleNamespace:
    return seen(paused_seconds=seconds)


def event(**facts: Any) -> SimpleNamespace:
    plain = {"is_current": True, "is_started": True, "was_approved": False, "announced_seconds": 0}
    told = {**plain, **facts}
    return seen(is_begun=told["is_current"], **told)


YES, NO = True, False
LIMITS = Limits(pause_ms=30_000, notice_ms=900_000)
RUNS, PAUSED = seen(is_paused_for_maintenance=NO), seen(is_paused_for_maintenance=YES)
FAILED, SOUND = seen(has_failed=YES), seen(has_failed=NO)
NOT_SHOWN = event(is_current=NO, is_started=NO)
ANNOUNCED = event(is_started=NO)
STARTED = event()
UP, DOWN = down(NO), down(YES)
IN_SERVICE = seen(is_begun=NO, is_started=NO)
SCHEDULED = seen(is_begun=YES, is_started=NO)
OLD, NEW = seen(has_new_software=NO), seen(has_new_software=YES)

ANSWERS: list[tuple[str, tuple[Any, ...], bool]] = [
    ("one_update_domain_paused", (down(YES), down(YES)), False),
    ("one_update_domain_paused", (down(YES), down(NO)), True),
    ("one_update_domain_paused", (down(NO), down(NO)), True),
    ("pause_within_limit", (paused(29.9), LIMITS), True),
    ("pause_within_limit", (paused(30), LIMITS), True),
    ("pause_within_limit", (paused(30.001), LIMITS), False),
    ("memory_preserved", (seen(is_running=YES, memory_is_intact=NO),), False),
    ("memory_preserved", (seen(is_running=NO, memory_is_intact=NO),), True),
    ("memory_preserved", (seen(is_running=YES, memory_is_intact=YES),), True),
    ("event_before_impact", (down(NO), NOT_SHOWN, LIMITS), True),
    ("event_before_impact", (down(YES), NOT_SHOWN, LIMITS), False),
    ("event_before_impact", (down(YES), STARTED, LIMITS), False),
    ("event_before_impact", (down(YES), event(was_approved=YES), LIMITS), True),
    ("event_before_impact", (down(YES), event(announced_seconds=899), LIMITS), False),
    ("event_before_impact", (down(YES), event(announced_seconds=900), LIMITS), True),
    (
        "event_before_impact",
        (down(YES), event(is_current=NO, was_approved=YES), LIMITS),
        False,
    ),
    ("one_impact_per_event", (STARTED, RUNS, RUNS), False),
    ("one_impact_per_event", (NOT_SHOWN, RUNS, RUNS), True),
    ("only_eligible_updates", (seen(), PAUSED, UpdateKind.VM_PRESERVING), True),
    ("only_eligible_updates", (seen(), PAUSED, UpdateKind.DISRUPTIVE), False),
    ("only_eligible_updates", (seen(), PAUSED, UpdateKind.NO_IMPACT), False),
    ("only_eligible_updates", (seen(), RUNS, UpdateKind.DISRUPTIVE), True),
    ("unrelated_vms_untouched", (seen(is_resumed_for_another=YES),), False),
    ("unrelated_vms_untouched", (seen(is_resumed_for_another=NO),), True),
    ("halts_on_failure", (FAILED, IN_SERVICE, SCHEDULED), False),
    ("halts_on_failure", (FAILED, SCHEDULED, IN_SERVICE), True),
    ("halts_on_failure", (SOUND, IN_SERVICE, SCHEDULED), True),
    ("halts_on_failure", (FAILED, NOT_SHOWN, ANNOUNCED), False),
    ("halts_on_failure", (FAILED, ANNOUNCED, STARTED), False),
    ("halts_on_failure", (FAILED, STARTED, STARTED), True),
    ("halts_on_failure", (FAILED, STARTED, NOT_SHOWN), True),
    ("halts_on_failure", (SOUND, NOT_SHOWN, ANNOUNCED), True),
    ("halts_on_failure", (SOUND, ANNOUNCED, STARTED), True),
    ("no_vm_left_paused", (down(YES),), False),
    ("no_vm_left_paused", (down(NO),), True),
    ("maintenance_completes", (seen(has_new_software=NO),), False),
    ("maintenance_completes", (seen(has_new_software=YES),), True),
    ("no_needless_impact", (OLD, UP, DOWN), True),
    ("no_needless_impact", (NEW, UP, DOWN), False),
    ("no_needless_impact", (NEW, DOWN, DOWN), True),
    ("no_needless_impact", (NEW, DOWN, UP), True),
    ("no_deadlock", (seen(is_settled=NO),), False),
    ("no_deadlock", (seen(is_settled=YES),), True),
    ("an_update_succeeds", (seen(has_new_software=YES),), True),
    ("an_update_succeeds", (seen(has_new_software=NO),), False),
]


@pytest.mark.parametrize(("name", "views", "is_kept"), ANSWERS)
def test_what_keeps_a_promise_and_what_breaks_it(
    *, name: str, views: tuple[Any, ...], is_kept: bool
) -> None:
    assert BY_NAME[name].predicate(*views) is is_kept


@pytest.mark.parametrize("in_service", [True, False])
@pytest.mark.parametrize("running", [True, False])
@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("held", [True, False])
def test_a_clock_must_be_right_where_a_vm_runs_on_a_host_in_service(
    *, in_service: bool, running: bool, right: bool, held: bool
) -> None:
    is_kept = BY_NAME["clock_synchronized"].predicate(
        seen(is_in_service=in_service),
        seen(is_running=running, clock_is_right=right, was_held_meanwhile=held),
    )
    assert is_kept is (right or not running or not in_service or held)


def test_every_property_is_asked_both_ways() -> None:
    asked = {(name, is_kept) for name, _, is_kept in ANSWERS}
    asked |= {("clock_synchronized", YES), ("clock_synchronized", NO)}
    assert asked == {(name, is_kept) for name in BY_NAME for is_kept in (YES, NO)}


@pytest.mark.parametrize("name", ["one_update_domain_paused", "one_impact_per_event"])
def test_only_vms_of_one_set_and_two_domains_are_asked_about(name: str) -> None:
    where = BY_NAME[name].where
    assert where is not None

    def vm(group: str | None, domain: int | None) -> VirtualMachine:
        return VirtualMachine("v", "a", group, domain)

    assert where(vm("web", 0), vm("web", 1))
    assert not where(vm("web", 0), vm("web", 0))
    assert not where(vm("web", 0), vm("db", 1))
    assert not where(vm(None, None), vm(None, None))


def test_there_are_these_promises_and_a_witness() -> None:
    assert {each.name: each.kind for each in PROMISES} == PROMISED
    assert all(each.kind is Kind.SOMETIMES for each in WITNESSES)
    assert ALL == PROMISES + WITNESSES


@pytest.mark.parametrize("prop", ALL, ids=lambda prop: prop.name)
def test_each_is_one_sentence_that_a_customer_could_read(prop: Property) -> None:
    assert prop.promise[0].isupper()
    assert prop.promise.endswith(".")
    assert "." not in prop.promise[:-1]
    jargon = ("predicate", "state", "transition", "controller", "lock", "tick")
    assert not any(word in prop.promise.lower().split() for word in jargon)


@pytest.mark.parametrize("prop", ALL, ids=lambda prop: prop.name)
def test_predicates_look_at_views_and_constants_of_the_fleet_only(prop: Property) -> None:
    allowed = {
        "VmView",
        "HostView",
        "EventView",
        "UnitView",
        "StageView",
        "AnyUnit",
        "Limits",
        "UpdateKind",
    }
    parameters = inspect.signature(prop.predicate).parameters
    annotations = {str(parameter.annotation) for parameter in parameters.values()}
    assert annotations <= allowed
    assert (prop.scope is Scope.STEP) is ("after" in parameters)
