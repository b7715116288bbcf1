"""The fleets that are rehearsed: what each is for, and what may go wrong in it.

Owns fleets only; what must hold of them is in the tests.
"""

from __future__ import annotations

from dataclasses import replace

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

ONE_VM = Fleet(
    "one VM",
    (Host("a"),),
    (VirtualMachine("v", "a"),),
    timing=Timing(recovery=Span(0, 1_000)),
    limits=Limits(notice_ms=5_000),
    update=Update(attempts=2),
)
ONE_SET = replace(
    ONE_VM,
    name="one set",
    hosts=(Host("a", 0), Host("b", 1)),
    vms=(
        VirtualMachine("web-0", "a", "web", 0),
        VirtualMachine("x", "a"),
        VirtualMachine("web-1", "b", "web", 1),
    ),
    availability_sets=(AvailabilitySet("web", 2),),
)
SHARED_HOST = replace(
    ONE_VM,
    name="two sets that share a host",
    hosts=(Host("a"), Host("b"), Host("c")),
    vms=(
        VirtualMachine("web-0", "a", "web", 0),
        VirtualMachine("web-1", "b", "web", 1),
        VirtualMachine("db-0", "b", "db", 0),
        VirtualMachine("db-1", "c", "db", 1),
    ),
    availability_sets=(AvailabilitySet("web", 2), AvailabilitySet("db", 2)),
)
"""Host b may be maintained with neither a nor c, while these two may go together."""

LIVELY = replace(
    ONE_SET,
    name="customers who act meanwhile",
    customer=CustomerActions(start=1, stop=1, suspend=1),
)
DISRUPTIVE = replace(
    ONE_VM,
    name="an update that no VM survives",
    hosts=(Host("a", update=UpdateKind.DISRUPTIVE),),
    timing=replace(ONE_VM.timing, resume=Span(0, 1_000)),
    customer=CustomerActions(stop=1),
)
"""To boot takes no time in the model, so here it takes no longer than a controller may be late."""


def with_faults(fleet: Fleet, *names: str) -> Fleet:
    """The fleet with one of each fault; the deadlines leave time for all of them."""
    faults = Faults(**dict.fromkeys(names, 1))
    tolerance = Tolerance(faults.resume_failure, 1, faults.event_lost)
    return replace(fleet, faults=faults, tolerance=tolerance)
