"""Small fleets, each of at most some thousand states, that between them use everything there is.

Owns fleets only; what is true of them is in the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from freezeframe.fleet import (
    AvailabilitySet,
    CustomerActions,
    Faults,
    Fleet,
    Host,
    Limits,
    OperatorActions,
    Span,
    Timing,
    Tolerance,
    Update,
    UpdateKind,
    VirtualMachine,
)


def span(least_seconds: int, longest_seconds: int) -> Span:
    """A duration of whole seconds."""
    return Span(least_seconds * 1000, longest_seconds * 1000)


COARSE = Timing(
    pause=span(0, 5),
    update=span(5, 15),
    rollback=span(0, 5),
    resume=span(0, 5),
    clock_sync=span(0, 5),
    restart=span(0, 5),
    poll=span(0, 5),
    recovery=span(0, 0),
)
"""Time goes by in units of five seconds."""

STEADY = Timing(
    pause=span(0, 0),
    update=span(5, 5),
    rollback=span(5, 5),
    resume=span(0, 0),
    clock_sync=span(0, 0),
    restart=span(5, 5),
    poll=span(0, 0),
    recovery=span(0, 5),
)
"""Nothing takes longer at one time than at another, so there is little to choose."""

FINE = Timing()
"""The durations that a fleet file has when it says nothing; units of one second."""

NO_NOTICE = Limits(notice_ms=0)
SHORT_NOTICE = Limits(notice_ms=5_000)
LONG_NOTICE = Limits(notice_ms=10_000)

A, B, C = Host("a", 0), Host("b", 1), Host("c", 0)
V, W = VirtualMachine("v", "a"), VirtualMachine("w", "a")
WEB = AvailabilitySet("web", update_domains=2)
DB = AvailabilitySet("db", update_domains=2)
WEB_0, WEB_1 = VirtualMachine("web-0", "a", "web", 0), VirtualMachine("web-1", "b", "web", 1)


@dataclass(frozen=True)
class Case:
    """A fleet, the policy it is maintained under, and what the search must count in it."""

    fleet: Fleet
    states: int
    transitions: int
    depth: int
    policy: str = "one-update-domain"


def one_vm(**options: Any) -> Fleet:
    """One VM on one host, in no set, with time in units of five seconds."""
    plain = Fleet("one VM", (A,), (V,), timing=COARSE, limits=SHORT_NOTICE)
    return replace(plain, **options)


def one_set(**options: Any) -> Fleet:
    """One set of two update domains, each on a host of its own."""
    plain = Fleet("one set", (A, B), (WEB_0, WEB_1), (WEB,), timing=STEADY, limits=NO_NOTICE)
    return replace(plain, **options)


def two_sets(**options: Any) -> Fleet:
    """Two sets that share host a, so that b and c may be maintained together, but not with a."""
    db = (VirtualMachine("db-0", "a", "db", 0), VirtualMachine("db-1", "c", "db", 1))
    vms = (WEB_0, WEB_1, *db)
    timing = replace(STEADY, recovery=span(0, 0))
    plain = Fleet("two sets", (A, B, C), vms, (WEB, DB), timing=timing, limits=NO_NOTICE)
    return replace(plain, **options)


CASES: Mapping[str, Case] = {
    "nothing goes wrong": Case(one_vm(), 85, 122, 17),
    "a pause may take longer than its limit": Case(
        one_vm(timing=replace(COARSE, pause=span(0, 50)), limits=NO_NOTICE), 152, 224, 18
    ),
    "usual durations": Case(
        one_vm(timing=FINE, limits=Limits(notice_ms=2_000), faults=Faults(update_hang=1)),
        519,
        830,
        57,
    ),
    "updates hang and fail, operators cancel": Case(
        one_vm(
            update=Update(attempts=2),
            faults=Faults(update_hang=1, update_failure=1),
            operator=OperatorActions(cancel=1),
        ),
        1_809,
        2_882,
        49,
    ),
    "pauses fail, agents are silent": Case(
        one_vm(
            vms=(V, W),
            timing=replace(COARSE, pause=span(5, 5), clock_sync=span(0, 5), resume=span(0, 0)),
            limits=NO_NOTICE,
            faults=Faults(pause_failure=1, agent_silent=1),
        ),
        1_397,
        2_570,
        41,
    ),
    "a resume fails, and there is time": Case(
        one_vm(faults=Faults(resume_failure=2), tolerance=Tolerance(resume_failure=2)), 235, 372, 29
    ),
    "a resume fails, and there is no time": Case(
        one_vm(faults=Faults(resume_failure=1)), 181, 282, 31
    ),
    "events are lost and repeated": Case(
        one_vm(
            faults=Faults(event_lost=2, event_repeated=1),
            tolerance=Tolerance(event_lost=1),
            limits=NO_NOTICE,
        ),
        1_790,
        4_435,
        35,
    ),
    "the controller crashes more often than tolerated": Case(
        one_vm(
            faults=Faults(controller_crash=2, update_hang=1),
            tolerance=Tolerance(controller_crash=1),
            limits=LONG_NOTICE,
        ),
        1_719,
        3_526,
        36,
    ),
    "a guest agent dies": Case(
        one_vm(vms=(V, W), timing=STEADY, limits=NO_NOTICE, faults=Faults(agent_death=1)),
        217,
        368,
        23,
    ),
    "guests ask late and approve too much": Case(
        one_vm(
            customer=CustomerActions(poll_late=2, approve_again=2, approve_for_another=1),
            limits=LONG_NOTICE,
            update=Update(attempts=2),
            faults=Faults(update_failure=1),
            timing=STEADY,
        ),
        1_403,
        3_300,
        32,
    ),
    "VMs crash and stop at I/O errors": Case(
        one_vm(vms=(V, W), timing=STEADY, faults=Faults(vm_crash=1, io_error=1)), 858, 1_866, 19
    ),
    "a VM is held before its clock is set": Case(
        one_vm(
            customer=CustomerActions(suspend=1),
            faults=Faults(io_error=1, update_failure=1),
            update=Update(attempts=2),
            timing=replace(STEADY, resume=span(0, 5), clock_sync=span(0, 5)),
            limits=NO_NOTICE,
        ),
        495,
        919,
        23,
    ),
    "power fails": Case(
        one_vm(
            faults=Faults(power_loss=2),
            customer=CustomerActions(start=1, delete=1),
            timing=replace(COARSE, pause=span(5, 5), resume=span(5, 5), update=span(5, 5)),
        ),
        307,
        767,
        19,
    ),
    "power fails beneath a set": Case(
        one_set(faults=Faults(power_loss=1), limits=SHORT_NOTICE), 1_184, 2_459, 28
    ),
    "a set recovers slowly": Case(
        one_set(timing=replace(COARSE, recovery=span(5, 10)), update=Update(attempts=2)),
        2_073,
        2_955,
        97,
    ),
    "customers come and go": Case(
        one_vm(
            vms=(V, VirtualMachine("new", "a", exists=False)),
            customer=CustomerActions(create=1, delete=1, start=1, stop=2),
            timing=STEADY,
        ),
        859,
        2_147,
        20,
    ),
    "customers move and suspend": Case(
        Fleet(
            "movable",
            (A, replace(B, update=UpdateKind.NO_IMPACT)),
            (replace(V, may_move_to=("b",)),),
            timing=COARSE,
            limits=SHORT_NOTICE,
            customer=CustomerActions(move=1, suspend=1, stop=1),
        ),
        4_328,
        12_446,
        41,
    ),
    "some VMs cannot be paused": Case(
        one_vm(
            vms=(V, replace(W, preservable=False)),
            faults=Faults(update_failure=1, io_error=1, power_loss=1),
            timing=STEADY,
        ),
        1_216,
        2_913,
        31,
    ),
    "an update that preserves nothing": Case(
        one_vm(
            update=Update(UpdateKind.DISRUPTIVE, attempts=2),
            faults=Faults(update_hang=1, event_lost=1, controller_crash=1),
            customer=CustomerActions(suspend=1, start=1),
        ),
        4_141,
        10_139,
        29,
    ),
    "an update without impact": Case(
        one_set(
            update=Update(UpdateKind.NO_IMPACT), faults=Faults(power_loss=1, controller_crash=1)
        ),
        2_091,
        4_775,
        19,
    ),
    "two sets share a host": Case(two_sets(), 1_533, 2_746, 41),
    "one host carries two domains": Case(
        one_set(vms=(WEB_0, replace(WEB_1, host="a")), limits=SHORT_NOTICE), 7, 9, 6
    ),
    "one set in two fault domains": Case(
        one_set(limits=SHORT_NOTICE), 94, 117, 26, policy="one-fault-domain"
    ),
    "one set in one fault domain": Case(
        one_set(hosts=(A, replace(B, fault_domain=0)), timing=STEADY, limits=SHORT_NOTICE),
        535,
        1_024,
        23,
        policy="one-fault-domain",
    ),
}
"""Every case by what it is about."""
