"""A Hypothesis state machine made from a fleet's rules and promises.

Each rule of the model is a rule of the machine, drawn among the instances that are possible, so
what Hypothesis prints is a program over the fleet's own names. It must not say what a rule does,
nor when.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from random import Random
from typing import Any, ClassVar, cast

from hypothesis import strategies as st
from hypothesis import target
from hypothesis.control import currently_in_test_context
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from freezeframe.checking.runs.fairness import go_on_fairly
from freezeframe.checking.runs.findings import Finding
from freezeframe.checking.runs.lookup import Lookup
from freezeframe.checking.runs.simulation import Breach, Move, Simulation
from freezeframe.checking.runs.walking import walk
from freezeframe.fleet import Fleet
from freezeframe.properties import ALL, Property
from freezeframe.protocol.instances import ModelError
from freezeframe.protocol.policies import Policy, load_policy
from freezeframe.protocol.system import System

from .broken import broken_type, labels_of
from .kit import Kit, Mood
from .reached import Reached

_FAIR_WORK_MAX = 1_000_000
"""Bound of going on fairly: instances of the fleet times moves; tenths of a second."""

_LAST_WORK_MAX = 8_000_000
"""The same for the end of a run; a fleet of hundreds of VMs is through with its maintenance."""

_HELD = (False, False, True)
"""Each run holds back this part of the rules, until nothing else but waiting is possible, or not
even that. So some things come late that never would if all were equally likely.
"""

_WALKS = 8
_WALK_MOVES_MAX = 80
_WALKS_WORK_MAX = 2_000_000
"""How far a look ahead goes: in so many walks, or in big fleets so many moves times instances."""

_LOOKS_MAX = 3
"""How often a run may look ahead."""

_FIRST_END = 4
"""After so many moves, and each time they have doubled, a run may be ended although it could go on.
"""


class FleetMachine(RuleBasedStateMachine):
    """A fleet that Hypothesis drives; `fleet_machine` makes the classes that can be run.

    The rules of the model become attributes, so its own are few; those of `simulation` tell more.
    """

    kit: ClassVar[Kit]
    simulation: Simulation

    def __init__(self) -> None:
        """Begin before maintenance."""
        super().__init__()
        if self.kit.hunt is not None:
            self.kit.hunt.begin_run()
        # Hypothesis's own choice switches rules off at random, and where each step makes the next
        # possible that comes to nothing. A version of it that knows no such attribute keeps its own
        # choice.
        self._rules_strategy = cast("Any", _steps(self))
        self.mood: Mood | None = None
        self._is_broken = False
        self._looks_left = _LOOKS_MAX
        self._rare = 0
        self._longest_pause = 0
        self._begin()

    @precondition(lambda self: self.simulation.can_wait)
    @rule(units=st.runner().flatmap(lambda self: self._units()))
    def wait(self, units: int) -> None:
        """Let time pass, but no longer than until something that was promised is due."""
        for _ in range(units):
            if self.simulation.must_act:
                break
            self._take(None)

    @precondition(lambda self: self._may_end())
    @rule()
    def go_on_fairly(self) -> None:
        """Let all that can be relied upon happen until it repeats itself; then begin anew."""
        self._end()
        self._begin()

    @precondition(lambda self: self._may_look_ahead())
    @rule(seed=st.integers(0, (1 << 32) - 1))
    def look_ahead(self, seed: int) -> None:
        """Walk from here at random, several times; the run itself stays where it is.

        Without it, hunting misses two of the planted faults of the tests, in both of which an old
        event is believed.
        """
        here = self.simulation
        self._looks_left -= 1
        random = Random(seed)  # noqa: S311 (nothing is kept secret)
        work = _WALK_MOVES_MAX * len(self.kit.lookup.parts)
        for _ in range(max(1, min(_WALKS, _WALKS_WORK_MAX // work))):
            self.simulation = here.fork()
            self.simulation.moves = list(here.moves)
            self.simulation.leaves = set(here.leaves or ())
            walk(self.simulation, random, _WALK_MOVES_MAX, self._look)
            self._end()
        self.simulation = here

    def repeat_for_ever(self, moves: int) -> None:
        """Take the last `moves` moves again and again, whoever can be relied upon having a turn.

        No rule of the machine, but the last line of a program about a run without end.
        """
        history = self.simulation.moves
        first = len(history) - moves
        self.simulation = self.kit.start.fork()
        for move in history[:first]:
            self.simulation.take(move)
        ending = go_on_fairly(self.simulation, moves, history[first:])
        if ending.breach is not None:
            self._fail(ending.breach, ending.loop_moves)

    def teardown(self) -> None:
        """Judge what must happen at last, and tell Hypothesis how far the runs came."""
        if self._is_broken:
            return
        self._end(_LAST_WORK_MAX)
        if self.kit.uses_target and currently_in_test_context():
            self._steer()

    def _take(self, move: Move) -> None:
        self.simulation.take(move)
        self._look()

    def steps_now(self) -> list[Any]:
        """What may be done now, as Hypothesis knows it, the rules in the order of the protocol."""
        kit, simulation = self.kit, self.simulation
        chosen = [kit.rules[number] for number in range(len(kit.rules)) if self._unheld(number)]
        if simulation.can_wait:
            chosen.append(kit.wait)
        if not chosen:
            possible = [n for n in range(len(kit.rules)) if simulation.enabled_of(n)]
            chosen = [kit.rules[number] for number in possible]
        if not chosen or self._may_end():
            chosen.append(kit.end)
        if self._may_look_ahead():
            chosen.append(kit.look)
        return chosen

    def _unheld(self, number: int) -> list[int]:
        """The instances of a rule that are possible and not held back, in their order."""
        possible = sorted(self.simulation.enabled_of(number))
        mood = self.mood
        if mood is None or number not in mood.rules:
            return possible
        if mood.slot is None:
            return []
        return [each for each in possible if mood.slot not in self.kit.lookup.heads[each]]

    def _subjects(self, number: int) -> st.SearchStrategy[str]:
        """The subjects of the instances of a rule that are possible now."""
        possible = self._unheld(number) or sorted(self.simulation.enabled_of(number))
        return st.sampled_from([self.kit.labels[instance] for instance in possible])

    def _units(self) -> st.SearchStrategy[int]:
        """How long to wait: often until the next thing that must happen."""
        longest = max(1, self.simulation.patience(self.kit.patience_max))
        return st.integers(1, longest) | st.just(longest)

    def _may_end(self) -> bool:
        """Whether the run is over, or it is time to see whether all ends well from here."""
        moves = len(self.simulation.moves)
        is_time = moves >= _FIRST_END and moves & (moves - 1) == 0
        return is_time or self.simulation.is_stuck()

    def _may_look_ahead(self) -> bool:
        """Only where a finding is told move by move; a program would not tell what a walk did."""
        moves = len(self.simulation.moves)
        is_time = moves & (moves - 1) == 0
        return self.kit.hunt is not None and self._looks_left > 0 and is_time

    def _begin(self) -> None:
        self.simulation = self.kit.start.fork()
        self.simulation.leaves = set(self.kit.start.leaves or ())
        self._look()

    def _look(self) -> None:
        pause = self.kit.reached.note_state(self.simulation)
        self._longest_pause = max(self._longest_pause, pause)
        if self.simulation.breach is not None:
            self._fail(self.simulation.breach)

    def _end(self, work_max: int = _FAIR_WORK_MAX) -> None:
        simulation, lookup = self.simulation, self.kit.lookup
        self._rare += self.kit.reached.note_run(simulation)
        simulation.leaves = None
        ending = go_on_fairly(simulation, work_max // len(lookup.parts))
        if ending.breach is not None:
            self._fail(ending.breach, ending.loop_moves)

    def _fail(self, breach: Breach, loop_moves: int | None = None) -> None:
        self._is_broken = True
        if self.simulation.leaves is not None:
            self.kit.reached.note_run(self.simulation)
        finding = Finding(breach, tuple(self.simulation.moves), loop_moves)
        hunt = self.kit.hunt
        broken = broken_type(breach.property.name)(
            self.kit.lookup, finding, is_draft=hunt is not None
        )
        if hunt is not None:
            hunt.note(broken)
        raise broken

    def _steer(self) -> None:
        limit = self.kit.lookup.system.settings.pause_limit
        if self._rare:
            target(float(self._rare), label="rules and guard outcomes that few runs met")
        if self._longest_pause:
            target(self._longest_pause / max(1, limit), label="longest pause, of its limit")


def fleet_machine(
    fleet: Fleet,
    *,
    policy: Policy | str,
    without: Collection[str] = (),
    properties: Sequence[Property] = ALL,
    uses_target: bool = False,
) -> type[FleetMachine]:
    """A machine class for `fleet` under `policy`, with the guards named in `without` switched off.

    Its `TestCase` is what pytest and unittest run, and `kit.reached` counts what its runs reached.
    With `uses_target`, `hypothesis.target` steers the later half of the runs towards rules and
    guard outcomes that few runs met, and towards long pauses. It is off because such runs vary what
    was seen where new ones see more; `tests/benchmarks/test_steering.py` prints how much.

    Raises `ModelError` for a rule whose name a state machine needs itself.
    """
    policy = load_policy(policy) if isinstance(policy, str) else policy
    lookup = Lookup(System(fleet, policy, frozenset(without)), properties)
    labels = labels_of(lookup.system)
    named: dict[str, dict[str, int]] = {each.name: {} for each in lookup.system.rules}
    for number, instance in enumerate(lookup.system.instances):
        named[instance.rule.name][labels[number]] = number
    kit = Kit(lookup, Simulation(lookup, set()), Reached(), uses_target, labels, named)
    body: dict[str, Any] = {"__doc__": f"{fleet.name}, under {policy.name}.", "kit": kit}
    declared = (FleetMachine.__annotations__, RuleBasedStateMachine.__annotations__)
    taken = {*dir(FleetMachine), *declared[0], *declared[1]}
    for number, each in enumerate(lookup.system.rules):
        if each.name in taken:
            raise ModelError(
                f"rule {each.name}: expected a name that a state machine does not use itself; "
                "rename it"
            )
        body[each.name] = _machine_rule(number, each.name, each.sentence)
    machine = cast("type[FleetMachine]", type("Fleet", (FleetMachine,), body))
    found = {each.function.__name__: each for each in _rules_of(machine)}
    kit.rules = [found[each.name] for each in lookup.system.rules]
    kit.wait = found[FleetMachine.wait.__name__]
    kit.end = found[FleetMachine.go_on_fairly.__name__]
    kit.look = found[FleetMachine.look_ahead.__name__]
    return machine


def _rules_of(machine: Any) -> Sequence[Any]:  # noqa: ANN401 (differs by version)
    """Hypothesis's own rules; older versions have them elsewhere."""
    if hasattr(machine, "setup_state"):
        return cast("Sequence[Any]", machine.setup_state().rules)
    return cast("Sequence[Any]", machine.rules())


@st.composite
def _steps(draw: st.DrawFn, machine: FleetMachine) -> tuple[Any, dict[str, Any]]:
    """A rule that is possible, and its arguments; first of all, what the run holds back."""
    if machine.mood is None:
        rules = range(len(machine.kit.rules))
        is_held = draw(st.tuples(*[st.sampled_from(_HELD) for _ in rules]))
        slot = draw(st.none() | st.sampled_from(machine.kit.slow_slots))
        machine.mood = Mood(frozenset(number for number in rules if is_held[number]), slot)
    step = draw(st.sampled_from(machine.steps_now()))
    return step, {name: draw(each) for name, each in step.arguments.items()}


def _machine_rule(number: int, name: str, sentence: str) -> Callable[..., None]:
    def take(self: FleetMachine, subjects: str) -> None:
        self._take(self.kit.named[name][subjects])

    take.__name__ = take.__qualname__ = name
    take.__doc__ = sentence
    drawn = st.runner().flatmap(lambda self: self._subjects(number))
    possible = precondition(lambda self: bool(self.simulation.enabled_of(number)))
    return possible(rule(subjects=drawn)(take))
