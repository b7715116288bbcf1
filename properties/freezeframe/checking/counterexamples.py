"""From a run to a counterexample: every step is taken again by the rules themselves before anything
is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from freezeframe.properties import Property, Scope
from freezeframe.protocol.instances import Instance, ModelError
from freezeframe.protocol.language import Actor
from freezeframe.protocol.observed import records_of
from freezeframe.protocol.system import State, System
from freezeframe.reporting import Counterexample, TraceStep
from freezeframe.reporting.facts import all_facts, changes_between

Move = Instance | None
"""An instance of a rule, or None for one unit of time."""

WAIT = "wait"


@dataclass(frozen=True)
class Replay:
    """A run that the rules allow: the moves, and the state before each and after the last."""

    moves: tuple[Move, ...]
    states: tuple[State, ...]


def replay(system: System, moves: Sequence[Move]) -> Replay:
    """Take `moves` from the initial state; raises `ModelError` at the first that the rules do not
    allow.
    """
    states = [system.initial]
    for number, move in enumerate(moves):
        after = system.apply(states[-1], move)
        if after is None:
            raise ModelError(
                f"step {number}: expected a step that the rules allow, found {move or WAIT}; "
                "a rule that reads a clock, a random number or a global would explain it"
            )
        states.append(after)
    return Replay(tuple(moves), tuple(states))


def narrate(
    system: System,
    run: Replay,
    prop: Property,
    subjects: Sequence[str],
    loop_moves: int | None = None,
) -> Counterexample:
    """Tell a run as steps with their times; the last `loop_moves` moves repeat for ever."""
    steps: list[TraceStep] = []
    ticks = 0
    is_at_rest = prop.scope is Scope.STANDSTILL and loop_moves is None
    forever = 0 if is_at_rest else loop_moves
    loop_from = None if loop_moves is None else len(run.moves) - loop_moves
    loop_steps = None if loop_moves is None else 0
    for number, (move, before, after) in enumerate(
        zip(run.moves, run.states, run.states[1:], strict=False)
    ):
        is_last = number == len(run.moves) - 1
        if move is None:
            ticks += 1
        if move is not None or is_last:
            steps.append(_step(system, system.settings.seconds(ticks), move, before, after))
            if loop_steps is not None and loop_from is not None and number >= loop_from:
                loop_steps += 1
    return Counterexample(
        prop.name,
        tuple(subjects),
        tuple(steps),
        system.settings.seconds(ticks),
        loop_steps,
        tuple(all_facts(system, state) for state in run.states),
        tuple(WAIT if move is None else str(move) for move in run.moves),
        loop_moves,
        system.settings.seconds(1),
        tuple(records_of(system, run.moves, run.states, forever)),
    )


def _step(system: System, at_seconds: float, move: Move, before: State, after: State) -> TraceStep:
    changes = changes_between(system, before, after)
    if move is None:
        return TraceStep(at_seconds, Actor.TIME.value, WAIT, "Time passes.", (), changes)
    rule = move.rule
    return TraceStep(at_seconds, rule.actor.value, rule.name, rule.sentence, move.subjects, changes)
