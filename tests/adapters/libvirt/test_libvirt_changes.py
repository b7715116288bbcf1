"""The libvirt adapter tells changes once, gives up what hangs, and leaves nothing behind."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from tests.adapters.libvirt.handling import (
    LONG_MS,
    Opener,
    domain,
    is_quiet,
    pause,
    restarted,
    resume,
    status,
    take,
)

from freezeframe.adapters import (
    Change,
    Origin,
    Recorder,
    Sight,
    TimedOut,
    Unreachable,
    open_adapter,
)
from freezeframe.adapters.libvirt import LibvirtAdapter
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Ledger, Reason, Record


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
