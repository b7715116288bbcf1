"""The small fleets in which planted faults matter."""

from __future__ import annotations

from typing import Any

from freezeframe.fleet import (
    AvailabilitySet,
    CustomerActions,
    Faults,
    Fleet,
    Host,
    Limits,
    Span,
    Timing,
    Tolerance,
    Update,
    UpdateKind,
    VirtualMachine,
)


def span(least_seconds: int, longest_seconds: int) -> Span:
    return Span(least_seconds * 1000, longest_seconds * 1000)


TIMING = Timing(
    pause=span(0, 5),
    update=span(5, 15),
    rollback=span(0, 5),
    resume=span(0, 5),
    clock_sync=span(0, 5),
    restart=span(0, 5),
    poll=span(0, 5),
    recovery=span(0, 5),
)
_LIMITS = Limits(notice_ms=10_000)


def _fleet(
    name: str,
    hosts: tuple[Host, ...],
    vms: tuple[VirtualMachine, ...],
    availability_sets: tuple[AvailabilitySet, ...] = (),
    *,
    faults: Faults | None = None,
    customer: CustomerActions | None = None,
    tolerance: Tolerance | None = None,
    attempts: int = 1,
    timing: Timing = TIMING,
) -> Fleet:
    return Fleet(
        name,
        hosts,
        vms,
        availability_sets,
        timing=timing,
        limits=_LIMITS,
        update=Update(attempts=attempts),
        faults=faults or Faults(),
        customer=customer or CustomerActions(),
        tolerance=tolerance or Tolerance(),
    )


def one_vm(**options: Any) -> Fleet:
    """One host with one VM that is in no set."""
    return _fleet("one VM", (Host("a"),), (VirtualMachine("v", "a"),), **options)


def two_vms(**options: Any) -> Fleet:
    """One host with two VMs that are in no set."""
    vms = (VirtualMachine("v", "a"), VirtualMachine("w", "a"))
    return _fleet("two VMs", (Host("a"),), vms, **options)


def two_domains(**options: Any) -> Fleet:
    """A set of two domains, a host each."""
    vms = (VirtualMachine("web-0", "a", "web", 0), VirtualMachine("web-1", "b", "web", 1))
    return _fleet(
        "two domains", (Host("a"), Host("b")), vms, (AvailabilitySet("web", 2),), **options
    )


def two_sets() -> Fleet:
    """Two sets of two domains, a host for the first domains and one for the second ones."""
    vms = (
        VirtualMachine("web-0", "a", "web", 0),
        VirtualMachine("db-0", "a", "db", 0),
        VirtualMachine("web-1", "b", "web", 1),
        VirtualMachine("db-1", "b", "db", 1),
    )
    sets = (AvailabilitySet("web", 2), AvailabilitySet("db", 2))
    return _fleet("two sets", (Host("a"), Host("b")), vms, sets)


def shared_host() -> Fleet:
    """Two sets of two domains, and a host that carries a domain of each."""
    vms = (
        VirtualMachine("web-0", "a", "web", 0),
        VirtualMachine("web-1", "b", "web", 1),
        VirtualMachine("db-0", "b", "db", 0),
        VirtualMachine("db-1", "c", "db", 1),
    )
    sets = (AvailabilitySet("web", 2), AvailabilitySet("db", 2))
    return _fleet("shared host", (Host("a"), Host("b"), Host("c")), vms, sets)


def mixed_host() -> Fleet:
    """One host that carries two domains of a set."""
    vms = (VirtualMachine("web-0", "a", "web", 0), VirtualMachine("web-1", "a", "web", 1))
    return _fleet("mixed host", (Host("a"),), vms, (AvailabilitySet("web", 2),))


def disruptive(**options: Any) -> Fleet:
    """One host whose update no VM survives."""
    hosts = (Host("a", update=UpdateKind.DISRUPTIVE),)
    return _fleet("disruptive", hosts, (VirtualMachine("v", "a"),), **options)


def growing(**options: Any) -> Fleet:
    """Two hosts, a VM that may move, and one that may be created."""
    vms = (
        VirtualMachine("v", "a", may_move_to=("b",)),
        VirtualMachine("n", "b", exists=False),
    )
    return _fleet("growing", (Host("a"), Host("b")), vms, **options)
