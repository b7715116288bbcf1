"""Tables hold what the rules say: nothing is lost when they grow, and rules that do not depend on
their parameters alone are refused.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import pytest

from freezeframe.checking.check import check
from freezeframe.checking.runs.lookup import Lookup
from freezeframe.checking.runs.simulation import Simulation
from freezeframe.checking.search.explorer import explore
from freezeframe.checking.search.kernel import WORD_BITS
from freezeframe.checking.search.tables import Tables
from freezeframe.fleet import Host as FleetHost
from freezeframe.fleet import UpdateKind, VirtualMachine
from freezeframe.lifecycles import VmStatus
from freezeframe.protocol.components import VM, Host
from freezeframe.protocol.instances import ModelError
from freezeframe.protocol.language import Actor, Rule, refuse, rule
from freezeframe.protocol.policies import OneUpdateDomain
from freezeframe.protocol.system import System
from tests.checking import reference
from tests.fleets import A, V, one_vm

if TYPE_CHECKING:
    from collections.abc import Callable

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
    assert set(Tables(system, ()).bits.values()) == {1}
    tables = explore(system).tables
    for kind, numbering in tables.answers.numberings.items():
        bits = tables.bits[kind]
        assert len(numbering.values) <= 1 << bits
        assert bits == 1 or len(numbering.values) > 1 << (bits - 1)
    assert tables.bits[VM] > 3


@pytest.mark.parametrize("bystanders", [0, 8, 9, 10, 30])
def test_no_state_is_lost_when_states_spill_into_more_words(bystanders: int) -> None:
    """Bystanders change nothing but the width of a state, whatever the width was when it grew."""
    space = explore(System(crowded(bystanders), OneUpdateDomain()))
    alone = reference.search(System(crowded(0), OneUpdateDomain()))
    bits = sum(space.tables.bits[s.kind] for s in space.tables.system.slots)
    assert space.words.shape[1] >= -(-bits // WORD_BITS)
    assert (space.n_states, space.n_transitions) == (len(alone.states), alone.transitions)
    assert len({space.state(number) for number in range(space.n_states)}) == space.n_states


def test_wide_states_take_several_words() -> None:
    assert explore(System(crowded(30), OneUpdateDomain())).words.shape[1] > 1


def flickering(*, vanishes: bool) -> Rule:
    """A rule that does not do the same thing twice: it counts how often it was asked."""
    asked = count()

    @rule(actor=Actor.FAULT)
    def flicker(vm: VM) -> None:
        """Memory is lost at the first look."""
        if vm.memory_intact and next(asked) == 0:
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


def spoil_the_clock(host: Host, vm: VM) -> None:  # noqa: ARG001 (one for each VM)
    vm.clock_right = False


def lose_the_memory(host: Host, vm: VM) -> None:  # noqa: ARG001 (one for each VM)
    if vm.status is VmStatus.RUNNING:
        vm.memory_intact = False


@rule(actor=Actor.FAULT, each=(spoil_the_clock, lose_the_memory))
def clash(host: Host) -> None:
    """Two things strike each VM at once."""
    host.has_new_software = True


def by_the_rules(system: System) -> None:
    list(system.steps(system.initial))


def by_the_search(system: System) -> None:
    explore(system)


def by_a_run(system: System) -> None:
    Simulation(Lookup(system, ()))


@pytest.mark.parametrize("way", [by_the_rules, by_the_search, by_a_run])
def test_two_functions_may_not_change_one_component_at_once(way: Callable[[System], None]) -> None:
    """One of the two changes would be lost."""
    with pytest.raises(ModelError, match=r"rule clash: .* found two that change .* in clash a"):
        way(System(one_vm(), Extended(clash)))


def test_two_functions_may_look_at_one_component_of_which_one_changes_it() -> None:
    system = System(one_vm(), Extended(replace(clash, each=(spoil_the_clock, glance))))
    space, alone = explore(system), reference.search(system)
    assert (space.n_states, space.n_transitions) == (len(alone.states), alone.transitions)


def glance(host: Host, vm: VM) -> None:  # noqa: ARG001 (one for each VM)
    if vm.status is not VmStatus.RUNNING:
        refuse()
