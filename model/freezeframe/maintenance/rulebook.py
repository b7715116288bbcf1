"""The rules of a fleet as a running maintenance asks them: which instances there are, which are
enabled, and what time does.

Owns the evaluation of a `System` with time in milliseconds. It must not know records, adapters or
strategies. What the environment does is not limited here as it is in a check: whatever happens must
find a rule. How often the fleet file allows it is kept beside, and told by `undeclared`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from functools import cached_property
from typing import Any, Final, TypeVar

from freezeframe.fleet import CustomerActions, Faults, Fleet, OperatorActions
from freezeframe.protocol import Actor, Duration, Instance, Policy, State, System
from freezeframe.protocol.components import VM, Budget, Component, Host, ScheduledEvent
from freezeframe.protocol.settings import settings_of

from .outlook import Outcomes, Outlook, waits

C = TypeVar("C", bound=Component)

_BOUNDLESS: Final = 1_000_000
"""More than can happen to a fleet while it is maintained."""

RELIABLE: Final = frozenset({Actor.CONTROLLER, Actor.HYPERVISOR})
"""Those whose promises time waits for."""


class Rulebook:
    """The rules for `fleet` under `policy`; states are those of `system`.

    `without` names guards that are switched off. Answers depend on arguments alone; outcomes are
    kept, so asking again costs little.
    """

    def __init__(self, fleet: Fleet, policy: Policy, without: frozenset[str] = frozenset()) -> None:
        """Ground the rules; raises `PolicyError` if `policy` is none."""
        self.fleet, self.policy = fleet, policy
        self.system = _grounded(fleet, policy, without)
        self._by_name = {str(each): each for each in self.system.instances}
        self._outcomes = Outcomes(self.system)
        reliable = [each for each in self.system.instances if each.rule.actor in RELIABLE]
        ours = [each for each in reliable if each.rule.actor is Actor.CONTROLLER]
        self._reliable = Outlook(self._outcomes, reliable)
        self._controllers = Outlook(self._outcomes, ours)

    @property
    def initial(self) -> State:
        """The state before maintenance begins."""
        return self.system.initial

    @cached_property
    def rules(self) -> Mapping[str, Actor]:
        """Who takes each rule."""
        return {rule.name: rule.actor for rule in self.system.rules}

    def named(self, step: str) -> Instance | None:
        """The instance that prints as `step`."""
        return self._by_name.get(step)

    def about(self, slot: int, actors: Collection[Actor]) -> Sequence[Instance]:
        """The instances of `actors` that can change the component in `slot`, in order.

        Steps that a death of the controller cuts short are left out: nobody can see them, and what
        its successor finds tells how far they came.
        """
        return [each for each in self._by_slot[slot] if each.rule.actor in actors]

    def slot(self, kind: type[Component], *names: str) -> int | None:
        """Where the component of that kind and those names is; None if there is none."""
        return self._slots.get((kind, names))

    def component(self, state: State, kind: type[C], *names: str) -> C:
        """The component of that kind and those names, which must be there; changes go nowhere."""
        slot = self._slots[kind, names]
        return kind(state[slot])

    def components(self, state: State, kind: type[C]) -> Mapping[tuple[str, ...], C]:
        """Every component of a kind by its names, in the order of the fleet file."""
        found = self._slots.items()
        return {names: kind(state[slot]) for (each, names), slot in found if each is kind}

    def holds(self, state: State, instance: Instance) -> bool:
        """Whether every guard of `instance` holds; its least time may not have passed yet."""
        return self._outcomes.prospect(instance, state).is_free

    def take(self, state: State, instance: Instance) -> State | None:
        """The state after `instance`; None if it is not enabled."""
        after = list(state)
        for part in instance.parts:
            outcome = self._outcomes.of(part, state)
            if not outcome.is_enabled:
                return None
            for position, value in outcome.changes:
                after[part.slots[position]] = value
        return tuple(after)

    def force(self, state: State, instance: Instance) -> State | None:
        """The state after `instance` whatever its guards and least times; None if even so it makes
        no sense.
        """
        return self._lax.apply(state, instance)

    def blocking(self, state: State, instance: Instance) -> str:
        """Why `instance` is not enabled, as a phrase."""
        for part in instance.parts:
            outcome = self._outcomes.of(part, state)
            if outcome.is_enabled:
                continue
            failing = [guard for guard, is_true in outcome.guards if not is_true]
            if failing:
                return f"the guard {failing[0]} does not hold"
            if waits(outcome):
                return f"its least time has not passed, {outcome.alters_in} ms are left"
            return "its lifecycle does not allow it now"
        return "nothing is in its way"

    def enabled(self, state: State, actors: Collection[Actor]) -> list[Instance]:
        """The enabled instances of `actors`, in order."""
        return [
            each
            for each in self.system.instances
            if each.rule.actor in actors and self.take(state, each) is not None
        ]

    def decidable(self, state: State) -> list[Instance]:
        """The enabled instances of the controller, in order."""
        return self._controllers.enabled(state)

    def free(self, state: State) -> list[Instance]:
        """The controller's instances of which every guard holds, in order; the least time may not
        have passed.
        """
        return self._controllers.free(state)

    def outlook(self, state: State) -> tuple[list[Instance], int | None]:
        """What time should wait for now, and in how many milliseconds at least that, or what is
        enabled, can differ; None if time alone changes nothing.
        """
        return self._reliable.due(state), self._reliable.alters_in(state)

    def passed(self, state: State, by_ms: int) -> State:
        """The state when `by_ms` have passed and nothing else has happened."""
        return tuple(self.system.tick(slot, value, by_ms) for slot, value in enumerate(state))

    def with_component(self, state: State, component: Component, *names: str) -> State:
        """The state with the component of the same kind and those names as `component` now is."""
        after = list(state)
        after[self._slots[type(component), names]] = component.freeze()
        return tuple(after)

    def undeclared(self, state: State, instance: Instance) -> str | None:
        """What the fleet file says, where by `state` the budget of `instance` was used more often;
        None where it was not.
        """
        budget = instance.rule.budget
        if budget is None:
            return None
        slot = self.system.topology.budget_slot(budget)
        used = _BOUNDLESS - Budget(state[slot]).left
        groups = (self.fleet.faults, self.fleet.customer, self.fleet.operator)
        allowed = next(getattr(each, budget) for each in groups if hasattr(each, budget))
        if used <= allowed:
            return None
        return f"{budget} at most {allowed} times, as the fleet file says"

    @cached_property
    def quiet(self) -> Sequence[Instance]:
        """The controller's steps that show nothing to anybody: about no VM, host, event."""
        shown = {VM, Host, ScheduledEvent}
        return [
            each
            for each in self.system.instances
            if each.rule.actor is Actor.CONTROLLER and not shown & set(each.parts[0].form.kinds)
        ]

    @cached_property
    def _lax(self) -> System:
        """The same with no guards and no least times."""
        guards = frozenset(guard for rule in self.system.rules for guard in rule.guards)
        lax = _grounded(self.fleet, self.policy, guards)
        spans = {each: (0, lax.settings.longest(each)) for each in Duration}
        lax.settings = replace(lax.settings, spans=spans)
        return lax

    @cached_property
    def _slots(self) -> Mapping[tuple[type[Component], tuple[str, ...]], int]:
        return {(slot.kind, slot.names): index for index, slot in enumerate(self.system.slots)}

    @cached_property
    def _by_slot(self) -> Mapping[int, Sequence[Instance]]:
        found: dict[int, list[Instance]] = defaultdict(list)
        for instance in self.system.instances:
            if instance.rule.cut_short is not None:
                continue
            for slot in dict.fromkeys(_writable(instance)):
                found[slot].append(instance)
        return found


def _grounded(fleet: Fleet, policy: Policy, without: frozenset[str]) -> System:
    boundless: Any = {
        name: form(**{each.name: _BOUNDLESS for each in fields(form)})
        for name, form in (
            ("faults", Faults),
            ("customer", CustomerActions),
            ("operator", OperatorActions),
        )
    }
    system = System(replace(fleet, **boundless), policy, without, tick_ms=1)
    system.settings = settings_of(fleet, policy.deadlines_ms(fleet), tick_ms=1)
    return system


def _writable(instance: Instance) -> Iterable[int]:
    for part in instance.parts:
        for position in sorted(part.form.writable):
            yield part.slots[position]
