"""A simulated host keeps the protocol, and shows each fault as a real one would."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from freezeframe.adapters import (
    AdapterError,
    AdapterUriError,
    Capability,
    Change,
    ConnectionLost,
    Failed,
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
    Sight,
    Stops,
    Subscription,
    TellsChanges,
    TimedOut,
    Unreachable,
    UpdatesHost,
)
from freezeframe.adapters.simulated import Environment, SimulatedAdapter, open_uri
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Reason

LONG_MS = 60_000


@pytest.fixture(name="adapter")
def two_vms() -> SimulatedAdapter:
    return open_uri("simulated:host-a?vms=3&unmarked=1&seed=7")


def pause(adapter: SimulatedAdapter, vm: str = "vm-0") -> None:
    adapter.pause(vm, deadline_ms=LONG_MS).result()


def resume(adapter: SimulatedAdapter, vm: str = "vm-0") -> None:
    adapter.resume(vm, deadline_ms=LONG_MS).result()


def offset_ms(adapter: SimulatedAdapter, vm: str = "vm-0") -> int:
    return adapter.read_clock(vm, deadline_ms=LONG_MS).result().offset_ms


def status(adapter: SimulatedAdapter, vm: str = "vm-0") -> tuple[VmStatus, Reason]:
    state = adapter.state(vm, deadline_ms=LONG_MS)
    return state.status, state.reason


def drained(subscription: Subscription, within_ms: int = 5_000) -> list[Change | Sight]:
    taken = []
    while (change := subscription.take(deadline_ms=within_ms)) is not None:
        taken.append(change)
    return taken


def refusal(call: Callable[[], object]) -> Refusal:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.reason


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


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("vms=x", 'vms: expected a number from 0 to 10000, found "x"'),
        ("pages=0", "pages: expected a number from 1"),
        ("vm=2", "expected one of the parameters vms, unmarked, pages, seed, update_hang"),
        ("vms=1&vms=2", "vms: expected it once"),
        ("controller_crash=1", "expected one of the parameters"),
        ("vms", "expected parameters KEY=NUMBER"),
    ],
)
def test_a_parameter_that_is_not_understood_is_told(query: str, message: str) -> None:
    with pytest.raises(AdapterUriError, match=message):
        open_uri(f"simulated:?{query}")


def test_marks_may_be_named_instead_of_counted() -> None:
    adapter = open_uri("simulated:?vms=2", marked=["vm-1"])
    assert [state.is_marked for state in adapter.vms(deadline_ms=0)] == [False, True]


def test_errors_name_vm_host_and_operation(adapter: SimulatedAdapter) -> None:
    with pytest.raises(AdapterError, match="vm-2 on host-a: pause: not marked for freezeframe"):
        pause(adapter, "vm-2")
