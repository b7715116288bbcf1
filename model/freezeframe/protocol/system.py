"""A fleet under the rules: its components, the instances of every rule, and what each does. Plain
Python, no search.

This is the meaning of the model. Whatever is faster elsewhere must agree with `System.steps`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from freezeframe.fleet import Fleet
from freezeframe.lifecycles import LifecycleError

from .blame import told
from .components import Alarm, Budget, Component, Controller, Value
from .instances import Instance, ModelError, Outcome, Part, PartForm
from .language import Actor, Blocked, Evaluation, Rule, Waiting, evaluating
from .policies import POLICIES, Policy, PolicyError, settled_lane
from .settings import Settings, settings_of
from .topology import Grounding, Topology

State = tuple[Value, ...]
"""The value of every component, in the order of `System.slots`."""

_SINGLETONS = (Alarm, Controller, Budget)


@dataclass(frozen=True)
class Step:
    """One way on from a state: an instance, or None where one unit of time passes."""

    instance: Instance | None
    state: State


class System:
    """All that can happen to `fleet` under `policy`, with the guards named in `without` switched
    off.

    Time is counted in units of `tick_ms`; None stands for the longest that divide every duration.
    """

    def __init__(
        self,
        fleet: Fleet,
        policy: Policy,
        without: frozenset[str] = frozenset(),
        *,
        tick_ms: int | None = None,
    ) -> None:
        """Ground every rule of the policy; raises `PolicyError` if it is not one."""
        self.fleet = fleet
        self.policy = policy
        self.without = without
        try:
            self.settings: Settings = settings_of(fleet, policy.deadlines_ms(fleet), tick_ms)
            self.topology = Topology(fleet, settled_lane(policy))
            self.slots = self.topology.slots
            self.instances = tuple(self._instances())
        except PolicyError:
            raise
        except (Exception, SystemExit) as error:
            if type(policy) in POLICIES.values():
                raise
            raise PolicyError(
                f"policy {policy.name}: expected lane, begins, deadlines_ms and rules as in "
                f"freezeframe.protocol.Policy, found {told(error)}"
            ) from error

    @property
    def initial(self) -> State:
        """The state before maintenance begins."""
        return tuple(slot.initial for slot in self.slots)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that have an instance in this fleet, in the order of the protocol."""
        return tuple({instance.rule.name: instance.rule for instance in self.instances}.values())

    def evaluate(self, form: PartForm, values: Sequence[Value]) -> Outcome:
        """Run a part's function on components with `values`."""
        touched: list[int] = []
        handles = [
            kind(value, position, touched)
            for position, (kind, value) in enumerate(zip(form.kinds, values, strict=True))
        ]
        evaluation = Evaluation(
            form.rule, self.settings.spans, self.settings.deadlines, self.without
        )
        is_enabled = self._run(form, handles, evaluation)
        changes: list[tuple[int, Value]] = []
        for position in touched if is_enabled else ():
            frozen = handles[position].freeze()
            if frozen != values[position] and form.is_cut_short:
                frozen = form.kinds[position].journalled(values[position], frozen)
            if frozen != values[position]:
                if position not in form.writable:
                    raise ModelError(
                        f"rule {form.rule}: {form.function.__name__} changed "
                        f"{form.kinds[position].__name__}, "
                        "which belongs to the head of the rule; let the head change it"
                    )
                changes.append((position, frozen))
        return Outcome(
            is_enabled,
            is_enabled and evaluation.due and not form.is_cut_short,
            tuple(changes),
            tuple(touched),
            tuple(evaluation.guards),
            tuple(evaluation.pulls) if is_enabled and not form.is_cut_short else (),
            evaluation.alters_in,
        )

    def tick(self, slot: int, value: Value, units: int = 1) -> Value:
        """The value of a component after `units` of time."""
        handle = self.slots[slot].kind(value)
        handle.tick(self.settings, units)
        return handle.freeze()

    def apply(self, state: State, instance: Instance | None) -> State | None:
        """The state after `instance` (None: after one unit of time); None if that cannot happen
        now.
        """
        if instance is None:
            if any(self._outcome(state, each)[1] for each in self.instances):
                return None
            return tuple(self.tick(slot, value) for slot, value in enumerate(state))
        changes, _ = self._outcome(state, instance)
        return None if changes is None else _changed(state, changes)

    def steps(self, state: State) -> Iterator[Step]:
        """Every way on from `state`, in the order of instances; time last, if nothing is due."""
        must_wait = False
        for instance in self.instances:
            changes, is_due = self._outcome(state, instance)
            must_wait = must_wait or is_due
            if changes is not None:
                yield Step(instance, _changed(state, changes))
        if not must_wait:
            yield Step(None, tuple(self.tick(slot, value) for slot, value in enumerate(state)))

    def _outcome(
        self, state: State, instance: Instance
    ) -> tuple[list[tuple[int, Value]] | None, bool]:
        changes: list[tuple[int, Value]] = []
        is_due = False
        for part in instance.parts:
            outcome = self.evaluate(part.form, [state[slot] for slot in part.slots])
            if not outcome.is_enabled:
                return None, False
            is_due = is_due or outcome.is_due
            changes += [(part.slots[position], value) for position, value in outcome.changes]
        instance.refuse_clash([slot for slot, _ in changes])
        return changes, is_due

    @staticmethod
    def _run(form: PartForm, handles: Sequence[Component], evaluation: Evaluation) -> bool:
        for position, seat in form.seats:
            if handles[position].place != seat:  # type: ignore[attr-defined]
                return not form.blocks_elsewhere
        arguments: list[Any] = [
            handles[int(value)] if is_slot else value  # type: ignore[call-overload]
            for is_slot, value in form.arguments
        ]
        try:
            with evaluating(evaluation):
                form.function(*arguments)
        except (Blocked, Waiting, LifecycleError):
            return False
        except (Exception, SystemExit) as error:
            name = form.function.__name__
            raise ModelError(f"rule {form.rule}: {name} raises {told(error)}") from error
        return True

    def _instances(self) -> Iterator[Instance]:
        rules = self.policy.rules()
        for rule in (*rules, *(each.cut for each in rules if each.is_journalled)):
            if not self._has_occasion(rule):
                continue
            for head in self.topology.ground(rule.head):
                yield self._instance(rule, head)

    def _has_occasion(self, rule: Rule) -> bool:
        allowed = self.topology.budgets
        if rule.budget is not None and rule.budget not in allowed:
            return False
        return not rule.occasions or any(each in allowed for each in rule.occasions)

    def _instance(self, rule: Rule, head: Grounding) -> Instance:
        parts = [self._part(rule, rule.head, head, frozenset(range(len(head.slots))), is_head=True)]
        given = head.named(rule.head)
        for function in rule.each:
            for grounding in self.topology.ground(function, given):
                mine = frozenset(
                    position
                    for position, slot in enumerate(grounding.slots)
                    if slot not in head.slots
                )
                parts.append(self._part(rule, function, grounding, mine, is_head=False))
        if rule.budget is not None:
            slot = self.topology.budget_slot(rule.budget)
            parts.append(self._extra(rule, _spend, Budget, slot))
        if rule.actor is Actor.CONTROLLER or rule.cut_short:
            slot = next(i for i, each in enumerate(self.slots) if each.kind is Controller)
            parts.append(self._extra(rule, _die if rule.cut_short else _act, Controller, slot))
        subjects = tuple(
            self.slots[slot].label
            for slot in head.slots
            if self.slots[slot].kind not in _SINGLETONS
        )
        return Instance(rule, tuple(parts), subjects)

    def _part(
        self,
        rule: Rule,
        function: Callable[..., None],
        grounding: Grounding,
        writable: frozenset[int],
        *,
        is_head: bool,
    ) -> Part:
        kinds = tuple(self.slots[slot].kind for slot in grounding.slots)
        form = PartForm(
            rule.cut_short or rule.name,
            function,
            kinds,
            grounding.arguments,
            grounding.seats,
            is_head,
            writable,
            is_cut_short=rule.cut_short is not None,
        )
        return Part(form, grounding.slots)

    @staticmethod
    def _extra(rule: Rule, function: Callable[..., None], kind: type[Component], slot: int) -> Part:
        form = PartForm(
            rule.name,
            function,
            (kind,),
            ((True, 0),),
            (),
            blocks_elsewhere=True,
            writable=frozenset({0}),
        )
        return Part(form, (slot,))


def _spend(budget: Budget) -> None:
    if budget.left == 0:
        raise Blocked("")
    budget.left -= 1


def _act(controller: Controller) -> None:
    if not controller.is_up:
        raise Blocked("")


def _die(controller: Controller) -> None:
    _act(controller)
    controller.is_up = False


def _changed(state: State, changes: Sequence[tuple[int, Value]]) -> State:
    after = list(state)
    for slot, value in changes:
        after[slot] = value
    return tuple(after)
