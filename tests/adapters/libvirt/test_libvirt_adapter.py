"""The libvirt adapter keeps the protocol on libvirt's test driver, and touches no VM of others."""

from __future__ import annotations

import pytest
from tests.adapters.libvirt.handling import (
    INACTIVE,
    LONG_MS,
    USER,
    Opener,
    Silence,
    domain,
    eventually,
    pause,
    refusal,
    restarted,
    resume,
    status,
    take,
)

from freezeframe.adapters import (
    Adapter,
    Capability,
    CapabilityError,
    Change,
    Observes,
    Pauses,
    Refusal,
    Refused,
    Saves,
    Stops,
    TellsChanges,
    TimedOut,
)
from freezeframe.adapters.libvirt import LibvirtAdapter
from freezeframe.adapters.libvirt.marks import HELD_NAMESPACE
from freezeframe.fleet.libvirt_import import NAMESPACE
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Reason


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


def test_what_lost_its_mark_during_our_pause_is_left_alone(adapter: LibvirtAdapter) -> None:
    subscription = adapter.subscribe(deadline_ms=LONG_MS)
    take(subscription, 3)
    pause(adapter)
    domain(adapter).setMetadata(2, None, "f", NAMESPACE, 1)
    domain(adapter, "b").suspend()
    take(subscription, 2)  # so all that came before is heard of
    domain(adapter).setMetadata(2, None, "f", NAMESPACE, 2)
    assert refusal(lambda: resume(adapter)) is Refusal.NOT_MARKED
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


def test_what_is_told_late_of_its_customer_does_not_count_against_our_pause(
    adapter: LibvirtAdapter,
) -> None:
    """Else the VM would be left paused, as if its customer had paused it anew."""
    silence = Silence()
    adapter.link.listen(silence)
    domain(adapter, "c").suspend()
    assert silence.began.wait(LONG_MS / 1000)
    domain(adapter).suspend()
    domain(adapter).resume()
    pause(adapter)
    subscription = adapter.subscribe(deadline_ms=LONG_MS)
    take(subscription, 3)
    domain(adapter, "b").suspend()
    silence.is_over.set()
    eventually(
        lambda: any(isinstance(told, Change) and told.vm == "b" for told in take(subscription, 1))
    )
    assert adapter.state("a", deadline_ms=LONG_MS).is_held
    resume(adapter)


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
