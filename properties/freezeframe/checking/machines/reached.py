"""What runs reached of what there is to reach: counted while they run, and told against an
exhaustive check.

A state counts once however many runs come to it. It must not know who drove the runs.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import cast

from freezeframe.checking.asking.answers import Leaf
from freezeframe.checking.runs.lookup import Lookup
from freezeframe.checking.runs.simulation import Simulation
from freezeframe.properties import Kind
from freezeframe.protocol.components import VM
from freezeframe.reporting import CheckResult, Verdict

Met = str | tuple[str, bool]
"""A rule, or a guard with an outcome."""

_RARE = 10
"""What less than one in so many runs met is rare."""

_PAUSED_FOR = VM.FIELDS.index("paused_for")


@dataclass
class Reached:
    """What all runs over one `Lookup` have reached so far. A state is remembered by its 64-bit
    hash.
    """

    states: set[int] = field(default_factory=set)
    met: Counter[Met] = field(default_factory=Counter)
    """In how many runs each rule was taken, and each outcome of a guard was met."""
    witnessed: set[str] = field(default_factory=set)
    """The promises of the kind `sometimes` that some state kept."""
    longest_pause_units: int = 0
    runs: int = 0
    moves: int = 0

    def note_state(self, simulation: Simulation) -> int:
        """Count the state that `simulation` is in; returns the longest pause, if time passed."""
        self.states.add(hash(tuple(simulation.ids)))
        self._note_witnesses(simulation)
        if not simulation.moves or simulation.moves[-1] is not None:
            return 0
        units = longest_pause_units(simulation)
        self.longest_pause_units = max(self.longest_pause_units, units)
        return units

    def note_run(self, simulation: Simulation) -> int:
        """Count a run that is over; returns how many rules and guard outcomes it met that few runs
        met before.
        """
        lookup = simulation.lookup
        rules = lookup.system.rules
        met: set[Met] = {
            rules[lookup.rule_of[move]].name for move in simulation.moves if move is not None
        }
        met |= guards_met(simulation.leaves or set())
        rare = sum(self.met[each] * _RARE < self.runs for each in met)
        self.met.update(met)
        self.runs += 1
        self.moves += len(simulation.moves)
        return rare if self.runs > _RARE else 0

    @property
    def rules(self) -> set[str]:
        """The rules that some run took."""
        return {each for each in self.met if isinstance(each, str)}

    @property
    def guards(self) -> set[tuple[str, bool]]:
        """The guards that some run asked, with the outcomes that it met."""
        return {each for each in self.met if not isinstance(each, str)}

    def _note_witnesses(self, simulation: Simulation) -> None:
        lookup = simulation.lookup
        names = {lookup.properties[lookup.property_of[each]].name for each in lookup.occasional}
        if names <= self.witnessed:
            return
        unseen = set(lookup.broken(lookup.occasional, simulation.ids))
        seen = (each for each in lookup.occasional if each not in unseen)
        self.witnessed |= {lookup.properties[lookup.property_of[each]].name for each in seen}


def guards_met(leaves: set[Leaf]) -> set[tuple[str, bool]]:
    """The guards that were asked, with their outcomes."""
    return {guard for leaf in leaves for guard in leaf.guards if guard[0]}


def longest_pause_units(simulation: Simulation) -> int:
    """The longest present pause of a VM, in units of time."""
    lookup, ids = simulation.lookup, simulation.ids
    pauses = (lookup.answers.value(slot, ids[slot])[_PAUSED_FOR] for slot in lookup.vm_slots)
    return max((int(cast("int", pause)) for pause in pauses), default=0)


def coverage_lines(lookup: Lookup, reached: Reached, checked: CheckResult | None) -> list[str]:
    """What runs reached, a line each; out of what `checked` explored, or out of what is declared
    where it did not.

    The exhaustive check of the same fleet, policy and guards is meant. Where it is incomplete,
    there may be more than it counts, and the line says so.
    """
    system = lookup.system
    declared_rules = {rule.name for rule in system.rules}
    declared_guards = {
        (g, holds) for r in system.rules for g in r.guards for holds in (True, False)
    }
    seen_guards = reached.guards & declared_guards
    if checked is None:
        states = f"{len(reached.states):,} states"
        rules, guards, origin = declared_rules, declared_guards, "declared"
    else:
        at_least = "" if _is_complete(checked) else "at least "
        share = 100 * len(reached.states) / max(1, checked.states)
        states = f"{len(reached.states):,} of {at_least}{checked.states:,} states ({share:.1f} %)"
        rules = {name for name, fired in checked.coverage.rules.items() if fired} | reached.rules
        guards = {
            (guard, holds) for guard, seen in checked.coverage.guards.items() for holds in seen
        } | seen_guards
        origin = "explored" if not at_least else "found so far"
    pause = system.settings.seconds(reached.longest_pause_units)
    limit = system.settings.seconds(system.settings.pause_limit)
    return [
        f"runs: {reached.runs:,}, {reached.moves:,} moves",
        f"states: {states}",
        f"rules: {len(reached.rules & rules)} of {len(rules)} {origin}",
        f"guard outcomes: {len(seen_guards)} of {len(guards)} {origin}",
        f"longest pause: {pause:g} s of {limit:g} s",
        *_lines_on_kinds(lookup, reached),
    ]


def _lines_on_kinds(lookup: Lookup, reached: Reached) -> list[str]:
    """What runs can only say of promises that are not for every moment."""
    lines = []
    for prop in lookup.properties:
        if prop.kind is Kind.SOMETIMES:
            lines.append(f"{prop.name}: {'seen' if prop.name in reached.witnessed else 'not seen'}")
        if prop.kind is Kind.EVENTUALLY:
            lines.append(f"{prop.name}: inconclusive, for no run is long enough to prove it")
    return lines


def _is_complete(checked: CheckResult) -> bool:
    return not checked.frontier and all(
        each.verdict is not Verdict.INCOMPLETE for each in checked.properties
    )
