"""What is enabled and due in a state, asked again only where the state differs from the last one.

Owns what is kept between two states; answers depend on the state alone. It must not know what is
done with them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from freezeframe.protocol import Instance, State, System
from freezeframe.protocol.components import Value
from freezeframe.protocol.instances import Outcome, Part, PartForm

KEPT_MAX: Final = 256
"""Outcomes that are kept of a form; clocks go on, so most are never asked for again."""


@dataclass(frozen=True)
class Prospect:
    """How an instance stands: enabled, kept only by its least time, due, and the time after which
    that can differ, None if time alone changes nothing.
    """

    is_enabled: bool
    is_free: bool
    is_due: bool
    alters_in: int | None


_CLOSED: Final = Prospect(is_enabled=False, is_free=False, is_due=False, alters_in=None)
"""How an instance stands of which a part is not possible, however long one waits."""


class Outcomes:
    """Outcomes of parts by the values that they depend on; parts of one form share them."""

    def __init__(self, system: System) -> None:
        """Evaluate parts of `system`."""
        self._system = system
        shared: dict[PartForm, dict[tuple[Value, ...], Outcome]] = {}
        self._kept = {
            id(part): shared.setdefault(part.form, {})  # the system keeps its parts, so ids stay
            for instance in system.instances
            for part in instance.parts
        }

    def of(self, part: Part, state: State) -> Outcome:
        """What `part` does in `state`."""
        values = tuple([state[slot] for slot in part.slots])
        kept = self._kept[id(part)]
        outcome = kept.get(values)
        if outcome is None:
            outcome = self._system.evaluate(part.form, values)
            if len(kept) >= KEPT_MAX:
                kept.clear()
            kept[values] = outcome
        return outcome

    def prospect(self, instance: Instance, state: State) -> Prospect:
        """How `instance` stands in `state`."""
        outcomes = []
        for part in instance.parts:
            outcome = self.of(part, state)
            if not outcome.is_enabled and outcome.alters_in is None:
                return _CLOSED
            outcomes.append(outcome)
        is_enabled = all(each.is_enabled for each in outcomes)
        is_free = is_enabled or all(each.is_enabled or waits(each) for each in outcomes)
        times = [each.alters_in for each in outcomes if each.alters_in is not None]
        alters_in = None
        if times and all(each.is_enabled or each.alters_in for each in outcomes):
            slots = {slot for part in instance.parts for slot in part.slots}
            if any(self._counts(slot, state) for slot in slots):
                alters_in = min(times)
        is_due = is_enabled and any(each.is_due for each in outcomes)
        return Prospect(is_enabled, is_free, is_due, alters_in)

    def _counts(self, slot: int, state: State) -> bool:
        """Whether a clock of the component in `slot` goes on."""
        return self._system.tick(slot, state[slot]) != state[slot]


class Outlook:
    """How each of `instances` stands in the state that was looked at last."""

    def __init__(self, outcomes: Outcomes, instances: Sequence[Instance]) -> None:
        """Look at nothing yet."""
        self._outcomes, self._instances = outcomes, instances
        self._state: State = ()
        self._enabled: set[int] = set()
        self._free: set[int] = set()
        self._due: set[int] = set()
        self._alters: dict[int, int] = {}
        self._by_slot: dict[int, list[int]] = defaultdict(list)
        for number, instance in enumerate(instances):
            for slot in {slot for part in instance.parts for slot in part.slots}:
                self._by_slot[slot].append(number)

    def enabled(self, state: State) -> list[Instance]:
        """The enabled ones, in order."""
        self._look(state)
        return [self._instances[number] for number in sorted(self._enabled)]

    def free(self, state: State) -> list[Instance]:
        """Those of which every guard holds, though their least time may not have passed."""
        self._look(state)
        return [self._instances[number] for number in sorted(self._free)]

    def due(self, state: State) -> list[Instance]:
        """Those for which time should wait now, in order."""
        self._look(state)
        return [self._instances[number] for number in sorted(self._due)]

    def alters_in(self, state: State) -> int | None:
        """After how much time at least any of them can stand otherwise."""
        self._look(state)
        return min(self._alters.values(), default=None)

    def _look(self, state: State) -> None:
        if state is self._state:
            return
        if self._state:
            pairs = enumerate(zip(state, self._state, strict=True))
            changed = [slot for slot, (now, before) in pairs if now is not before and now != before]
            numbers = {number for slot in changed for number in self._by_slot[slot]}
        else:
            numbers = set(range(len(self._instances)))
        self._state = state
        for number in numbers:
            self._note(number, self._outcomes.prospect(self._instances[number], state))

    def _note(self, number: int, prospect: Prospect) -> None:
        for numbers, belongs in (
            (self._enabled, prospect.is_enabled),
            (self._free, prospect.is_free),
            (self._due, prospect.is_due),
        ):
            (numbers.add if belongs else numbers.discard)(number)
        self._alters.pop(number, None)
        if prospect.alters_in is not None:
            self._alters[number] = prospect.alters_in


def waits(outcome: Outcome) -> bool:
    """Whether all that keeps a part from being enabled is its least time."""
    is_free = all(is_true for _, is_true in outcome.guards)
    return not outcome.is_enabled and is_free and outcome.alters_in is not None
