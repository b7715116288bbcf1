"""A simulated host keeps the protocol."""

from __future__ import annotations

import pytest

from freezeframe.adapters import (
    Capability,
    Change,
    FingerprintsMemory,
    Observes,
    Origin,
    Pauses,
    ReadsClock,
    Refusal,
    Refused,
    Sampling,
    Saves,
    SetsClock,
    Stops,
    TellsChanges,
    Unreachable,
    UpdatesHost,
)
from freezeframe.adapters.simulated import SimulatedAdapter, open_uri
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Reason

from .driving import LONG_MS, drained, offset_ms, pause, refusal, resume, status


def test_it_has_every_ability_of_the_protocol(adapter: SimulatedAdapter) -> None:
    assert isinstance(adapter, Observes | TellsChanges)
    for ability in (Pauses, ReadsClock, SetsClock, FingerprintsMemory, Saves, Stops, UpdatesHost):
        assert isinstance(adapter, ability)
    assert set(adapter.capabilities()) == set(Capability)
    assert all(capability.meaning for capability in Capability)


def test_a_pause_stops_the_guest_and_a_resume_lets_it_go_on(adapter: SimulatedAdapter) -> None:
    guest = adapter.simulated.guest
    pause(adapter)
    assert status(adapter) == (VmStatus.PAUSED, Reason.USER)
    before, memory = guest("vm-0").heartbeats, bytes(guest("vm-0").memory)
    others = guest("vm-1").heartbeats
    adapter.clock.wait_ms(29_000)
    assert guest("vm-0").heartbeats == before
    assert guest("vm-0").memory == memory
    assert guest("vm-1").heartbeats == others + 29_000 // 20
    resume(adapter)
    adapter.clock.wait_ms(1_000)
    assert status(adapter) == (VmStatus.RUNNING, Reason.UNPAUSED)
    assert guest("vm-0").heartbeats == before + 50
    assert guest("vm-0").memory != memory
    assert guest("vm-0").finds_memory_intact


def test_a_clock_is_behind_by_each_pause_until_it_is_set(adapter: SimulatedAdapter) -> None:
    for round_ms in (10_000, 20_000):
        pause(adapter)
        stopped_ms = adapter.clock.monotonic_ms()
        adapter.clock.wait_ms(round_ms)
        resume(adapter)
        lost_ms = adapter.clock.monotonic_ms() - stopped_ms
        assert offset_ms(adapter) == pytest.approx(-lost_ms, abs=3)
        adapter.clock.wait_ms(5_000)
        assert offset_ms(adapter) == pytest.approx(-lost_ms, abs=3), "no guest mends it by itself"
        adapter.set_clock("vm-0", deadline_ms=LONG_MS).result()
        assert abs(offset_ms(adapter)) <= 3


@pytest.mark.parametrize("sampling", [None, Sampling(4, 99)])
def test_fingerprints_of_one_pause_agree_unless_memory_changed(
    adapter: SimulatedAdapter, sampling: Sampling | None
) -> None:
    pause(adapter)

    def taken() -> tuple[str, str]:
        found = adapter.fingerprint("vm-0", deadline_ms=LONG_MS, sampling=sampling).result()
        return found.digest, found.coverage

    first = taken()
    adapter.clock.wait_ms(9_000)
    assert taken() == first
    memory = adapter.simulated.guest("vm-0").memory
    for page in range(16):
        memory[page * 4096 + 17] ^= 1
    assert taken()[0] != first[0]
    assert taken()[1] == first[1]
    assert first[1].startswith(f"simulated, {65_536 if sampling is None else 16_384} of 65536")


def test_a_vm_that_was_shut_down_for_us_is_booted_and_one_that_others_stopped_is_not(
    adapter: SimulatedAdapter,
) -> None:
    subscription = adapter.subscribe(deadline_ms=0)
    memory = bytes(adapter.simulated.guest("vm-0").memory)
    adapter.shut_down("vm-0", deadline_ms=LONG_MS).result()
    assert status(adapter) == (VmStatus.STOPPED, Reason.SHUT_DOWN)
    assert adapter.state("vm-0", deadline_ms=0).is_held
    adapter.simulated.stop("vm-1")
    assert refusal(lambda: adapter.boot("vm-1", deadline_ms=LONG_MS).result()) is Refusal.NOT_OURS
    adapter.boot("vm-0", deadline_ms=LONG_MS).result()
    assert status(adapter) == (VmStatus.RUNNING, Reason.BOOTED)
    assert adapter.simulated.guest("vm-0").memory != memory, "it has lost what it had in memory"
    told = [each for each in drained(subscription) if isinstance(each, Change)]
    assert [(each.vm, each.status, each.is_held) for each in told[2:]] == [
        ("vm-2", VmStatus.RUNNING, False),
        ("vm-0", VmStatus.STOPPED, True),
        ("vm-1", VmStatus.STOPPED, False),
        ("vm-0", VmStatus.RUNNING, False),
    ]
    assert refusal(lambda: adapter.boot("vm-0", deadline_ms=LONG_MS).result()) is (
        Refusal.ILLEGAL_STATE
    )
    for act in (adapter.shut_down, adapter.boot):
        call = act("vm-2", deadline_ms=LONG_MS)
        with pytest.raises(Refused) as caught:
            call.result()
        assert caught.value.reason is Refusal.NOT_MARKED


def test_illegal_requests_are_refused_by_their_reason_and_change_nothing(
    adapter: SimulatedAdapter,
) -> None:
    subscription = adapter.subscribe(deadline_ms=0)
    pause(adapter)
    adapter.simulated.hold("vm-1", Reason.IO_ERROR)
    before = adapter.vms(deadline_ms=0)
    drained(subscription)
    assert refusal(lambda: pause(adapter)) is Refusal.ILLEGAL_STATE
    assert refusal(lambda: pause(adapter, "vm-1")) is Refusal.ILLEGAL_STATE
    assert refusal(lambda: resume(adapter, "vm-1")) is Refusal.NOT_OURS
    assert refusal(lambda: pause(adapter, "vm-2")) is Refusal.NOT_MARKED
    assert refusal(lambda: resume(adapter, "vm-2")) is Refusal.NOT_MARKED
    assert refusal(lambda: pause(adapter, "nobody")) is Refusal.UNKNOWN_VM
    assert refusal(lambda: adapter.state("nobody", deadline_ms=0)) is Refusal.UNKNOWN_VM
    assert refusal(lambda: offset_ms(adapter)) is Refusal.ILLEGAL_STATE
    assert adapter.vms(deadline_ms=0) == before
    assert drained(subscription) == []
    resume(adapter)
    assert refusal(lambda: resume(adapter)) is Refusal.ILLEGAL_STATE
    adapter.simulated.stop("vm-0")
    assert refusal(lambda: pause(adapter)) is Refusal.ILLEGAL_STATE


def test_a_pause_that_its_customer_made_is_not_resumed(adapter: SimulatedAdapter) -> None:
    adapter.simulated.hold("vm-0")
    assert refusal(lambda: resume(adapter)) is Refusal.NOT_OURS
    assert status(adapter) == (VmStatus.PAUSED, Reason.USER)


def test_a_new_connection_may_resume_what_the_lost_one_paused(adapter: SimulatedAdapter) -> None:
    pause(adapter)
    adapter.close()
    with pytest.raises(Unreachable):
        adapter.vms(deadline_ms=0)
    again = SimulatedAdapter(adapter.simulated, adapter.uri)
    assert again.state("vm-0", deadline_ms=0).is_held
    resume(again)
    assert status(again) == (VmStatus.RUNNING, Reason.UNPAUSED)


def test_changes_are_told_in_order_without_gaps_or_repeats(adapter: SimulatedAdapter) -> None:
    subscription = adapter.subscribe(deadline_ms=0)
    found = drained(subscription)
    assert [each.origin for each in found if isinstance(each, Change)] == [Origin.FOUND] * 3
    for _ in range(3):
        calls = [adapter.pause(vm, deadline_ms=LONG_MS) for vm in ("vm-0", "vm-1")]
        assert [call.result() for call in calls] == [None, None]
        for vm in ("vm-0", "vm-1"):
            resume(adapter, vm)
    told = drained(subscription)
    assert [each.sequence for each in told] == list(range(4, 16))
    for vm in ("vm-0", "vm-1"):
        of_vm = [each.status for each in told if isinstance(each, Change) and each.vm == vm]
        assert of_vm == [VmStatus.PAUSED, VmStatus.RUNNING] * 3
    assert all(isinstance(each, Change) and each.origin is Origin.TOLD for each in told)


def test_many_vms_are_paused_in_the_time_of_one() -> None:
    adapter = open_uri("simulated:?vms=50")
    calls = [adapter.pause(f"vm-{number}", deadline_ms=LONG_MS) for number in range(50)]
    for call in calls:
        call.result()
    assert adapter.clock.monotonic_ms() <= 1_000


def test_a_resume_that_races_a_pause_waits_for_its_turn(adapter: SimulatedAdapter) -> None:
    pausing = adapter.pause("vm-0", deadline_ms=LONG_MS)
    resuming = adapter.resume("vm-0", deadline_ms=LONG_MS)
    resuming.result()
    assert pausing.is_done
    assert status(adapter)[0] is VmStatus.RUNNING
