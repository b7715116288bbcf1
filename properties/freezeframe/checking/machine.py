"""A Hypothesis state machine made from a fleet's rules and promises.

Each rule of the model is a rule of the machine, drawn among the instances that are possible, so
what Hypothesis prints is a program over the fleet's own names. It must not say what a rule does,
nor when.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, cast

from hypothesis import strategies as st
from hypothesis import target
from hypothesis.control import currently_in_test_context
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from freezeframe.fleet import Fleet
from freezeframe.properties import ALL, Property
from freezeframe.protocol.policies import Policy, load_policy
from freezeframe.protocol.system import ModelError, System

from .broken import Hunt, broken_type, labels_of
from .fairness import go_on_fairly
from .findings import Finding
from .lookup import Lookup
from .reached import Reached, longest_pause_units
from .simulation import Breach, Simulation

_FAIR_WORK_MAX = 2_000_000
"""Bound of going on fairly: instances of the fleet times moves; less than a second."""

_FAIR_MOVES_MIN = 500

_HELD = (False, False, True)
"""Each run holds back this part of the rules, until nothing else but waiting is possible, or not
even that.
"""


_FIRST_END = 4
"""After so many moves, and each time they have doubled, a run may be ended although it could go on.
"""


class FleetMachine(RuleBasedStateMachine):
    """A fleet that Hypothesis drives; `fleet_machine` makes the classes that can be run."""

    lookup: ClassVar[Lookup]
    reached: ClassVar[Reached]
    start: ClassVar[Simulation]
    named: ClassVar[Mapping[str, Mapping[str, int]]]
    """By rule, the instances by their subjects."""
    labels: ClassVar[Sequence[str]]
    steps: ClassVar[Sequence[Any]]
    wait_step: ClassVar[Any]
    end_step: ClassVar[Any]
    uses_target: ClassVar[bool] = True
    hunt: ClassVar[Hunt | None] = None
    """Bounds how long Hypothesis shrinks; None leaves that to Hypothesis."""

    def __init__(self) -> None:
        """Begin before maintenance."""
        super().__init__()
        if self.hunt is not None:
            self.hunt.begin_run()
        # Hypothesis's own choice switches rules off at random, and where each step makes the next
        # possible that comes to nothing. A version of it that knows no such attribute keeps its own
        # choice.
        self._rules_strategy = cast("Any", _steps(self))
        self.held_back: frozenset[int] | None = None
        self._is_broken = False
        self._rare = 0
        self._longest_pause = 0
        self._begin()

    def take(self, rule_name: str, subjects: str) -> None:
        """Take the instance of a rule that is about `subjects`."""
        self.simulation.take(self.named[rule_name][subjects])
        self._look()

    @precondition(lambda self: self.simulation.can_wait)
    @rule(units=st.runner().flatmap(lambda self: self.units()))
    def wait(self, units: int) -> None:
        """Let time pass, but no longer than until something that was promised is due."""
        for _ in range(units):
            if self.simulation.must_act:
                break
            self.simulation.take(None)
            self._look()

    @precondition(lambda self: self.may_end())
    @rule()
    def go_on_fairly(self) -> None:
        """Let all that can be relied upon happen until it repeats itself; then begin anew."""
        self._end()
        self._begin()

    def teardown(self) -> None:
        """Judge what must happen at last, and tell Hypothesis how far the runs came."""
        if self._is_broken:
            return
        self._end()
        if self.uses_target and currently_in_test_context():
            self._steer()

    def _steer(self) -> None:
        limit = self.lookup.system.settings.pause_limit
        if self._rare:
            target(float(self._rare), label="rules and guard outcomes that few runs met")
        if self._longest_pause:
            target(self._longest_pause / max(1, limit), label="longest pause, of its limit")

    def possible(self) -> list[Any]:
        """What may be done now, as Hypothesis knows it, the rules in the order of the protocol."""
        simulation = self.simulation
        held_back = self.held_back or frozenset()
        possible = [n for n in range(len(self.steps)) if simulation.enabled_of(n)]
        chosen = [self.steps[number] for number in possible if number not in held_back]
        if simulation.can_wait:
            chosen.append(self.wait_step)
        if not chosen:
            chosen = [self.steps[number] for number in possible]
        if not chosen or self.may_end():
            chosen.append(self.end_step)
        return chosen

    def subjects(self, number: int) -> st.SearchStrategy[str]:
        """The subjects of the instances of a rule that are possible now."""
        possible = sorted(self.simulation.enabled_of(number))
        return st.sampled_from([self.labels[instance] for instance in possible])

    def units(self) -> st.SearchStrategy[int]:
        """How long to wait: often until the next thing that must happen."""
        longest = max(1, self.simulation.patience(self._patience_max))
        return st.integers(1, longest) | st.just(longest)

    def may_end(self) -> bool:
        """Whether the run may be ended: it is over, or it is time to see whether all ends well from
        here.
        """
        moves = len(self.simulation.moves)
        is_time = moves >= _FIRST_END and moves & (moves - 1) == 0
        return is_time or self.simulation.is_stuck()

    @cached_property
    def _patience_max(self) -> int:
        settings = self.lookup.system.settings
        longest = [longest for _, longest in settings.spans.values()]
        return max(*longest, *settings.deadlines.values(), settings.pause_limit) + 1

    def _begin(self) -> None:
        self.simulation = self.start.fork()
        self.simulation.leaves = set(self.start.leaves or ())
        self._look()

    def _look(self) -> None:
        self.reached.note_state(self.simulation)
        self._longest_pause = max(self._longest_pause, longest_pause_units(self.simulation))
        if self.simulation.breach is not None:
            self._fail(self.simulation.breach)

    def _end(self) -> None:
        simulation = self.simulation
        self._rare += self.reached.note_run(simulation)
        simulation.leaves = None
        moves = max(_FAIR_MOVES_MIN, _FAIR_WORK_MAX // len(self.lookup.parts))
        ending = go_on_fairly(simulation, moves)
        if ending.breach is not None:
            self._fail(ending.breach, ending.loop_moves)

    def _fail(self, breach: Breach, loop_moves: int | None = None) -> None:
        self._is_broken = True
        finding = Finding(breach, tuple(self.simulation.moves), loop_moves)
        broken = broken_type(breach.property.name)(self.lookup, finding)
        if self.hunt is not None:
            self.hunt.note(broken)
        raise broken


def fleet_machine(
    fleet: Fleet,
    *,
    policy: Policy | str,
    without: Collection[str] = (),
    properties: Sequence[Property] = ALL,
    uses_target: bool = True,
) -> type[FleetMachine]:
    """A machine class for `fleet` under `policy`, with the guards named in `without` switched off.

    Its `TestCase` is what pytest and unittest run, and `reached` counts what its runs reached.
    Raises `ModelError` for a rule whose name Hypothesis needs.
    """
    policy = load_policy(policy) if isinstance(policy, str) else policy
    lookup = Lookup(System(fleet, policy, frozenset(without)), properties)
    labels = labels_of(lookup.system)
    named: dict[str, dict[str, int]] = {rule.name: {} for rule in lookup.system.rules}
    for number, instance in enumerate(lookup.system.instances):
        named[instance.rule.name][labels[number]] = number
    body: dict[str, Any] = {
        "__doc__": f"{fleet.name}, under {policy.name}.",
        "lookup": lookup,
        "start": Simulation(lookup, set()),
        "reached": Reached(),
        "named": named,
        "labels": labels,
        "uses_target": uses_target,
    }
    for number, model_rule in enumerate(lookup.system.rules):
        if hasattr(FleetMachine, model_rule.name):
            raise ModelError(
                f"rule {model_rule.name}: expected a name that a state machine does not use "
                "itself; rename it"
            )
        body[model_rule.name] = _machine_rule(number, model_rule.name, model_rule.sentence)
    machine = cast("type[FleetMachine]", type("Fleet", (FleetMachine,), body))
    steps = {each.function.__name__: each for each in _rules_of(machine)}
    machine.steps = [steps[each.name] for each in lookup.system.rules]
    machine.wait_step = steps[FleetMachine.wait.__name__]
    machine.end_step = steps[FleetMachine.go_on_fairly.__name__]
    return machine


def _rules_of(machine: type[FleetMachine]) -> Sequence[Any]:
    rules = machine().rules
    return rules() if callable(rules) else rules


@st.composite
def _steps(draw: st.DrawFn, machine: FleetMachine) -> tuple[Any, dict[str, Any]]:
    """A rule that is possible and its arguments. Each run leaves out some of what nobody can rely
    upon.
    """
    if machine.held_back is None:
        rules = range(len(machine.steps))
        is_held = draw(st.tuples(*[st.sampled_from(_HELD) for _ in rules]))
        machine.held_back = frozenset(n for n in rules if is_held[n])
    step = draw(st.sampled_from(machine.possible()))
    return step, {name: draw(each) for name, each in step.arguments.items()}


def _machine_rule(number: int, name: str, sentence: str) -> Callable[..., None]:
    def take(self: FleetMachine, subjects: str) -> None:
        self.take(name, subjects)

    take.__name__ = take.__qualname__ = name
    take.__doc__ = sentence
    drawn = st.runner().flatmap(lambda self: self.subjects(number))
    possible = precondition(lambda self: bool(self.simulation.enabled_of(number)))
    return possible(rule(subjects=drawn)(take))
