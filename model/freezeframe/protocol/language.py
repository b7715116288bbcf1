"""The words in which rules are written: actors, rules, guards, and durations without ticks.

Knows nothing of VMs or hosts, nor of how time is counted: a rule compares a clock with a named
duration, and what a clock counts is decided by whoever evaluates the rule.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import NewType, NoReturn

from .guards import Guard, guard_name, guards_in

Clock = NewType("Clock", int)
"""Time since something began. Rules pass clocks to `takes`, `by` and `reached`; they never count.
"""

RuleFunction = Callable[..., None]

Pull = tuple[str, str, str]
"""A row of a lifecycle that was taken: (lifecycle, state it left, trigger)."""


class Actor(StrEnum):
    """Who takes a step."""

    CONTROLLER = "controller"
    HYPERVISOR = "hypervisor"
    GUEST = "guest"
    CUSTOMER = "customer"
    OPERATOR = "operator"
    FAULT = "fault"
    TIME = "time"


class Duration(StrEnum):
    """An operation whose least and longest time the fleet's timing promises."""

    PAUSE = "pause"
    UPDATE = "update"
    ROLLBACK = "rollback"
    RESUME = "resume"
    CLOCK_SYNC = "clock_sync"
    RESTART = "restart"
    POLL = "poll"
    RECOVERY = "recovery"


class Deadline(StrEnum):
    """A moment on a clock by which, or from which, something must happen."""

    ABANDON = "abandon"
    """The pause so far leaves just the time to resume."""
    ABORT = "abort"
    """The pause so far leaves just the time to roll back and resume."""
    NOTICE = "notice"
    """The guests have had their notice."""


class Blocked(Exception):  # noqa: N818 (a guard that does not hold is no error)
    """The guard in `guard` does not hold; the rule is not enabled."""

    def __init__(self, guard: str) -> None:
        """Remember which guard it was."""
        super().__init__(guard)
        self.guard = guard


class Waiting(Exception):  # noqa: N818 (likewise)
    """All guards hold, but the operation's least time has not passed."""


@dataclass
class Evaluation:
    """What one evaluation of a rule's function saw: guards and pulls in the order met, and whether
    time must wait. `alters_in` is the least time after which a clock that it compared can change
    it, None if none can.
    """

    rule: str
    spans: Mapping[Duration, tuple[int, int]]
    deadlines: Mapping[Deadline, int]
    without: frozenset[str]
    guards: list[tuple[str, bool]] = field(default_factory=list)
    pulls: list[Pull] = field(default_factory=list)
    due: bool = False
    alters_in: int | None = None

    def compares(self, clock: int, bound: int) -> None:
        """Note that the evaluation turns out otherwise once `clock` shows `bound`."""
        if clock < bound:
            left = bound - clock
            self.alters_in = left if self.alters_in is None else min(self.alters_in, left)


_EVALUATION: ContextVar[Evaluation] = ContextVar("freezeframe_evaluation")


@contextmanager
def evaluating(evaluation: Evaluation) -> Iterator[Evaluation]:
    """Let the functions of this module report to `evaluation` while a rule's function runs."""
    token = _EVALUATION.set(evaluation)
    try:
        yield evaluation
    finally:
        _EVALUATION.reset(token)


def require(condition: bool, sentence: str, *, stays: str = "") -> None:  # noqa: ARG001, FBT001 (reads as a sentence)
    """Name a guard: the rule is enabled only while `condition` is true.

    A guard that is switched off is not asked. `sentence` is a literal, for it names the guard, and
    so is `stays` (or a constant of the module): why the guard is there although others do its work
    in the model.
    """
    evaluation = _EVALUATION.get()
    guard = guard_name(evaluation.rule, sentence)
    evaluation.guards.append((guard, condition))
    if not condition and guard not in evaluation.without:
        raise Blocked(guard)


def refuse() -> NoReturn:
    """The step makes no sense here: not a guard, but the lack of anything to do it to."""
    raise Blocked("")


def takes(clock: Clock, duration: Duration) -> None:
    """The step may happen from the least time of `duration` on; time may not pass its longest
    before it does.
    """
    evaluation = _EVALUATION.get()
    least, longest = evaluation.spans[duration]
    evaluation.compares(clock, least if clock < least else longest)
    if clock < least:
        raise Waiting
    if clock >= longest:
        evaluation.due = True


def by(clock: Clock, deadline: Deadline) -> None:
    """Time may not pass `deadline` on `clock` while the step is possible and not taken."""
    if reached(clock, deadline):
        _EVALUATION.get().due = True


def promptly() -> None:
    """Time may not pass at all while the step is possible and not taken."""
    _EVALUATION.get().due = True


def exceeded(clock: Clock, duration: Duration) -> bool:
    """Whether `clock` shows more than the longest time of `duration`."""
    evaluation = _EVALUATION.get()
    longest = evaluation.spans[duration][1]
    evaluation.compares(clock, longest + 1)
    return clock > longest


def reached(clock: Clock, deadline: Deadline) -> bool:
    """Whether `clock` shows `deadline` or more."""
    evaluation = _EVALUATION.get()
    moment = evaluation.deadlines[deadline]
    evaluation.compares(clock, moment)
    return clock >= moment


def note_pull(lifecycle: str, state: str, trigger: str) -> None:
    """Tell whoever evaluates a rule that a row of a lifecycle was taken; outside an evaluation,
    tell nobody.
    """
    evaluation = _EVALUATION.get(None)
    if evaluation is not None:
        evaluation.pulls.append((lifecycle, state, trigger))


@dataclass(frozen=True)
class Rule:
    """One declared step: who takes it, on what, and when.

    `head` changes the components that its parameters name. Each function of `each` is taken at the
    same instant for every tuple of components that are related to those of the head; it finds the
    head's components by the names of its parameters and may only read them. The rule is enabled
    when its head and all of those are. `budget` names the fault, customer or operator action of
    which the fleet allows so many.
    """

    name: str
    actor: Actor
    sentence: str
    head: RuleFunction
    each: tuple[RuleFunction, ...] = ()
    budget: str | None = None
    occasions: tuple[str, ...] = ()
    """Faults and actions of which the fleet must allow one, or the rule has no occasion."""
    is_journalled: bool = False
    """Whether the controller writes down what it is to do before it does it, and may die between.
    """
    cut_short: str | None = None
    """The rule that this one is when the controller dies after writing it down and before doing it.
    """

    @property
    def is_fair(self) -> bool:
        """Whether it is taken at last if it is possible again and again.

        Controller, hypervisor and time are relied upon, operators for what only they can do;
        guests, customers and faults are not.
        """
        reliable = {Actor.CONTROLLER, Actor.HYPERVISOR, Actor.OPERATOR, Actor.TIME}
        return self.actor in reliable and self.budget is None

    @cached_property
    def guards(self) -> Mapping[str, Guard]:
        """Every guard of the rule by name, in the order in which they stand; one that is cut short
        has those of the rule that it is.
        """
        if self.cut_short is not None:
            return {}
        word = require.__name__
        found = [each for part in (self.head, *self.each) for each in guards_in(part, word)]
        return {guard_name(self.name, guard.sentence): guard for guard in found}

    def also(self, *each: RuleFunction) -> Rule:
        """The same rule with more functions that are taken at the same instant."""
        return replace(self, each=(*self.each, *each))

    @property
    def cut(self) -> Rule:
        """The controller dies after it has journalled this step, and before it takes it."""
        return replace(
            self,
            name=f"crash_amid_{self.name}",
            actor=Actor.FAULT,
            sentence=f"The controller journals this and dies before it does it: {self.sentence}",
            budget="controller_crash",
            is_journalled=False,
            cut_short=self.name,
        )


def rule(
    *,
    actor: Actor,
    each: tuple[RuleFunction, ...] = (),
    budget: str | None = None,
    occasions: tuple[str, ...] = (),
    is_journalled: bool = False,
) -> Callable[[RuleFunction], Rule]:
    """Declare the decorated function as the head of a rule; its docstring is the sentence."""

    def declare(head: RuleFunction) -> Rule:
        sentence = " ".join(inspect.cleandoc(head.__doc__ or "").partition("\n\n")[0].split())
        if not sentence:
            raise TypeError(
                f"rule {head.__name__}: expected a docstring that says what it does, found none"
            )
        return Rule(head.__name__, actor, sentence, head, each, budget, occasions, is_journalled)

    return declare
