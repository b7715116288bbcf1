"""A counterexample that the search found happens on real hosts with real guests."""

from __future__ import annotations

from dataclasses import replace

from freezeframe.checking.check import check
from freezeframe.checking.enacting import adapter_stage, enacted
from freezeframe.checking.judging import judge
from freezeframe.fleet import Limits, read_fleet
from freezeframe.protocol.policies import OneUpdateDomain
from tests.fleets import STEADY

from .laboratory import Lab


def test_two_domains_are_paused_together_and_none_is_left_paused(small_lab: Lab) -> None:
    lab_fleet = read_fleet(small_lab.fleet_file)
    fleet = replace(lab_fleet, limits=Limits(notice_ms=0), timing=STEADY)
    result = check(
        fleet,
        OneUpdateDomain(),
        without=["schedule/no-other-domain-of-the-set-is-under-maintenance"],
        stop_at_violation=True,
    )
    assert result.shortest is not None
    found = result.shortest.counterexample
    assert found is not None
    uris = {host.name: host.uri for host in small_lab.hosts}
    seen = enacted(found.records, adapter_stage(uris, found.records))
    broken = {each.property.name for each in judge(seen, fleet).violations}
    assert "one_update_domain_paused" in broken
    for guest in small_lab.guests:
        with guest.host.connection() as connection:
            assert connection.lookupByName(guest.name).state()[0] == connection_running()


def connection_running() -> int:
    import libvirt  # noqa: PLC0415 (only a lab has it)

    return int(libvirt.VIR_DOMAIN_RUNNING)
