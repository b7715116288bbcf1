"""Fleets for `freezeframe explain`: each as small as can be while one thing can go wrong in it.

Owns what they are made of. Between them every guard of the controller, and every guard on what
customers may do, is asked and matters. They are values, not files: nobody maintains a fleet like
these. It must not know what is found in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from freezeframe.fleet import (
    AvailabilitySet,
    CustomerActions,
    Faults,
    Fleet,
    Host,
    Limits,
    Span,
    Timing,
    Update,
    UpdateKind,
    VirtualMachine,
)

_SHORT: Final = Span(0, 5_000)
_TIMING: Final = Timing(
    pause=_SHORT,
    update=Span(5_000, 15_000),
    rollback=_SHORT,
    resume=_SHORT,
    clock_sync=_SHORT,
    restart=_SHORT,
    poll=_SHORT,
    recovery=_SHORT,
)
"""Multiples of five seconds: time is counted in their greatest common divisor."""

_LIMITS: Final = Limits(notice_ms=5_000)

_A: Final = Host("host-a")
_B: Final = Host("host-b")
_WEB: Final = AvailabilitySet("web", 2)
_WEB_0: Final = VirtualMachine("web-0", "host-a", "web", 0)
_WEB_1: Final = VirtualMachine("web-1", "host-b", "web", 1)


def _fleet(
    name: str,
    vms: tuple[VirtualMachine, ...],
    hosts: tuple[Host, ...] = (_A,),
    *,
    sets: tuple[AvailabilitySet, ...] = (),
    faults: Faults | None = None,
    customer: CustomerActions | None = None,
    attempts: int = 1,
    timing: Timing = _TIMING,
) -> Fleet:
    return Fleet(
        name,
        hosts,
        vms,
        sets,
        timing=timing,
        limits=_LIMITS,
        update=Update(attempts=attempts),
        faults=faults or Faults(),
        customer=customer or CustomerActions(),
    )


_ALL: Final = (
    _fleet("single", (VirtualMachine("web-0", "host-a"),)),
    _fleet(
        "slow-pause",
        (VirtualMachine("web-0", "host-a"),),
        timing=replace(_TIMING, pause=Span(0, 25_000)),
    ),
    _fleet(
        "two-domains",
        (_WEB_0, _WEB_1),
        (_A, _B),
        sets=(_WEB,),
        faults=Faults(power_loss=1, update_failure=1),
    ),
    _fleet("mixed-host", (_WEB_0, VirtualMachine("web-1", "host-a", "web", 1)), sets=(_WEB,)),
    _fleet(
        "disruptive",
        (VirtualMachine("web-0", "host-a"),),
        (Host("host-a", update=UpdateKind.DISRUPTIVE),),
        customer=CustomerActions(stop=1),
    ),
    _fleet(
        "repeated-event",
        (VirtualMachine("web-0", "host-a"),),
        faults=Faults(update_failure=1, event_repeated=1),
        attempts=2,
    ),
    _fleet(
        "dead-agent",
        (VirtualMachine("web-0", "host-a"), VirtualMachine("web-1", "host-a")),
        faults=Faults(agent_death=1),
    ),
    _fleet(
        "customers",
        (VirtualMachine("web-0", "host-a"), VirtualMachine("web-1", "host-a")),
        customer=CustomerActions(suspend=1, stop=1, start=1),
    ),
    _fleet(
        "newcomer",
        (VirtualMachine("newcomer", "host-a", exists=False),),
        customer=CustomerActions(create=1, suspend=1),
    ),
    _fleet(
        "roamer",
        (VirtualMachine("roamer", "host-a", may_move_to=("host-b",)),),
        (_A, _B),
        customer=CustomerActions(move=1, suspend=1),
    ),
    _fleet(
        "refugee",
        (VirtualMachine("refugee", "host-a", may_move_to=("host-b",)),),
        (Host("host-a", update=UpdateKind.DISRUPTIVE), _B),
        customer=CustomerActions(move=1),
    ),
)

SMALL_FLEETS: Final[Mapping[str, Fleet]] = {fleet.name: fleet for fleet in _ALL}
"""The fleets by name, the simplest first."""
