"""Tables hold what the rules say: nothing is lost when they grow, and rules that do not depend on
their parameters alone are refused.
"""

from __future__ import annotations

from functools import cache
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freezeframe.checking.check import check
from freezeframe.checking.search.explorer import explore
from freezeframe.checking.search.kernel import WORD_BITS
from freezeframe.checking.search.tables import Tables
from freezeframe.fleet import Host as FleetHost
from freezeframe.fleet import UpdateKind, VirtualMachine
from freezeframe.protocol.components import VM, Host
from freezeframe.protocol.language import Actor, Rule, refuse, rule
from freezeframe.protocol.policies import OneUpdateDomain
from freezeframe.protocol.system import ModelError, System
from tests.checking import reference
from tests.fleets import A, V, one_vm

if TYPE_CHECKING:
    from freezeframe.fleet import Fleet


class Extended(OneUpdateDomain):
    """The usual rules and some more."""

    def __init__(self, *more: Rule) -> None:
        """Add `more`."""
        self.more = more

    def rules(self) -> tuple[Rule, ...]:
        return (*super().rules(), *self.more)


def crowded(bystanders: int) -> Fleet:
    """One VM to be paused, and a host full of VMs that nothing happens to."""
    quiet = FleetHost("quiet", update=UpdateKind.NO_IMPACT)
    vms = tuple(VirtualMachine(f"bystander-{i}", "quiet") for i in range(bystanders))
    return one_vm(hosts=(A, quiet), vms=(V, *vms))


def test_numbers_begin_with_one_bit_and_end_with_as_many_as_there_are_values() -> None:
    system = System(one_vm(), OneUpdateDomain())
    assert {numbering.bits for numbering in Tables(system, ()).numberings.values()} == {1}
    tables = explore(system).tables
    for numbering in tables.numberings.values():
        assert len(numbering.values) <= 1 << numbering.bits
        assert numbering.bits == 1 or len(numbering.values) > 1 << (numbering.bits - 1)
    assert tables.numberings[VM].bits > 3


@pytest.mark.parametrize("bystanders", [0, 8, 9, 10, 30])
def test_no_state_is_lost_when_states_spill_into_more_words(bystanders: int) -> None:
    """Bystanders change nothing but the width of a state, whatever the width was when it grew."""
    space = explore(System(crowded(bystanders), OneUpdateDomain()))
    alone = reference.search(System(crowded(0), OneUpdateDomain()))
    bits = sum(space.tables.numberings[s.kind].bits for s in space.tables.system.slots)
    assert space.words.shape[1] >= -(-bits // WORD_BITS)
    assert (space.n_states, space.n_transitions) == (len(alone.states), alone.transitions)
    assert len({space.state(number) for number in range(space.n_states)}) == space.n_states


def test_wide_states_take_several_words() -> None:
    assert explore(System(crowded(30), OneUpdateDomain())).words.shape[1] > 1


@cache
def grown_tables() -> Tables:
    return explore(System(crowded(10), OneUpdateDomain())).tables


@given(st.data())
def test_unpacking_undoes_packing(data: st.DataObject) -> None:
    tables = grown_tables()
    row = [
        data.draw(st.integers(0, len(tables.numberings[slot.kind].values) - 1))
        for slot in tables.system.slots
    ]
    ids = np.array([row], np.int64)
    assert (tables.unpack(tables.pack(ids)) == ids).all()


def flickering(*, vanishes: bool) -> Rule:
    """A rule that does not do the same thing twice: it counts how often it was asked."""
    asked = count()

    @rule(actor=Actor.FAULT)
    def flicker(vm: VM) -> None:
        """Memory is lost at the first look."""
        if next(asked) == 0:
            vm.memory_intact = False
        elif vanishes:
            refuse()
        else:
            vm.clock_right = not vm.clock_right

    return flicker


def test_a_rule_that_vanishes_when_asked_again_is_refused() -> None:
    with pytest.raises(ModelError, match="expected a step that the rules allow, found flicker v"):
        check(one_vm(), Extended(flickering(vanishes=True)))


def test_a_rule_that_does_something_else_when_asked_again_is_refused() -> None:
    with pytest.raises(ModelError, match="lead to different states after flicker v"):
        check(one_vm(), Extended(flickering(vanishes=False)))


def test_a_rule_that_reads_its_components_in_no_fixed_order_is_refused() -> None:
    asked = count()

    @rule(actor=Actor.FAULT)
    def waver(host: Host, vm: VM) -> None:
        """Look here first, or there."""
        first, second = (host, vm) if next(asked) % 2 else (vm, host)
        if first.status is not second.status:
            refuse()

    with pytest.raises(ModelError, match="read its components in another order"):
        check(one_vm(), Extended(waver))


def test_a_function_of_each_may_not_change_what_belongs_to_the_head() -> None:
    def meddle(host: Host, vm: VM) -> None:  # noqa: ARG001 (one for each VM)
        host.attempts_left = 7

    @rule(actor=Actor.FAULT, each=(meddle,))
    def strike(host: Host) -> None:
        """Something strikes."""
        host.is_hung = True

    with pytest.raises(ModelError, match="rule strike: meddle changed Host"):
        check(one_vm(), Extended(strike))


def test_a_function_of_each_may_change_what_is_its_own() -> None:
    def suffer(host: Host, vm: VM) -> None:  # noqa: ARG001 (one for each VM)
        vm.clock_right = False

    @rule(actor=Actor.FAULT, each=(suffer,))
    def strike(host: Host) -> None:
        """Something strikes."""
        host.has_new_software = True

    results = {each.name: each for each in check(one_vm(), Extended(strike)).properties}
    assert results["clock_synchronized"].counterexample is not None
