"""One seed gives one history; faults keep to their budget; the promises can be asked of it."""

from __future__ import annotations

import contextlib
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.observation.moments import moments

from freezeframe.adapters import AdapterError, Call, Recorder
from freezeframe.adapters.simulated import (
    Choices,
    DrawnChoices,
    SeededChoices,
    SimulatedAdapter,
    Simulation,
    VirtualTime,
    open_uri,
    simulate,
)
from freezeframe.fleet import DEFAULT_EXAMPLE, Faults, Fleet, Limits, example, parse_fleet
from freezeframe.observation import Record, in_order, read_records, write_records
from freezeframe.properties import PROMISES

EVERY_FAULT = Faults(**{each.name: 1 for each in fields(Faults)})
BY_NAME = {each.name: each.predicate for each in PROMISES}


def maintain(simulation: Simulation, host: str, sink: list[Record]) -> SimulatedAdapter:
    """Pause all VMs of a host, update it, resume them and set their clocks; whatever fails."""
    adapter = simulation.connect(host)
    recorder = Recorder(adapter, sink.append, source=host)
    seen = recorder.watch(adapter.subscribe(deadline_ms=0))
    names = [state.name for state in adapter.vms(deadline_ms=0)]

    def attempt(*calls: Call[Any]) -> None:
        for call in calls:
            with contextlib.suppress(AdapterError):
                call.result()
            while seen.take(deadline_ms=0) is not None:
                pass

    attempt(*[recorder.pause(vm, deadline_ms=5_000) for vm in names])
    attempt(*[recorder.fingerprint(vm, deadline_ms=1_000) for vm in names])
    attempt(adapter.update(deadline_ms=10_000), adapter.roll_back(deadline_ms=5_000))
    attempt(*[recorder.fingerprint(vm, deadline_ms=1_000) for vm in names])
    attempt(*[recorder.resume(vm, deadline_ms=5_000) for vm in names])
    attempt(*[recorder.set_clock(vm, deadline_ms=5_000) for vm in names])
    attempt(*[recorder.read_clock(vm, deadline_ms=5_000) for vm in names])
    recorder.end()
    return adapter


def history(fleet: Fleet, choices: Choices) -> list[Record]:
    simulation = simulate(fleet, choices, pages=4)
    records: list[Record] = []
    for host in simulation.hosts:
        if simulation.hosts[host].is_in_sight:
            maintain(simulation, host, records)
    assert all(left >= 0 for left in simulation.fate.left.values())
    return records


def fleet_with(faults: Faults) -> Fleet:
    return replace(example(DEFAULT_EXAMPLE), faults=faults)


def test_one_seed_gives_one_history_byte_for_byte() -> None:
    texts = [
        write_records(history(fleet_with(EVERY_FAULT), SeededChoices(seed)))
        for seed in (1, 1, 2, 3)
    ]
    assert texts[0] == texts[1]
    assert len(set(texts)) == 3


@settings(max_examples=25, suppress_health_check=[HealthCheck.data_too_large])
@given(st.data())
def test_what_hypothesis_draws_is_a_history_that_can_be_read_again(data: st.DataObject) -> None:
    records = history(fleet_with(EVERY_FAULT), DrawnChoices(data))
    assert read_records(write_records(records)) == tuple(records)
    times = [record.monotonic_ms for record in in_order(records)]
    assert times == sorted(times)


@pytest.mark.parametrize("seed", range(5))
def test_without_faults_every_pause_keeps_memory_and_clock(seed: int) -> None:
    records = history(fleet_with(Faults()), SeededChoices(seed))
    end_ms = records[-1].monotonic_ms
    paused = 0
    for moment in moments(in_order(records), ends_at_ms=end_ms):
        for name in moment.ledger.vms:
            vm = moment.ledger.vm(name)
            paused += vm.is_paused_for_maintenance
            assert BY_NAME["memory_preserved"](vm)
            assert BY_NAME["pause_within_limit"](vm, Limits())
            assert BY_NAME["unrelated_vms_untouched"](vm)
    assert paused
    assert all(moment.ledger.vm(name).clock_is_right for name in moment.ledger.vms)
    assert all(moment.ledger.vm(name).is_running for name in moment.ledger.vms)


def test_a_vm_without_its_memory_is_told_by_its_fingerprints() -> None:
    adapter = open_uri("simulated:?vms=1")
    records: list[Record] = []
    recorder = Recorder(adapter, records.append, source="test")
    recorder.pause("vm-0", deadline_ms=5_000).result()
    recorder.fingerprint("vm-0", deadline_ms=5_000).result()
    adapter.simulated.guest("vm-0").lose_memory()
    recorder.fingerprint("vm-0", deadline_ms=5_000).result()
    recorder.resume("vm-0", deadline_ms=5_000).result()
    *_, last = moments(records, ends_at_ms=adapter.clock.monotonic_ms())
    assert not BY_NAME["memory_preserved"](last.ledger.vm("vm-0"))


@pytest.mark.parametrize("fault", ["vm_crash", "power_loss", "io_error", "event_lost"])
def test_a_fault_strikes_no_more_often_than_its_budget(fault: str) -> None:
    struck = 0
    for seed in range(12):
        simulation = simulate(fleet_with(Faults(**{fault: 1})), SeededChoices(seed), pages=1)
        maintain(simulation, next(iter(simulation.hosts)), [])
        struck += simulation.fate.left[fault] == 0
    assert 0 < struck <= 12


def test_a_fleet_file_says_which_vms_are_there_and_what_an_update_does() -> None:
    fleet = parse_fleet(
        'name = "f"\n[update]\nkind = "disruptive"\n[customer]\ncreate = 1\n'
        '[[hosts]]\nname = "h"\n'
        '[[vms]]\nname = "a"\nhost = "h"\n[[vms]]\nname = "b"\nhost = "h"\nexists = false\n',
        "f.toml",
    )
    simulation = simulate(fleet, SeededChoices(0))
    adapter = simulation.connect("h")
    assert [state.name for state in adapter.vms(deadline_ms=0)] == ["a"]
    simulation.hosts["h"].create("b")
    assert [state.name for state in adapter.vms(deadline_ms=0)] == ["a", "b"]
    adapter.pause("a", deadline_ms=5_000).result()
    adapter.update(deadline_ms=60_000).result()
    assert not simulation.hosts["h"].guest("a").finds_memory_intact


def test_what_is_planned_happens_in_the_order_of_its_time_and_deadlines_last() -> None:
    time, done = VirtualTime(), list[str]()
    time.plan(5, lambda: done.append("deadline"), is_deadline=True)
    time.plan(5, lambda: done.append("b"))
    time.plan(5, lambda: done.append("c"))
    time.plan(1, lambda: done.append("a"))
    time.plan(6, lambda: done.append("later"))
    time.wait_ms(5)
    assert done == ["a", "b", "c", "deadline"]
    assert (time.monotonic_ms(), time.wall_ms()) == (5, 1_500_000_000_005)
