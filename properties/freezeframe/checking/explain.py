"""What each guard is for: switch it off, and look for the shortest harm.

Owns which guards are looked at, in which fleets, and what is concluded where nothing breaks. It
must not know how a search is done, nor how its findings are printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from freezeframe.fleet import Fleet
from freezeframe.properties import ALL, Property
from freezeframe.protocol.instances import Part
from freezeframe.protocol.language import Actor, Rule
from freezeframe.protocol.policies import Policy
from freezeframe.reporting import CheckResult, PropertyResult, Verdict
from freezeframe.reporting.purposes import Explanation, Group, GuardPurpose

from .check import check
from .search.explorer import Watcher
from .search.space import Space

MAX_STATES_DEFAULT: Final = 2_000_000
"""Without a guard a fleet may have many times the states that it has with it."""

_GROUPS: Final[Mapping[Actor, Group]] = {
    Actor.CONTROLLER: Group.CONTROLLER,
    Actor.CUSTOMER: Group.ADMISSION,
}

_TABLE: Final = "the lifecycle table"

Announce = Callable[[str], None]
"""Is told what is being done; may raise `KeyboardInterrupt` to end it in good order."""


@dataclass(frozen=True)
class _Ground:
    """A fleet, and what a check finds in it with every guard in place."""

    name: str
    fleet: Fleet
    result: CheckResult

    @property
    def kept(self) -> tuple[Property, ...]:
        """The promises that are not broken anyhow."""
        broken = {each.name for each in self.result.properties if each.verdict is Verdict.VIOLATED}
        return tuple(each for each in ALL if each.name not in broken)

    def outcomes(self, guard: str) -> frozenset[bool]:
        """What a guard was seen to be."""
        return self.result.coverage.guards.get(guard, frozenset())


@dataclass
class _Findings:
    """What the fleets showed of one guard that harms nothing when it is dropped."""

    n_tried: int = 0
    is_asked: bool = False
    is_complete: bool = True
    more_states: int = 0
    more_steps: int = 0
    refusals: set[str] = field(default_factory=set)

    def text(self) -> str:
        """What to say of it."""
        if not self.is_complete:
            return "No harm was found as far as the search went; let it go on with --max-states."
        if not self.is_asked:
            return "Never asked here: earlier guards refuse the step each time."
        if not self.n_tried:
            return "Redundant here: never false when it is asked."
        if self.more_states:
            return (
                "Redundant here: without it more can happen "
                f"({self.more_states:,} more states), and every promise is kept."
            )
        if self.more_steps:
            return "Redundant here: without it more steps are possible, and lead to nothing new."
        others = sorted(self.refusals - {_TABLE})
        by = [_TABLE] * (_TABLE in self.refusals) + [f"“{other}”" for other in others]
        what = " or ".join(by) or "something else"
        return f"Redundant here: whenever it is false, {what} refuses the step as well."


def explain(
    fleets: Mapping[str, Fleet],
    policy: Policy,
    *,
    max_states: int = MAX_STATES_DEFAULT,
    watcher: Watcher | None = None,
    announce: Announce = lambda _: None,
    tell: Callable[[GuardPurpose], None] = lambda _: None,
) -> Explanation:
    """Find, for every guard that one of `fleets` meets, the shortest harm when it is dropped.

    The fleets are tried in their order, and the first harm is told. A promise that a fleet breaks
    with every guard in place tells nothing of guards, and is left out there. What a guard is for is
    told at once, group by group. Ctrl-C, or a `KeyboardInterrupt` from `announce`, ends it with
    what was found so far.
    """
    purposes: list[GuardPurpose] = []
    broken: tuple[str, ...] = ()
    guards = [
        (rule, guard)
        for actor in _GROUPS
        for rule in policy.rules()
        if rule.actor is actor
        for guard in rule.guards
    ]
    try:
        grounds = []
        for name, fleet in fleets.items():
            announce(f"{name}, with every guard")
            result = check(fleet, policy, max_states=max_states, watcher=watcher)
            grounds.append(_Ground(name, fleet, result))
        if len(grounds) == 1:
            broken = tuple(
                each.name
                for each in grounds[0].result.properties
                if each.verdict is Verdict.VIOLATED
            )
        met = {guard for ground in grounds for guard in ground.result.coverage.guards}
        guards = [(rule, guard) for rule, guard in guards if guard in met]
        search = _Search(grounds, policy, max_states, watcher, announce)
        for number, (rule, guard) in enumerate(guards, start=1):
            search.label = f"{number}/{len(guards)} {guard}"
            purposes.append(search.purpose_of(rule, guard))
            tell(purposes[-1])
    except KeyboardInterrupt:
        pass  # What was found so far is told, and what was not is counted.
    skipped = len(guards) - len(purposes)
    return Explanation(policy.name, tuple(fleets), tuple(purposes), broken, skipped)


@dataclass
class _Search:
    """Tries guards in fleets."""

    grounds: list[_Ground]
    policy: Policy
    max_states: int
    watcher: Watcher | None
    announce: Announce
    label: str = ""

    def purpose_of(self, rule: Rule, guard: str) -> GuardPurpose:
        """What a guard is for, in the first fleet in which something breaks without it."""
        findings = _Findings()
        for ground in self.grounds:
            self.announce(self.label)
            outcomes = ground.outcomes(guard)
            findings.is_asked = findings.is_asked or bool(outcomes)
            findings.is_complete = findings.is_complete and not ground.result.frontier
            if False not in outcomes and not ground.result.frontier:
                continue
            harm = self._without(ground, rule, guard, findings)
            if harm is not None:
                return _purpose(rule, guard, ground.name, harm, _Findings())
        return _purpose(rule, guard, "", None, findings)

    def _without(
        self, ground: _Ground, rule: Rule, guard: str, findings: _Findings
    ) -> PropertyResult | None:
        """The promise that breaks first without `guard`; adds to `findings` if none does."""
        spaces: list[Space] = []
        result = check(
            ground.fleet,
            self.policy,
            ground.kept,
            without={guard},
            max_states=self.max_states,
            stop_at_violation=True,
            watcher=self.watcher,
            on_space=spaces.append,
        )
        if result.shortest is not None:
            return result.shortest
        findings.n_tried += 1
        findings.is_complete = findings.is_complete and not result.frontier
        more_steps = result.transitions - ground.result.transitions
        findings.more_states += result.states - ground.result.states
        findings.more_steps += more_steps
        if not more_steps:
            findings.refusals.update(_refusals(spaces[0], rule, guard))
        return None


def _purpose(
    rule: Rule, guard: str, fleet: str, harm: PropertyResult | None, findings: _Findings
) -> GuardPurpose:
    declared = rule.guards[guard]
    return GuardPurpose(
        _GROUPS[rule.actor],
        rule.name,
        rule.sentence,
        guard,
        declared.sentence,
        fleet,
        harm,
        "" if harm else findings.text(),
        declared.stays,
        is_decided=findings.is_complete,
    )


def _refusals(space: Space, rule: Rule, guard: str) -> Iterator[str]:
    """What else refuses a step of `rule` where `guard`, which is switched off, is false."""
    asked: set[object] = set()
    sentences = {name: each.sentence for name, each in rule.guards.items()}
    for instance in space.tables.system.instances:
        for part in instance.parts if instance.rule.name == rule.name else ():
            for values in _values_of(space, part):
                if (part.form, values) in asked:
                    continue
                asked.add((part.form, values))
                outcome = space.tables.system.evaluate(part.form, values)
                if outcome.is_enabled or (guard, False) not in outcome.guards:
                    continue
                last, held = outcome.guards[-1]
                yield sentences.get(last, last) if last != guard and not held else _TABLE


def _values_of(space: Space, part: Part) -> Iterator[tuple[tuple[object, ...], ...]]:
    """Every combination of values that the components of `part` have in some state."""
    columns = [space.tables.packing.column(space.words, slot) for slot in part.slots]
    for row in np.unique(np.stack(columns, axis=1), axis=0).tolist() if columns else ():
        yield tuple(
            space.tables.value(slot, number) for slot, number in zip(part.slots, row, strict=True)
        )
