"""Hosts are judged while they live, whoever pauses their VMs."""

from __future__ import annotations

from pathlib import Path

import pytest

from freezeframe.adapters import Change, Origin, Sight, Unreachable
from freezeframe.checking.watching import KINDS_SEEN, Feed, Happening, Watch, feeds_of
from freezeframe.checking.watching.watch import SETTLE_MS
from freezeframe.fleet import AvailabilitySet, Fleet, FreezeframeError, Host, VirtualMachine
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import (
    Ended,
    Fact,
    Provenance,
    Reason,
    Record,
    SightChanged,
    VmSeen,
    read_history,
    write_records,
)
from freezeframe.reporting import Verdict
from tests.maintenance.hosts import write_host

from .scripted import ScriptedHost

FLEET = Fleet(
    "two domains",
    (Host("a"), Host("b", uri="scripted:other")),
    (VirtualMachine("v", "a", "web", 0), VirtualMachine("w", "b", "web", 1)),
    (AvailabilitySet("web"),),
)
RUNNING, PAUSED = VmStatus.RUNNING, VmStatus.PAUSED
TOLD_WITHIN_MS = 30_000
"""Longer than anything takes to be told, unless something is wrong."""


def change(
    at_ms: int,
    vm: str,
    status: VmStatus,
    reason: Reason = Reason.USER,
    *,
    is_held: bool = False,
) -> Change:
    return Change(1, at_ms, vm, status, reason, Origin.TOLD, is_held)


class Watched:
    """A watch of scripted hosts, and all that happened in it."""

    def __init__(self, *hosts: ScriptedHost, takes_any_pause: bool = True) -> None:
        """Begin nothing yet."""
        self.hosts = hosts
        self.records: list[Record] = []
        feeds = [Feed(host, host.host, takes_any_pause=takes_any_pause) for host in hosts]
        self.watch = Watch(feeds, FLEET, self.records.append)
        self.happenings: list[Happening] = []

    def until(self, now_ms: int, records: int) -> Watched:
        """Step at `now_ms` until so many records have come, and once more."""
        while len(self.records) < records:
            self.happenings += self.watch.step(now_ms, wait_ms=1_000)
        self.happenings += self.watch.step(now_ms)
        return self

    def ended(self, now_ms: int) -> Watched:
        self.happenings += self.watch.end(now_ms)
        return self

    @property
    def broken(self) -> list[str]:
        return [each.property.name for happened in self.happenings for each in happened.violations]


def begun(*hosts: ScriptedHost, takes_any_pause: bool = True) -> Watched:
    watched = Watched(*hosts, takes_any_pause=takes_any_pause)
    watched.watch.begin()
    return watched


def test_two_domains_paused_by_anybody_are_a_violation() -> None:
    a = ScriptedHost("a", [change(0, "v", RUNNING), change(1_000, "v", PAUSED)])
    b = ScriptedHost("b", [change(0, "w", RUNNING), change(2_000, "w", PAUSED)])
    watched = begun(a, b).until(9_000, records=4)
    assert watched.broken == ["one_update_domain_paused"]
    assert watched.ended(9_000).watch.judgement().verdict is Verdict.VIOLATED
    assert a.is_closed


@pytest.mark.parametrize(
    ("reason", "is_held", "any_counts", "marked_counts"),
    [
        (Reason.USER, False, True, False),
        (Reason.USER, True, True, True),
        (Reason.IO_ERROR, False, False, False),
        (Reason.MIGRATION, False, False, False),
    ],
)
def test_whose_pauses_count_is_chosen(
    reason: Reason, *, is_held: bool, any_counts: bool, marked_counts: bool
) -> None:
    for takes_any_pause, counts in ((True, any_counts), (False, marked_counts)):
        told = [change(0, "v", RUNNING), change(1_000, "v", PAUSED, reason, is_held=is_held)]
        watched = begun(ScriptedHost("a", told), takes_any_pause=takes_any_pause)
        watched.until(41_000, records=2).ended(41_000)
        assert watched.broken == (["pause_within_limit"] if counts else [])


def test_a_pause_that_lasts_is_told_when_the_limit_has_passed() -> None:
    told = [change(0, "v", RUNNING), change(1_000, "v", PAUSED)]
    watched = begun(ScriptedHost("a", told)).until(31_000 + SETTLE_MS, records=2)
    assert watched.broken == []
    watched.until(31_001 + SETTLE_MS, records=2).ended(40_000)
    assert watched.broken == ["pause_within_limit"]


def test_a_pause_that_ends_is_measured() -> None:
    told = [
        change(0, "v", RUNNING),
        change(1_000, "v", PAUSED),
        change(4_500, "v", RUNNING, Reason.UNPAUSED),
    ]
    watched = begun(ScriptedHost("a", told)).until(9_000, records=3).ended(9_000)
    assert [each.pause_seconds for each in watched.happenings if each.pause_seconds] == [3.5]
    assert watched.watch.judgement().verdict is Verdict.HOLDS


def test_records_of_several_hosts_are_judged_in_the_order_of_their_times() -> None:
    a = ScriptedHost("a", [change(0, "v", RUNNING), change(3_000, "v", PAUSED)])
    told = [
        change(1, "w", RUNNING),
        change(1_000, "w", PAUSED),
        change(2_000, "w", RUNNING, Reason.UNPAUSED),
    ]
    watched = Watched(a, ScriptedHost("b", told))
    watched.watch.begin()
    while len(watched.records) < 5:
        watched.happenings += watched.watch.step(0 - SETTLE_MS, wait_ms=50)  # hold all back
        watched.happenings += watched.watch.step(9_000)
    watched.ended(9_000)
    assert watched.broken == []


def test_a_vm_that_appears_or_moves_is_judged_from_then_on() -> None:
    told = [
        change(0, "new", RUNNING),
        change(1_000, "new", PAUSED),
        change(50_000, "v", RUNNING),
    ]
    watched = begun(ScriptedHost("b", told)).until(60_000, records=3).ended(60_000)
    assert watched.broken == ["pause_within_limit"]
    assert watched.watch.judgement().strangers == ()
    (moved,) = [vm for vm in watched.watch.fleet.vms if vm.name == "v"]
    assert moved.may_move_to == ("b",)


def test_a_host_that_goes_away_and_comes_back_is_told() -> None:
    told: list[Change | Sight] = [
        change(0, "v", RUNNING),
        Sight(2, 1_000, is_in_sight=False, why="the daemon was restarted"),
        Sight(3, 2_000, is_in_sight=True),
    ]
    watched = begun(ScriptedHost("a", told)).until(9_000, records=3).ended(9_000)
    facts = [record.fact for record in watched.records if isinstance(record.fact, SightChanged)]
    assert [each.is_in_sight for each in facts] == [False, True]


def test_the_records_end_where_the_watch_ended_and_can_be_replayed() -> None:
    watched = begun(ScriptedHost("a", [change(0, "v", RUNNING), change(1_000, "v", PAUSED)]))
    watched.until(5_000, records=2).ended(8_000)
    assert watched.records[-1].fact == Ended()
    assert watched.records[-1].monotonic_ms == 8_000
    assert watched.records[1].fact == VmSeen(PAUSED, Reason.USER, is_held=True)
    text = write_records(watched.records, Provenance(kinds=KINDS_SEEN))
    assert read_history(text).records == tuple(watched.records)
    resting = watched.watch.judgement()
    assert resting.verdict is Verdict.INCOMPLETE


def test_a_host_that_cannot_be_watched_ends_all() -> None:
    a, b = ScriptedHost("a"), ScriptedHost("b", is_away=True)
    with pytest.raises(Unreachable):
        begun(a, b)
    assert a.is_closed
    assert b.is_closed


def test_hosts_of_one_name_are_refused() -> None:
    with pytest.raises(FreezeframeError, match="expected hosts of different names"):
        feeds_of(["simulated:a", "simulated:a"], FLEET, takes_any_pause=True)


def test_a_host_has_the_name_that_the_fleet_gives_its_uri() -> None:
    fleet = Fleet("named", (Host("rack-7", uri="simulated:a"),), ())
    (feed,) = feeds_of(["simulated:a"], fleet, takes_any_pause=True)
    assert feed.host == "rack-7"
    feed.end()


def test_a_host_out_of_reach_at_the_beginning_is_told_and_tried_again(tmp_path: Path) -> None:
    pytest.importorskip("libvirt", reason="needs libvirt's Python binding")
    there = write_host(tmp_path / "a.xml", {"v": ""})
    absent = f"test://{tmp_path}/b.xml"
    hosts = (Host("a", uri=there), Host("b", uri=absent))
    fleet = Fleet("two hosts", hosts, (VirtualMachine("v", "a"), VirtualMachine("w", "b")))
    feeds = feeds_of([there, absent], fleet, takes_any_pause=True)
    records: list[Record] = []
    watch = Watch(feeds, fleet, records.append)

    def saw(fact: type[Fact], host: str) -> None:
        ends_at_ms = feeds[0].clock.monotonic_ms() + TOLD_WITHIN_MS
        while not any(isinstance(each.fact, fact) and each.host == host for each in records):
            assert feeds[0].clock.monotonic_ms() < ends_at_ms, (fact, host)
            list(watch.step(feeds[0].clock.monotonic_ms(), wait_ms=100))

    watch.begin()
    saw(VmSeen, "a")
    saw(SightChanged, "b")
    write_host(tmp_path / "b.xml", {"w": ""})
    saw(VmSeen, "b")
    list(watch.end(feeds[0].clock.monotonic_ms()))
    told = [each.fact.is_in_sight for each in records if isinstance(each.fact, SightChanged)]
    assert told == [False, True]


def test_a_host_that_no_fleet_names_must_be_in_reach(tmp_path: Path) -> None:
    pytest.importorskip("libvirt", reason="needs libvirt's Python binding")
    with pytest.raises(FreezeframeError, match=r"b\.xml"):
        feeds_of([f"test://{tmp_path}/b.xml"], FLEET, takes_any_pause=True)
