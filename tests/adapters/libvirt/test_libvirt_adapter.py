"""The libvirt adapter keeps the protocol on libvirt's test driver, and touches no VM of others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from freezeframe.adapters import (
    Adapter,
    Capability,
    CapabilityError,
    Change,
    Observes,
    Origin,
    Pauses,
    Recorder,
    Refusal,
    Refused,
    Saves,
    Sight,
    Stops,
    Subscription,
    TellsChanges,
    TimedOut,
    Unreachable,
    open_adapter,
)
from freezeframe.adapters.libvirt import LibvirtAdapter
from freezeframe.adapters.libvirt.marks import HELD_NAMESPACE
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Ledger, Reason, Record

Opener = Callable[..., LibvirtAdapter]
LONG_MS = 20_000
INACTIVE = 2  # VIR_DOMAIN_XML_INACTIVE
USER = (VmStatus.PAUSED, Reason.USER)


def pause(adapter: LibvirtAdapter, vm: str = "a") -> None:
    adapter.pause(vm, deadline_ms=LONG_MS).result()


def resume(adapter: LibvirtAdapter, vm: str = "a") -> None:
    adapter.resume(vm, deadline_ms=LONG_MS).result()


def status(adapter: LibvirtAdapter, vm: str = "a") -> tuple[VmStatus, Reason]:
    state = adapter.state(vm, deadline_ms=LONG_MS)
    return state.status, state.reason


def domain(adapter: LibvirtAdapter, vm: str = "a") -> Any:
    """The back door: libvirt itself, as a customer uses it."""
    return adapter.link.handle("test", vm).lookupByName(vm)


def refusal(call: Callable[[], object]) -> Refusal:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.reason


def restarted(adapter: LibvirtAdapter) -> LibvirtAdapter:
    """A second adapter on one link; it has nothing of the first but what libvirt keeps."""
    import libvirt  # noqa: PLC0415 (skipped where there is none)

    again = LibvirtAdapter(libvirt, adapter.link, None)
    again.tidy()
    return again


def eventually(is_so: Callable[[], bool]) -> None:
    """Wait for what happens behind the back of a caller."""
    ends_at = time.monotonic() + LONG_MS / 1000
    while not is_so():
        assert time.monotonic() < ends_at, "it never came about"
        threading.Event().wait(0.005)


def take(subscription: Subscription, count: int) -> list[Change | Sight]:
    taken = [subscription.take(deadline_ms=LONG_MS) for _ in range(count)]
    return [each for each in taken if each is not None]


def is_quiet(adapter: LibvirtAdapter, subscription: Subscription) -> bool:
    """Whether nothing more was told; a change made now shows that all before it was told."""
    domain(adapter, "c").suspend()
    fence = subscription.take(deadline_ms=LONG_MS)
    domain(adapter, "c").resume()
    return isinstance(fence, Change) and fence.vm == "c"


def test_it_says_what_it_can_do_on_a_driver_without_guests(adapter: LibvirtAdapter) -> None:
    for ability in (Adapter, Observes, TellsChanges, Pauses, Saves, Stops):
        assert isinstance(adapter, ability)
    offered = adapter.capabilities()
    lacking = {each for each, support in offered.items() if not support.is_offered}
    assert lacking == {
        Capability.READ_CLOCK,
        Capability.SET_CLOCK,
        Capability.FINGERPRINT,
        Capability.UPDATE_HOST,
    }
    assert all(support.why for each, support in offered.items() if each in lacking)
    assert set(offered) == set(Capability)


def test_a_pause_has_reason_user_and_bears_our_mark_until_the_resume(
    adapter: LibvirtAdapter,
) -> None:
    pause(adapter)
    assert status(adapter) == USER
    assert adapter.state("a", deadline_ms=LONG_MS).is_held
    assert HELD_NAMESPACE in domain(adapter).XMLDesc(0)
    assert status(adapter, "b")[0] is VmStatus.RUNNING
    resume(adapter)
    assert status(adapter)[0] is VmStatus.RUNNING
    eventually(lambda: HELD_NAMESPACE not in domain(adapter).XMLDesc(0))


def test_vms_are_listed_by_name_with_their_marks(adapter: LibvirtAdapter) -> None:
    states = adapter.vms(deadline_ms=LONG_MS)
    assert [(state.name, state.is_marked) for state in states] == [
        ("a", True),
        ("b", True),
        ("c", False),
    ]
    assert len({state.identity.uuid for state in states}) == 3


def test_an_unmarked_vm_is_never_touched_and_the_refusal_says_so(adapter: LibvirtAdapter) -> None:
    before = domain(adapter, "c").XMLDesc(0)
    untouched = (
        *(adapter.pause, adapter.resume, adapter.set_clock, adapter.save, adapter.restore),
        *(adapter.shut_down, adapter.boot),
    )
    for act in untouched:
        with pytest.raises(Refused, match="and left it alone") as caught:
            act("c", deadline_ms=LONG_MS).result()
        assert caught.value.reason is Refusal.NOT_MARKED
    assert domain(adapter, "c").XMLDesc(0) == before
    assert status(adapter, "c")[0] is VmStatus.RUNNING


def test_a_named_list_stands_in_for_the_marks(open_host: Opener) -> None:
    adapter = open_host(marked=["c"])
    pause(adapter, "c")
    assert status(adapter, "c") == USER
    with pytest.raises(Refused, match="expected a VM of the named list"):
        pause(adapter, "a")


def test_illegal_requests_are_refused_with_the_state_that_was_found(
    adapter: LibvirtAdapter,
) -> None:
    assert refusal(lambda: resume(adapter)) is Refusal.ILLEGAL_STATE
    pause(adapter)
    with pytest.raises(Refused) as caught:
        pause(adapter)
    assert caught.value.reason is Refusal.ILLEGAL_STATE
    assert caught.value.found is not None
    assert caught.value.found.is_held
    assert refusal(lambda: pause(adapter, "nobody")) is Refusal.UNKNOWN_VM
    assert refusal(lambda: adapter.state("nobody", deadline_ms=LONG_MS)) is Refusal.UNKNOWN_VM
    domain(adapter, "b").destroy()
    assert refusal(lambda: pause(adapter, "b")) is Refusal.ILLEGAL_STATE


def test_what_its_customer_paused_is_not_resumed(adapter: LibvirtAdapter) -> None:
    domain(adapter).suspend()
    assert refusal(lambda: resume(adapter)) is Refusal.NOT_OURS
    assert status(adapter) == USER


def test_whoever_restarts_finds_and_resumes_what_was_paused(adapter: LibvirtAdapter) -> None:
    pause(adapter)
    again = restarted(adapter)
    held = [state.name for state in again.vms(deadline_ms=LONG_MS) if state.is_held]
    assert held == ["a"]
    resume(again)
    assert status(again)[0] is VmStatus.RUNNING


@pytest.mark.parametrize(("age_ms", "stays"), [(0, True), (90_000, False)])
def test_a_mark_that_a_crash_left_on_a_running_vm_is_taken_off_once_it_is_stale(
    adapter: LibvirtAdapter, age_ms: int, *, stays: bool
) -> None:
    since_ms = adapter.clock.wall_ms() - age_ms
    text = f'<held status="paused" since-wall-ms="{since_ms}"/>'
    domain(adapter).setMetadata(2, text, "freezeframe-held", HELD_NAMESPACE, 1)
    domain(adapter, "c").setMetadata(2, text, "freezeframe-held", HELD_NAMESPACE, 1)
    adapter.tidy()
    assert (HELD_NAMESPACE in domain(adapter).XMLDesc(0)) is stays
    assert HELD_NAMESPACE in domain(adapter, "c").XMLDesc(0), "it is not marked for us"


def test_a_pause_that_fails_leaves_no_mark(
    adapter: LibvirtAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    import libvirt  # noqa: PLC0415 (as above)

    def fails(_domain: object) -> None:
        raise libvirt.libvirtError("no")

    monkeypatch.setattr(libvirt.virDomain, "suspend", fails)
    monkeypatch.setattr(libvirt.libvirtError, "get_error_code", lambda _: 1)
    with pytest.raises(Exception, match="expected it to be done, found: no"):
        pause(adapter)
    monkeypatch.undo()
    assert HELD_NAMESPACE not in domain(adapter).XMLDesc(0)
    pause(adapter)


def test_a_vm_that_we_shut_down_is_booted_also_after_a_restart(adapter: LibvirtAdapter) -> None:
    adapter.shut_down("a", deadline_ms=LONG_MS).result()
    assert status(adapter) == (VmStatus.STOPPED, Reason.SHUT_DOWN)
    assert adapter.state("a", deadline_ms=LONG_MS).is_held
    assert refusal(lambda: adapter.shut_down("a", deadline_ms=LONG_MS).result()) is (
        Refusal.ILLEGAL_STATE
    )
    again = restarted(adapter)
    again.boot("a", deadline_ms=LONG_MS).result()
    assert status(again)[0] is VmStatus.RUNNING
    eventually(lambda: HELD_NAMESPACE not in domain(again).XMLDesc(INACTIVE))


def test_a_vm_that_others_shut_down_stays_off(adapter: LibvirtAdapter) -> None:
    domain(adapter).shutdown()
    assert refusal(lambda: adapter.boot("a", deadline_ms=LONG_MS).result()) is Refusal.NOT_OURS
    assert status(adapter)[0] is VmStatus.STOPPED
    assert not adapter.state("a", deadline_ms=LONG_MS).is_held


def test_what_its_customer_started_after_our_shutdown_is_no_longer_ours(
    adapter: LibvirtAdapter,
) -> None:
    adapter.shut_down("a", deadline_ms=LONG_MS).result()
    domain(adapter).create()
    domain(adapter).suspend()
    assert refusal(lambda: resume(adapter)) is Refusal.NOT_OURS
    domain(adapter).resume()
    domain(adapter).shutdown()
    eventually(lambda: not adapter.state("a", deadline_ms=LONG_MS).is_held)
    assert refusal(lambda: adapter.boot("a", deadline_ms=LONG_MS).result()) is Refusal.NOT_OURS


def test_a_guest_that_does_not_shut_down_is_not_cut_off(
    adapter: LibvirtAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    import libvirt  # noqa: PLC0415 (as above)

    monkeypatch.setattr(libvirt.virDomain, "shutdown", lambda _: 0)
    with pytest.raises(TimedOut, match="its outcome is unknown"):
        adapter.shut_down("a", deadline_ms=150).result()
    monkeypatch.undo()
    assert status(adapter)[0] is VmStatus.RUNNING
    domain(adapter).shutdown()
    assert adapter.state("a", deadline_ms=LONG_MS).is_held, "it came about nevertheless"


def test_what_its_customer_let_go_and_paused_anew_is_no_longer_ours(
    adapter: LibvirtAdapter,
) -> None:
    subscription = adapter.subscribe(deadline_ms=LONG_MS)
    take(subscription, 3)
    pause(adapter)
    domain(adapter).resume()
    domain(adapter).suspend()
    take(subscription, 3)
    assert refusal(lambda: resume(adapter)) is Refusal.NOT_OURS
    eventually(lambda: HELD_NAMESPACE not in domain(adapter).XMLDesc(0))
    assert status(adapter) == USER


def test_one_adapter_does_not_take_off_the_marks_of_another(adapter: LibvirtAdapter) -> None:
    other = restarted(adapter)
    for _ in range(20):
        pause(adapter)
        other.tidy()
        resume(adapter)
    pause(adapter)
    assert adapter.state("a", deadline_ms=LONG_MS).is_held
    assert HELD_NAMESPACE in domain(adapter).XMLDesc(0)


def test_a_missing_capability_is_told_where_it_is_needed(adapter: LibvirtAdapter) -> None:
    with pytest.raises(CapabilityError, match="set clock: expected the capability set clock"):
        adapter.set_clock("a", deadline_ms=LONG_MS).result()
    pause(adapter)
    with pytest.raises(CapabilityError, match="test driver has no guests"):
        adapter.fingerprint("a", deadline_ms=LONG_MS).result()


def test_a_saved_vm_is_restored(adapter: LibvirtAdapter) -> None:
    adapter.save("a", deadline_ms=LONG_MS).result()
    assert status(adapter)[0] is VmStatus.STOPPED
    adapter.restore("a", deadline_ms=LONG_MS).result()
    assert status(adapter)[0] is VmStatus.RUNNING
    domain(adapter).destroy()
    with pytest.raises(Refused, match="expected it to be saved"):
        adapter.restore("a", deadline_ms=LONG_MS).result()


def test_changes_are_told_once_each_and_in_order(adapter: LibvirtAdapter) -> None:
    subscription = adapter.subscribe(deadline_ms=LONG_MS)
    found = take(subscription, 3)
    assert [each.origin for each in found if isinstance(each, Change)] == [Origin.FOUND] * 3
    for _ in range(20):
        pause(adapter)
        resume(adapter)
    told = [each for each in take(subscription, 40) if isinstance(each, Change)]
    assert [each.sequence for each in told] == list(range(4, 44))
    assert [each.status for each in told] == [VmStatus.PAUSED, VmStatus.RUNNING] * 20
    assert [each.reason for each in told[:2]] == [Reason.USER, Reason.UNPAUSED]
    assert [each.is_held for each in told[:2]] == [True, False]
    assert is_quiet(adapter, subscription)


def test_a_start_is_told_once_although_libvirt_tells_it_twice(adapter: LibvirtAdapter) -> None:
    subscription = adapter.subscribe(deadline_ms=LONG_MS)
    take(subscription, 3)
    domain(adapter, "b").destroy()
    domain(adapter, "b").create()
    told = [each for each in take(subscription, 2) if isinstance(each, Change)]
    assert [each.status for each in told] == [VmStatus.STOPPED, VmStatus.RUNNING]
    assert is_quiet(adapter, subscription)


def test_a_vm_that_is_removed_or_defined_is_told(adapter: LibvirtAdapter) -> None:
    subscription = adapter.subscribe(deadline_ms=LONG_MS)
    take(subscription, 3)
    text = domain(adapter, "b").XMLDesc(0)
    domain(adapter, "b").destroy()
    domain(adapter, "b").undefine()
    adapter.link.handle("test", None).defineXML(text)
    told = [each for each in take(subscription, 3) if isinstance(each, Change)]
    assert [each.status for each in told] == [VmStatus.STOPPED, VmStatus.ABSENT, VmStatus.STOPPED]


def test_after_a_lost_connection_the_host_is_looked_at_and_only_news_are_told(
    binding: Any,
) -> None:
    keeper = binding.open("test:///default")  # else the driver forgets between connections
    adapter = open_adapter("test:///default", marked=["test"])
    assert isinstance(adapter, LibvirtAdapter)
    try:
        subscription = adapter.subscribe(deadline_ms=LONG_MS)
        take(subscription, 1)
        adapter.link.drop("the test said so")
        (gone, back) = take(subscription, 2)
        assert isinstance(gone, Sight)
        assert (gone.is_in_sight, gone.why) == (False, "the test said so")
        assert isinstance(back, Sight)
        assert back.is_in_sight
        pause(adapter, "test")
        assert [each.status for each in take(subscription, 1) if isinstance(each, Change)] == [
            VmStatus.PAUSED
        ]
        resume(adapter, "test")
        take(subscription, 1)
        assert subscription.take(deadline_ms=0) is None
    finally:
        adapter.close()
        keeper.close()


def test_what_changed_while_out_of_sight_is_found(adapter: LibvirtAdapter) -> None:
    """A connection to a file of the test driver begins anew, so the pause is gone afterwards."""
    subscription = adapter.subscribe(deadline_ms=LONG_MS)
    pause(adapter)
    take(subscription, 4)
    adapter.link.drop("the test said so")
    told = take(subscription, 3)
    assert [each.is_in_sight for each in told if isinstance(each, Sight)] == [False, True]
    (found,) = [each for each in told if isinstance(each, Change)]
    assert (found.vm, found.status, found.origin) == ("a", VmStatus.RUNNING, Origin.FOUND)
    pause(adapter, "b")
    (told_again,) = take(subscription, 1)
    assert isinstance(told_again, Change)
    assert (told_again.vm, told_again.origin) == ("b", Origin.TOLD)


def test_a_call_that_hangs_is_given_up_with_an_unknown_outcome(
    adapter: LibvirtAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    import libvirt  # noqa: PLC0415 (as above)

    may_end = threading.Event()
    original = libvirt.virDomain.suspend

    def hangs(hung: Any) -> Any:
        may_end.wait()
        return original(hung)

    monkeypatch.setattr(libvirt.virDomain, "suspend", hangs)
    call = adapter.pause("a", deadline_ms=50)
    with pytest.raises(TimedOut, match="within 50 ms, found none; its outcome is unknown"):
        call.result()
    subscription = adapter.subscribe(deadline_ms=LONG_MS)
    take(subscription, 3)
    may_end.set()
    (late,) = take(subscription, 1)
    assert isinstance(late, Change)
    assert late.status is VmStatus.PAUSED, "it came about nevertheless"
    with pytest.raises(TimedOut):
        call.result()


def test_many_vms_are_paused_and_resumed_at_once(open_host: Opener) -> None:
    adapter = open_host()
    names = ["a", "b"]
    for _ in range(10):
        for call in [adapter.pause(vm, deadline_ms=LONG_MS) for vm in names]:
            call.result()
        for call in [adapter.resume(vm, deadline_ms=LONG_MS) for vm in names]:
            call.result()
    assert all(status(adapter, vm)[0] is VmStatus.RUNNING for vm in names)


def test_a_closed_adapter_leaves_no_threads_behind(adapter: LibvirtAdapter) -> None:
    before = set(threading.enumerate())
    again = restarted(adapter)
    for _ in range(5):
        pause(again)
        resume(again)
    began = set(threading.enumerate()) - before
    assert {thread.name for thread in began} >= {"freezeframe-libvirt-call"}
    again.close()
    for thread in began:
        thread.join(LONG_MS / 1000)
        assert not thread.is_alive()


def test_a_closed_adapter_reaches_nothing(adapter: LibvirtAdapter) -> None:
    adapter.close()
    adapter.close()
    with pytest.raises(Unreachable, match="nothing was begun"):
        adapter.vms(deadline_ms=LONG_MS)


def test_a_host_that_does_not_answer_is_unreachable(binding: Any) -> None:
    assert binding is not None
    with pytest.raises(Unreachable, match="expected a libvirt host that answers"):
        open_adapter("test:///no/such/file.xml")


def test_a_recorded_run_is_what_the_ledger_understands(adapter: LibvirtAdapter) -> None:
    records: list[Record] = []
    recorder = Recorder(adapter, records.append, source="test")
    subscription = recorder.watch(adapter.subscribe(deadline_ms=LONG_MS))
    recorder.pause("a", deadline_ms=LONG_MS).result()
    take(subscription, 4)
    ledger = Ledger()
    count = len(records)
    for record in records:
        ledger.fold(record)
    assert ledger.vm("a").is_paused_for_maintenance
    recorder.resume("a", deadline_ms=LONG_MS).result()
    take(subscription, 1)
    for record in records[count:]:
        ledger.fold(record)
    assert not ledger.vm("a").is_down_for_maintenance
    assert not ledger.vm("a").is_resumed_for_another
