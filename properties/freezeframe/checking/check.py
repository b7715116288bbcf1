"""A check: explore a fleet under a policy, decide every property, and show how the broken ones are
broken.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from freezeframe.fleet import Fleet
from freezeframe.properties import ALL, Kind, Property, Scope
from freezeframe.protocol.components import VM
from freezeframe.protocol.instances import ModelError
from freezeframe.protocol.policies import Policy
from freezeframe.protocol.system import System
from freezeframe.reporting import CheckResult, Counterexample, PropertyResult, Verdict

from .asking.questions import Question, ask, questions_of, values_for
from .counterexamples import Replay, narrate, replay
from .search.coverage import coverage_of
from .search.explorer import MAX_STATES_DEFAULT, Watcher, explore
from .search.lassos import Lasso
from .search.liveness import find_lasso, find_standstill
from .search.paths import shortest_path
from .search.space import Space


def check(
    fleet: Fleet,
    policy: Policy,
    properties: Sequence[Property] = ALL,
    *,
    without: Collection[str] = (),
    max_states: int = MAX_STATES_DEFAULT,
    stop_at_violation: bool = False,
    watcher: Watcher | None = None,
    on_space: Callable[[Space], None] | None = None,
) -> CheckResult:
    """Decide `properties` for `fleet` under `policy`, with the guards named in `without` switched
    off.

    `holds` is only said of a property after the whole space was explored. With `stop_at_violation`,
    the search ends with the first level that breaks a promise of kind `always`; what was not
    decided by then is `incomplete`. `on_space` is given what was explored, which is forgotten
    otherwise.
    """
    began = time.monotonic()
    system = System(fleet, policy, frozenset(without))
    space = explore(
        system, properties, max_states=max_states, stop_at_mark=stop_at_violation, watcher=watcher
    )
    if on_space is not None:
        on_space(space)
    judge = Judge(space)
    results = tuple(judge.result(bit, prop) for bit, prop in enumerate(properties))
    return CheckResult(
        fleet=fleet.name,
        policy=policy.name,
        without=tuple(without),
        states=space.n_states,
        transitions=space.n_transitions,
        depth=space.depth,
        frontier=space.n_states - space.n_expanded,
        seconds=time.monotonic() - began,
        tick_seconds=system.settings.seconds(1),
        properties=results,
        coverage=coverage_of(space),
        ending=space.ending,
    )


@dataclass(frozen=True)
class Judge:
    """Decides properties on an explored space."""

    space: Space

    @property
    def system(self) -> System:
        """The system that was explored."""
        return self.space.tables.system

    def result(self, bit: int, prop: Property) -> PropertyResult:
        """The verdict on `prop`, whose breaches the search marked with `bit`."""
        questions = questions_of(self.system.topology, prop)
        if prop.scope is Scope.STANDSTILL:
            found, subjects = self._standstill(prop, questions), 1
        else:
            found = {
                Kind.ALWAYS: lambda: self._breach(bit, prop, questions),
                Kind.SOMETIMES: lambda: self._witness(questions),
                Kind.EVENTUALLY: lambda: self._never(prop, questions),
            }[prop.kind]()
            subjects = len(questions)
        worst = limit = None
        if prop.name == "pause_within_limit":
            worst, limit = self.worst_pause_seconds(), self.system.fleet.limits.pause_ms / 1000
        verdict, counterexample = found
        return PropertyResult(
            prop.name,
            prop.kind.value,
            prop.promise,
            verdict,
            subjects,
            worst,
            limit,
            counterexample,
        )

    def worst_pause_seconds(self) -> float:
        """The longest pause in any state that was discovered; saturates one tick past the limit."""
        worst = 0
        for slot, described in enumerate(self.system.slots):
            if described.kind is VM:
                numbers = np.unique(self.space.tables.packing.column(self.space.words, slot))
                values = (self.space.tables.value(slot, int(number)) for number in numbers)
                worst = max(worst, *(VM(value).paused_for for value in values))
        return self.system.settings.seconds(worst)

    @property
    def _otherwise(self) -> Verdict:
        return Verdict.HOLDS if self.space.is_complete else Verdict.INCOMPLETE

    def _breach(
        self, bit: int, prop: Property, questions: Sequence[Question]
    ) -> tuple[Verdict, Counterexample | None]:
        marked = np.flatnonzero(self.space.marks >> bit & 1)
        if not marked.size:
            return self._otherwise, None
        level = self.space.level_of(int(marked[0]))
        nearest = marked[marked < self.space.level_start[level + 1]].tolist()
        run = self._replay_to(nearest)
        if prop.scope is Scope.STEP:
            run, question = self._breaking_step(run, questions)
        else:
            question = self._broken(questions, run)
        return Verdict.VIOLATED, narrate(self.system, run, prop, question.subjects)

    def _witness(self, questions: Sequence[Question]) -> tuple[Verdict, Counterexample | None]:
        if any(self.space.kept(question).any() for question in questions):
            return Verdict.HOLDS, None
        return (Verdict.VIOLATED if self.space.is_complete else Verdict.INCOMPLETE), None

    def _never(
        self, prop: Property, questions: Sequence[Question]
    ) -> tuple[Verdict, Counterexample | None]:
        lassos = [(find_lasso(self.space, self.space.kept(each)), each) for each in questions]
        found = [(lasso, each.subjects) for lasso, each in lassos if lasso is not None]
        if not found:
            return self._otherwise, None
        lasso, subjects = min(found, key=lambda each: each[0].length)
        return Verdict.VIOLATED, self._narrate_lasso(prop, subjects, lasso)

    def _standstill(
        self, prop: Property, questions: Sequence[Question]
    ) -> tuple[Verdict, Counterexample | None]:
        is_over = np.ones(self.space.n_states, np.bool_)
        for question in questions:
            is_over &= self.space.kept(question)
        lasso = find_standstill(self.space, is_over)
        if lasso is None:
            return self._otherwise, None
        if all(to == lasso.entry for _, to in lasso.loop):
            return Verdict.VIOLATED, narrate(self.system, self._replay_to([lasso.entry]), prop, ())
        return Verdict.VIOLATED, self._narrate_lasso(prop, (), lasso)

    def _narrate_lasso(
        self, prop: Property, subjects: tuple[str, ...], lasso: Lasso
    ) -> Counterexample:
        path = (*shortest_path(self.space, [lasso.entry]), *lasso.loop)
        run = replay(self.system, [self.space.instance(by) for by, _ in path])
        self._agree(run, [to for _, to in path])
        return narrate(self.system, run, prop, subjects, len(lasso.loop))

    def _replay_to(self, targets: Sequence[int]) -> Replay:
        path = shortest_path(self.space, targets)
        run = replay(self.system, [self.space.instance(by) for by, _ in path])
        self._agree(run, [to for _, to in path])
        return run

    def _agree(self, run: Replay, states: Sequence[int]) -> None:
        for number, state in enumerate(states):
            if run.states[number + 1] != self.space.state(state):
                raise ModelError(
                    f"step {number}: the tables and the rules lead to different states after "
                    f"{run.moves[number]}; a rule depends on more than its parameters"
                )

    def _broken(self, questions: Sequence[Question], run: Replay) -> Question:
        for question in questions:
            values = values_for(question, run.states[-1], run.states[-1])
            if not ask(question.form, values, self.system.settings).is_kept:
                return question
        raise ModelError("the search marked a state in which no promise is broken when asked again")

    def _breaking_step(self, run: Replay, questions: Sequence[Question]) -> tuple[Replay, Question]:
        before = run.states[-1]
        for step in self.system.steps(before):
            for question in questions:
                values = values_for(question, before, step.state)
                if not ask(question.form, values, self.system.settings).is_kept:
                    longer = Replay((*run.moves, step.instance), (*run.states, step.state))
                    return longer, question
        raise ModelError("the search marked a step by which no promise is broken when asked again")
