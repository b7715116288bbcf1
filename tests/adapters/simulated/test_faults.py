"""A simulated host shows each fault as a real one would."""

from __future__ import annotations

import pytest

from freezeframe.adapters import (
    Change,
    ConnectionLost,
    Failed,
    Origin,
    Refusal,
    Refused,
    Sight,
    TimedOut,
    Unreachable,
)
from freezeframe.adapters.simulated import Environment, SimulatedAdapter, open_uri
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Reason

from .driving import LONG_MS, drained, offset_ms, pause, refusal, resume, status


def test_a_call_that_times_out_has_an_unknown_outcome_and_keeps_to_it(
    adapter: SimulatedAdapter,
) -> None:
    call = adapter.pause("vm-0", deadline_ms=0)
    for _ in range(2):
        with pytest.raises(TimedOut, match="within 0 ms"):
            call.result()
    adapter.clock.wait_ms(1_000)
    assert adapter.state("vm-0", deadline_ms=0).is_held, "it came about nevertheless"


@pytest.mark.parametrize(
    ("fault", "before", "after"),
    [
        ("pause_failure", VmStatus.RUNNING, VmStatus.PAUSED),
        ("resume_failure", VmStatus.PAUSED, VmStatus.RUNNING),
    ],
)
def test_a_failed_call_changes_nothing_and_may_work_the_next_time(
    adapter: SimulatedAdapter, fault: str, before: VmStatus, after: VmStatus
) -> None:
    if before is VmStatus.PAUSED:
        pause(adapter)
    adapter.simulated.fate.force(fault, "vm-0")
    act = pause if before is VmStatus.RUNNING else resume
    with pytest.raises(Failed):
        act(adapter)
    assert status(adapter)[0] is before
    act(adapter)
    assert status(adapter)[0] is after


def test_a_silent_agent_is_a_timeout_and_leaves_the_clock(adapter: SimulatedAdapter) -> None:
    pause(adapter)
    adapter.clock.wait_ms(5_000)
    resume(adapter)
    adapter.simulated.silence_agent("vm-0")
    with pytest.raises(TimedOut):
        adapter.set_clock("vm-0", deadline_ms=1_000).result()
    assert offset_ms(adapter) <= -5_000


def test_a_lost_event_is_not_told_and_a_repeated_one_comes_again_late(
    adapter: SimulatedAdapter,
) -> None:
    subscription = adapter.subscribe(deadline_ms=0)
    drained(subscription)
    adapter.simulated.fate.force("event_lost", "vm-0")
    adapter.simulated.fate.force("event_repeated", "vm-1")
    pause(adapter)
    pause(adapter, "vm-1")
    told = [each.vm for each in drained(subscription) if isinstance(each, Change)]
    assert told == ["vm-1", "vm-1"]


def test_a_power_loss_fails_every_vm_and_cuts_calls_short(adapter: SimulatedAdapter) -> None:
    subscription = adapter.subscribe(deadline_ms=0)
    drained(subscription)
    call = adapter.pause("vm-0", deadline_ms=LONG_MS)
    adapter.simulated.lose_power()
    with pytest.raises(ConnectionLost, match="outcome is unknown"):
        call.result()
    with pytest.raises(Unreachable):
        pause(adapter)
    adapter.simulated.repair()
    told = drained(subscription)
    assert [each.is_in_sight for each in told if isinstance(each, Sight)] == [False, True]
    found = [each for each in told if isinstance(each, Change)]
    assert {each.status for each in found} == {VmStatus.FAILED}
    assert {each.origin for each in found} == {Origin.FOUND}
    adapter.simulated.start("vm-0")
    assert status(adapter) == (VmStatus.RUNNING, Reason.BOOTED)


def test_what_happened_out_of_sight_is_found_once(adapter: SimulatedAdapter) -> None:
    subscription = adapter.subscribe(deadline_ms=0)
    drained(subscription)
    pause(adapter)  # its event is on its way, or was told, when the connection breaks
    adapter.simulated.drop_connections(3_000)
    adapter.simulated.stop("vm-1")
    told = [each for each in drained(subscription) if isinstance(each, Change)]
    assert [(each.vm, each.status) for each in told] == [
        ("vm-0", VmStatus.PAUSED),
        ("vm-1", VmStatus.STOPPED),
    ]
    resume(adapter)


@pytest.mark.parametrize("seed", range(6))
def test_what_was_on_its_way_when_the_connection_broke_does_not_arrive(seed: int) -> None:
    adapter = open_uri(f"simulated:?vms=1&seed={seed}")
    subscription = adapter.subscribe(deadline_ms=0)
    adapter.simulated.hold("vm-0")
    adapter.simulated.drop_connections(3_000)
    told = drained(subscription)
    gone = [isinstance(each, Sight) for each in told].index(True)
    assert isinstance(told[gone + 1], Sight), "nothing is told while the host is out of sight"


def test_a_crash_while_paused_is_seen_and_ends_our_hold(adapter: SimulatedAdapter) -> None:
    pause(adapter)
    adapter.simulated.crash("vm-0")
    assert status(adapter) == (VmStatus.FAILED, Reason.CRASHED)
    assert refusal(lambda: resume(adapter)) is Refusal.ILLEGAL_STATE


def test_what_runs_beneath_an_update_loses_memory_and_what_stands_keeps_it(
    adapter: SimulatedAdapter,
) -> None:
    pause(adapter)
    adapter.update(deadline_ms=LONG_MS).result()
    assert adapter.has_new_software
    assert adapter.simulated.guest("vm-0").finds_memory_intact
    assert not adapter.simulated.guest("vm-1").finds_memory_intact


def test_a_failed_update_is_rolled_back(adapter: SimulatedAdapter) -> None:
    adapter.simulated.fate.force("update_failure", "host-a")
    with pytest.raises(Failed):
        adapter.update(deadline_ms=LONG_MS).result()
    assert adapter.simulated.environment is Environment.BROKEN
    adapter.roll_back(deadline_ms=LONG_MS).result()
    assert not adapter.has_new_software
    adapter.update(deadline_ms=LONG_MS).result()
    assert adapter.has_new_software


def test_an_update_that_hangs_never_ends_until_it_is_rolled_back(adapter: SimulatedAdapter) -> None:
    adapter.simulated.fate.force("update_hang", "host-a")
    with pytest.raises(TimedOut):
        adapter.update(deadline_ms=900_000).result()
    assert adapter.simulated.environment.value == Environment.UPDATING
    with pytest.raises(Refused):
        adapter.update(deadline_ms=LONG_MS).result()
    adapter.roll_back(deadline_ms=LONG_MS).result()
    assert adapter.simulated.environment.value == Environment.OLD


def test_a_saved_vm_is_restored_with_its_memory(adapter: SimulatedAdapter) -> None:
    adapter.save("vm-0", deadline_ms=LONG_MS).result()
    assert status(adapter) == (VmStatus.STOPPED, Reason.SAVE)
    memory = bytes(adapter.simulated.guest("vm-0").memory)
    adapter.restore("vm-0", deadline_ms=LONG_MS).result()
    assert status(adapter) == (VmStatus.RUNNING, Reason.RESTORED)
    assert adapter.simulated.guest("vm-0").memory == memory
    adapter.simulated.stop("vm-0")
    with pytest.raises(Refused, match="expected it to be saved"):
        adapter.restore("vm-0", deadline_ms=LONG_MS).result()
