"""A hunt over fleets drawn at random: the stock controller keeps every promise in each, save that
maintenance cannot complete where the pause limit leaves no time for an update.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from freezeframe.checking.check import check
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
from freezeframe.protocol.policies import POLICIES, load_policy
from freezeframe.reporting import Verdict

UNIT_MS = 5_000
STATES_MAX = 60_000
"""A fleet of more is not judged, for a check that is cut short decides nothing."""

UNCOMPLETABLE = {"maintenance_completes"}
"""What is broken where an update may find too little time, however often it is tried."""


@dataclass(frozen=True)
class Drawn:
    """A fleet, and whether its pause limit leaves time for its updates."""

    fleet: Fleet
    has_time: bool


def spans(least: int, longest: int) -> st.SearchStrategy[Span]:
    """Durations of whole units."""
    bounds = st.tuples(st.integers(least, longest), st.integers(least, longest))
    return bounds.map(lambda each: Span(min(each) * UNIT_MS, max(each) * UNIT_MS))


def budgets(names: list[str], total_max: int) -> st.SearchStrategy[Counter[str]]:
    """How many of each there may be."""
    return st.lists(st.sampled_from(names), max_size=total_max).map(Counter)


TIMINGS = st.builds(
    Timing,
    pause=spans(0, 1),
    update=spans(1, 4),
    rollback=spans(0, 1),
    resume=spans(0, 1),
    clock_sync=spans(0, 1),
    restart=spans(0, 1),
    poll=spans(0, 1),
    recovery=spans(0, 1),
)
SETS = (AvailabilitySet("web", 2), AvailabilitySet("db", 2))
FAULTS = [each.name for each in fields(Faults)]
ACTIONS = [each.name for each in fields(CustomerActions)]


@st.composite
def machines(draw: st.DrawFn, host_count: int) -> tuple[VirtualMachine, ...]:
    """One to three VMs of which no two domains of a set can meet on a host.

    Hosts of one fault domain carry one update domain of each set, so both policies are sound.
    """
    found = []
    for number in range(draw(st.integers(1, 3))):
        home = draw(st.integers(0, host_count - 1))
        place = draw(st.integers(0, len(SETS)))
        alike = [host for host in range(host_count) if host != home and (host - home) % 2 == 0]
        is_member = place < len(SETS)
        found.append(
            VirtualMachine(
                f"vm-{number}",
                f"host-{home}",
                SETS[place].name if is_member else None,
                (home + place) % 2 if is_member else None,
                may_move_to=tuple(f"host-{host}" for host in alike),
                preservable=draw(st.integers(0, 4)) > 0,
                exists=draw(st.integers(0, 4)) > 0,
            )
        )
    return tuple(found)


@st.composite
def fleets(draw: st.DrawFn) -> Drawn:
    """A small fleet whose deadlines tolerate every fault that may happen."""
    hosts = tuple(Host(f"host-{each}", each % 2) for each in range(draw(st.integers(1, 3))))
    vms = draw(machines(len(hosts)))
    timing = draw(TIMINGS)
    faults = draw(budgets(FAULTS, 2))
    tolerated = Counter({each.name: faults[each.name] for each in fields(Tolerance)})
    set_aside_ms = (
        timing.pause.max_ms
        + timing.rollback.max_ms
        + timing.resume.max_ms * (1 + tolerated["resume_failure"])
        + timing.restart.max_ms * tolerated["controller_crash"]
        + timing.poll.max_ms * tolerated["event_lost"]
    )
    room_ms = UNIT_MS * draw(st.integers(1, 3))
    kind = draw(st.sampled_from([*UpdateKind, UpdateKind.VM_PRESERVING]))
    fleet = Fleet(
        "random",
        hosts,
        vms,
        SETS,
        timing=timing,
        limits=Limits(
            pause_ms=set_aside_ms + room_ms,
            notice_ms=UNIT_MS * draw(st.integers(0, 1)),
        ),
        update=Update(kind, attempts=draw(st.integers(1, 2))),
        faults=Faults(**faults),
        customer=CustomerActions(**draw(budgets(ACTIONS, 1))),
        operator=OperatorActions(cancel=draw(st.integers(0, 1))),
        tolerance=Tolerance(**tolerated),
    )
    is_pausing = kind is UpdateKind.VM_PRESERVING and any(
        vm.preservable and (vm.exists or fleet.customer.create) for vm in vms
    )
    return Drawn(fleet, not is_pausing or timing.update.min_ms <= room_ms)


@given(fleets(), st.sampled_from(sorted(POLICIES)))
@settings(max_examples=40)
def test_every_promise_is_kept_where_there_is_time_to_update(drawn: Drawn, policy: str) -> None:
    result = check(drawn.fleet, load_policy(policy), max_states=STATES_MAX)
    assume(not result.frontier)
    event(f"there is time: {drawn.has_time}")
    broken = {each.name for each in result.properties if each.verdict is Verdict.VIOLATED}
    if drawn.has_time:
        assert result.verdict is Verdict.HOLDS, broken
    else:
        assert broken - {"an_update_succeeds"} == UNCOMPLETABLE
