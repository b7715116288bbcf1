"""SPIN explores the same fleets, written in Promela by hand, and counts the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from freezeframe.checking.search.explorer import explore
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
from freezeframe.protocol.policies import STANDARD_RULES, OneUpdateDomain
from freezeframe.protocol.system import System
from tests.benchmarks.promela import promela
from tests.benchmarks.spin import Verifier, missing_tools

QUICK = Timing(
    pause=Span(0, 5_000),
    update=Span(5_000, 10_000),
    rollback=Span(0, 5_000),
    resume=Span(0, 5_000),
    clock_sync=Span(0, 5_000),
    restart=Span(0, 5_000),
    poll=Span(0, 5_000),
    recovery=Span(5_000, 10_000),
)
LIMITS = Limits(pause_ms=25_000, notice_ms=5_000)

ONE_SET = Fleet(
    name="one set on two hosts",
    hosts=(Host("a"), Host("b")),
    vms=(
        VirtualMachine("a0", "a", "s", 0),
        VirtualMachine("b0", "b", "s", 1),
    ),
    availability_sets=(AvailabilitySet("s", 2),),
    timing=QUICK,
    limits=LIMITS,
    faults=Faults(update_hang=1, pause_failure=1, resume_failure=1, agent_silent=1),
    operator=OperatorActions(cancel=1),
    tolerance=Tolerance(resume_failure=1),
)
TWO_TENANTS = Fleet(
    name="two tenants on one host",
    hosts=(Host("a"),),
    vms=(VirtualMachine("a0", "a", "s", 1), VirtualMachine("alone", "a")),
    availability_sets=(AvailabilitySet("s", 2),),
    timing=QUICK,
    limits=LIMITS,
    update=Update(attempts=2),
    faults=Faults(update_failure=3, vm_crash=1, power_loss=1),
)
APART = Fleet(
    name="two hosts apart",
    hosts=(Host("a"), Host("b")),
    vms=(VirtualMachine("on-a", "a"), VirtualMachine("on-b", "b")),
    timing=replace(QUICK, pause=Span(0, 10_000)),
    limits=Limits(pause_ms=15_000, notice_ms=0),
    faults=Faults(update_hang=1, vm_crash=1),
)
FLEETS = (ONE_SET, TWO_TENANTS, APART)

LEFT_OUT = {
    *("shut_down", "boot"),  # updates that do not preserve VMs
    *("poll", "believe", "discard", "lose_event", "repeat_event"),  # what the controller misses
    *("crash_controller", "restart_controller"),
    *("kill_agent", "report_agent", "mend_agent"),
    *("poll_late", "poll_events", "approve_again", "approve_for_another"),
    *("create", "delete", "start", "stop", "move", "suspend", "release", "stop_at_io_error"),
}
"""The rules that the Promela model leaves out, as its first lines say."""


@pytest.mark.skipif(
    bool(missing_tools()), reason=f"found no {' and no '.join(missing_tools())}; install it"
)
@pytest.mark.parametrize("fleet", FLEETS, ids=lambda fleet: fleet.name)
def test_spin_counts_the_same_states_and_transitions(fleet: Fleet, tmp_path: Path) -> None:
    space = explore(System(fleet, OneUpdateDomain()))
    found = Verifier(fleet, tmp_path, optimized="-O0").run()
    assert (found.states, found.transitions) == (space.n_states, space.n_transitions)


def test_these_fleets_use_every_rule_that_the_promela_model_has() -> None:
    taken = set()
    for fleet in FLEETS:
        space = explore(System(fleet, OneUpdateDomain()))
        steps = (space.instance(by) for by in set(space.edge_by.tolist()))
        taken |= {step.rule.name for step in steps if step is not None}
    assert taken == {rule.name for rule in STANDARD_RULES} - LEFT_OUT


@pytest.mark.parametrize(
    "other",
    [
        replace(ONE_SET, faults=Faults(controller_crash=1)),
        replace(ONE_SET, update=Update(kind=UpdateKind.DISRUPTIVE)),
        replace(ONE_SET, customer=CustomerActions(stop=1)),
        replace(ONE_SET, vms=(VirtualMachine("m", "a", may_move_to=("b",)),)),
    ],
    ids=["blind controller", "other update", "customer acts", "VM moves"],
)
def test_fleets_that_promela_leaves_out_are_refused(other: Fleet) -> None:
    with pytest.raises(ValueError, match="expected VM-preserving updates"):
        promela(other)
