"""A watch of real hosts with real guests, paused by somebody who is not freezeframe."""

from __future__ import annotations

from freezeframe.checking.watching import Watch, feeds_of
from freezeframe.fleet import read_fleet
from freezeframe.observation import Fact, Record, SightChanged, VmSeen
from freezeframe.reporting import Verdict

from .laboratory import Lab
from .processes import wait_for


def test_a_watch_sees_whoever_pauses_and_survives_a_daemon(small_lab: Lab) -> None:
    """Somebody suspends guests of two domains; one host's daemon is killed meanwhile.

    The other host is watched by a connection that could change nothing.
    """
    fleet = read_fleet(small_lab.fleet_file)
    one, other = small_lab.guests
    for_reading = other.host.uri.replace("libvirt-sock", "libvirt-sock-ro")
    feeds = feeds_of([one.host.uri, for_reading], fleet, takes_any_pause=True)
    records: list[Record] = []
    watch = Watch(feeds, fleet, records.append)
    broken: list[str] = []

    def seen(fact: type[Fact], count: int) -> bool | None:
        for happening in watch.step(feeds[0].clock.monotonic_ms(), wait_ms=100):
            broken.extend(each.property.name for each in happening.violations)
        return sum(isinstance(record.fact, fact) for record in records) >= count or None

    watch.begin()
    wait_for("both guests to be seen", lambda: seen(VmSeen, 2), 30)
    with one.host.connection() as mine, other.host.connection() as others:
        domains = mine.lookupByName(one.name), others.lookupByName(other.name)
        for domain in domains:
            domain.suspend()
        wait_for("both pauses to be seen", lambda: seen(VmSeen, 4), 30)
        for domain in domains:
            domain.resume()
    wait_for("both guests to run again", lambda: seen(VmSeen, 6), 30)
    one.host.kill_daemon()
    wait_for("the host to be lost from sight", lambda: seen(SightChanged, 1), 60)
    one.host.start_daemon()
    wait_for("the host to be seen again", lambda: seen(SightChanged, 2), 60)
    list(watch.end(feeds[0].clock.monotonic_ms()))
    assert broken == ["one_update_domain_paused"]
    assert watch.judgement().verdict is Verdict.VIOLATED
    (limit,) = [
        each for each in watch.judgement().properties if each.property.name == "pause_within_limit"
    ]
    assert limit.worst_seconds
