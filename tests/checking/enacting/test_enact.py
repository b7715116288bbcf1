"""What is seen of a run that happens on simulated hosts is judged as the model judges the run."""

from __future__ import annotations

from importlib.util import find_spec
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freezeframe.adapters.simulated import open_uri
from freezeframe.checking.check import check
from freezeframe.checking.enacting import adapter_stage, enacted, simulated_stage
from freezeframe.checking.judging import judge
from freezeframe.fleet import FreezeframeError
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Fact, Operation, Outcome, Reason, Record, Told, VmSeen
from freezeframe.protocol.observed import records_of
from tests.checking.judging.test_agreement import SYSTEMS, Broken, walk
from tests.faulty.catalogue import PLANTED_FAULTS
from tests.faulty.planted import PlantedFault

FAULTY_HOSTS = {
    fault.name for fault in PLANTED_FAULTS if fault.policy.__module__ == "tests.faulty.hypervisors"
}
"""Hypervisors that do what a simulated one does not."""

STAGED = [
    name
    for name, system in SYSTEMS.items()
    if name not in FAULTY_HOSTS and not any(vm.may_move_to for vm in system.fleet.vms)
]
NEEDS_LIBVIRT = pytest.mark.skipif(
    find_spec("libvirt") is None, reason="needs libvirt's Python binding"
)
PAUSED = VmSeen(VmStatus.PAUSED, Reason.USER)
ASKED = Told(Operation.PAUSE, Outcome.REQUESTED)


def refused(seen: tuple[Record, ...]) -> bool:
    """Whether the hosts would not do what the run wants."""
    outcomes = (each.fact.outcome for each in seen if isinstance(each.fact, Told))
    return Outcome.REFUSED in outcomes


def broken_in(records: tuple[Record, ...], name: str) -> Broken:
    found = judge(records, SYSTEMS[name].fleet).violations
    return {(each.property.name, frozenset(each.subjects)) for each in found}


@pytest.mark.parametrize("name", STAGED)
@settings(max_examples=3, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_simulated_hosts_are_judged_as_the_model_judges_the_run(name: str, random: Random) -> None:
    """Wherever hosts can follow: they never resume for others, nor take longer than promised.

    Memory apart: the model notes its loss when an update begins or ends, beneath whatever may
    execute then; a host loses it while the VM really runs.
    """
    system = SYSTEMS[name]
    moves, states, broken = walk(system, random)
    records = tuple(records_of(system, moves, states))
    stage = simulated_stage(system.fleet, records)
    seen = enacted(records, stage)
    assert stage.script is not None
    if stage.script.is_followed and not refused(seen):
        differing = broken_in(seen, name) ^ broken
        assert {promise for promise, _ in differing} <= {"memory_preserved"}


def test_most_runs_can_be_followed() -> None:
    """Otherwise the agreement above would be about little."""
    followed = 0
    for name in STAGED:
        system = SYSTEMS[name]
        moves, states, _ = walk(system, Random(name))
        records = tuple(records_of(system, moves, states))
        stage = simulated_stage(system.fleet, records)
        seen = enacted(records, stage)
        assert stage.script is not None
        followed += stage.script.is_followed and not refused(seen)
    assert followed >= 0.8 * len(STAGED)


def counterexample(fault: PlantedFault) -> tuple[Record, ...]:
    results = {each.name: each for each in check(fault.fleet, fault.policy()).properties}
    found = results[fault.breaks].counterexample
    assert found is not None
    return found.records


SHOWN = [
    fault
    for fault in PLANTED_FAULTS
    if fault.name == "updates beneath running VMs"
    or (
        fault.breaks in {"one_update_domain_paused", "clock_synchronized"}
        and fault.name not in FAULTY_HOSTS
        and not fault.without
    )
]


@pytest.mark.parametrize("fault", SHOWN, ids=lambda fault: fault.name)
def test_a_violation_that_the_search_found_is_seen_to_happen(fault: PlantedFault) -> None:
    records = counterexample(fault)
    seen = enacted(records, simulated_stage(fault.fleet, records))
    assert fault.breaks in {each.property.name for each in judge(seen, fault.fleet).violations}


def run_of_one_vm() -> tuple[Record, ...]:
    """A run in which the VM is paused."""
    system = SYSTEMS["announces nothing"]
    for seed in range(1_000):
        moves, states, _ = walk(system, Random(seed))
        records = tuple(records_of(system, moves, states))
        if PAUSED in {each.fact for each in records}:
            return records
    raise AssertionError("expected a run that pauses a VM, found none")


@pytest.mark.parametrize("last", [ASKED, PAUSED], ids=["asked to pause", "paused"])
def test_no_vm_is_left_paused_when_the_run_has_ended(last: Fact) -> None:
    """Be it that the run ends while the VM is only on its way to be paused."""
    records = run_of_one_vm()
    until = [each.fact for each in records].index(last) + 1
    stage = simulated_stage(SYSTEMS["announces nothing"].fleet, records[:until])
    seen = enacted(records[:until], stage)
    assert ASKED in {each.fact for each in seen}
    (host,) = stage.behind.values()
    (machine,) = host.machines.values()
    assert machine.status is VmStatus.RUNNING
    assert machine.spell > 2, "it was paused, and runs again"


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("simulated:a?vms=1", "expected the VM v running and marked, found none"),
        pytest.param("test:///nowhere.xml", "nowhere", marks=NEEDS_LIBVIRT),
    ],
)
def test_hosts_that_are_not_as_the_run_needs_them_are_left_alone(uri: str, message: str) -> None:
    with pytest.raises(FreezeframeError, match=message):
        adapter_stage({"a": uri}, run_of_one_vm())


def test_every_host_of_the_run_needs_a_uri() -> None:
    with pytest.raises(FreezeframeError, match="expected HOST=URI for every host of the run"):
        adapter_stage({}, run_of_one_vm())
    assert open_uri("simulated:").host == "simulated"


def test_what_faults_and_customers_do_is_refused_on_real_hosts() -> None:
    system = SYSTEMS["power fails"]
    for seed in range(200):
        moves, states, _ = walk(system, Random(seed))
        if any(move is not None and move.rule.name == "lose_power" for move in moves):
            records = tuple(records_of(system, moves, states))
            with pytest.raises(FreezeframeError, match="only simulated: lets faults"):
                adapter_stage({}, records)
            return
    raise AssertionError("expected a run in which power fails, found none")
