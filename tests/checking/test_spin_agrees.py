"""SPIN explores the same fleets, written in Promela by hand, and counts the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from freezeframe.checking.search.explorer import explore
from freezeframe.fleet import (
    CustomerActions,
    Faults,
    Fleet,
    Limits,
    OperatorActions,
    Tolerance,
    Update,
    UpdateKind,
)
from freezeframe.protocol.policies import STANDARD_RULES, OneUpdateDomain
from freezeframe.protocol.system import System
from tests.benchmarks.promela import promela
from tests.benchmarks.spin import Verifier, missing_tools
from tests.fleets import COARSE, WEB_1, A, B, V, W, one_set, one_vm, span

QUICK = replace(COARSE, update=span(5, 10), recovery=span(5, 10))
LIMITS = Limits(pause_ms=25_000, notice_ms=5_000)

ONE_SET = one_set(
    timing=QUICK,
    limits=LIMITS,
    faults=Faults(update_hang=1, pause_failure=1, resume_failure=1, agent_silent=1),
    operator=OperatorActions(cancel=1),
    tolerance=Tolerance(resume_failure=1),
)
TWO_TENANTS = one_set(
    name="two tenants on one host",
    hosts=(A,),
    vms=(replace(WEB_1, host="a"), V),
    timing=QUICK,
    limits=LIMITS,
    update=Update(attempts=2),
    faults=Faults(update_failure=3, vm_crash=1, power_loss=1),
)
APART = one_vm(
    name="two hosts apart",
    hosts=(A, B),
    vms=(V, replace(W, host="b")),
    timing=replace(QUICK, pause=span(0, 10)),
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
        replace(ONE_SET, vms=(replace(V, may_move_to=("b",)),)),
    ],
    ids=["blind controller", "other update", "customer acts", "VM moves"],
)
def test_fleets_that_promela_leaves_out_are_refused(other: Fleet) -> None:
    with pytest.raises(ValueError, match="expected VM-preserving updates"):
        promela(other)
