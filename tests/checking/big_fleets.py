"""A fleet too large to enumerate: 200 VMs of one availability set in 20 update domains."""

from __future__ import annotations

from freezeframe.fleet import AvailabilitySet, Fleet, Host, Limits, VirtualMachine
from tests.fleets import COARSE

VMS, HOSTS, DOMAINS = 200, 40, 20


def big_fleet() -> Fleet:
    """Five VMs a host, two hosts a domain, time in units of five seconds."""
    per_host = VMS // HOSTS
    return Fleet(
        "big",
        tuple(Host(f"host-{number}", number % 2) for number in range(HOSTS)),
        tuple(
            VirtualMachine(
                f"web-{number}",
                f"host-{number // per_host}",
                "web",
                number // per_host % DOMAINS,
            )
            for number in range(VMS)
        ),
        (AvailabilitySet("web", DOMAINS),),
        timing=COARSE,
        limits=Limits(notice_ms=10_000),
    )
