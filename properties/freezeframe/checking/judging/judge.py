"""Judging what was recorded of a fleet, by the same promises that are asked of its model.

Owns when each promise is asked, and what its answers over a finite history amount to. It must not
know who recorded, nor how a verdict is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from freezeframe.checking.asking.questions import Question, questions_of
from freezeframe.fleet import Fleet
from freezeframe.observation import (
    KINDS,
    Ledger,
    Record,
    Repeats,
    Told,
)
from freezeframe.observation.facts import KIND_OF
from freezeframe.properties import ALL, Kind, Property, Scope
from freezeframe.properties.catalogue import pause_within_limit
from freezeframe.protocol.components import VM, Component, Host
from freezeframe.protocol.policies import OneUpdateDomain
from freezeframe.protocol.topology import Slot, Topology
from freezeframe.reporting import Verdict

from .asked import Asked
from .components import SEEN, Key, about
from .judgement import Judgement, PropertyJudgement, Violation
from .readings import HiddenError, Reading
from .timelines import Timelines


class Judge:
    """Asks the promises of a history, one record at a time.

    A record costs what the promises about its subject cost, in a fleet of hundreds of VMs as in one
    of a few. `kinds` are the kinds of records that the observers could have written: what a promise
    would have to know beyond those is not asked, while a kind that is missing from the records
    although it could be there tells that nothing of the kind happened. VMs sit where the records
    say, or else where the fleet puts them.
    """

    def __init__(
        self,
        fleet: Fleet,
        properties: Sequence[Property] = ALL,
        *,
        kinds: Collection[str] = frozenset(KINDS),
    ) -> None:
        """Begin before the first record."""
        self.ledger = Ledger(
            fleet.limits,
            attempts=fleet.update.attempts,
            trusts_marks=KIND_OF[Told] not in kinds,
        )
        self._properties = tuple(properties)
        self._told = {kind: name in kinds for kind, (name, _) in SEEN.items()}
        self._timelines = Timelines()
        self._violations: list[Violation] = []
        self._asked: list[Asked] = []
        self._began_ms: int | None = None
        self._records = 0
        self._passed_at = 0
        """After how many records time passed last."""
        self.widen(fleet)

    def widen(self, fleet: Fleet) -> None:
        """Judge by `fleet` from now on, which must differ by further hosts, VMs and places only."""
        self._fleet = fleet
        self._topology = Topology(fleet, OneUpdateDomain().lane)
        known = {(each.property.name, each.question.subjects): each for each in self._asked}
        self._asked = []
        self._by_key: dict[Key, list[int]] = {}
        for prop in self._properties:
            for question in questions_of(self._topology, prop):
                if prop.scope is Scope.STANDSTILL:
                    continue
                asked = known.get((prop.name, question.subjects)) or Asked(question)
                asked.question = question
                for slot in dict.fromkeys(question.slots):
                    self._by_key.setdefault(self._key(slot), []).append(len(self._asked))
                self._asked.append(asked)
        self._timed: set[int] = set()
        self._ask(range(len(self._asked)), {})

    def fold(self, record: Record) -> tuple[Violation, ...]:
        """Take in one record; returns the promises that it, or the time until it, broke."""
        broken: tuple[Violation, ...] = ()
        if self.ledger.now_ms is None:
            self._began_ms = record.monotonic_ms
        elif record.monotonic_ms > self.ledger.now_ms:
            broken = self.advance(record.monotonic_ms)
            self._passed_at = self._records
        key = about(record)
        touched = [] if key is None else self._by_key.get(key, [])
        before = {
            slot: self._view(slot)
            for number in touched
            if self._asked[number].property.scope is Scope.STEP
            for slot in self._asked[number].question.slots
        }
        self.ledger.fold(record)
        self._records += 1
        if key is not None:
            self._timelines.keep(key, self._records, record)
        broken += self._ask(touched, before)
        if isinstance(record.fact, Repeats):
            broken += self._never_kept(record.fact.records)
        return broken

    def advance(self, monotonic_ms: int) -> tuple[Violation, ...]:
        """Let time pass without a record; returns the promises that this broke.

        Raises:
            ValueError: It would go back.

        """
        self.ledger.advance(monotonic_ms)
        return self._ask(sorted(self._timed), {})

    def judgement(self) -> Judgement:
        """The verdict on the history so far, as if it ended now.

        Advance to the end of the history first, lest what never ended be taken for short.
        """
        return Judgement(
            self._fleet.name,
            self._records,
            self._began_ms,
            self.ledger.now_ms,
            tuple(self._judged(prop) for prop in self._properties),
            self.ledger.remarks,
            self._strangers(),
        )

    def _key(self, slot: int) -> Key:
        found = self._topology.slots[slot]
        return found.kind, found.names

    def _view(self, slot: int) -> object:
        found = self._topology.slots[slot]
        return SEEN[found.kind][1](self.ledger, *found.names)

    def _ask(self, numbers: Iterable[int], before: Mapping[int, object]) -> tuple[Violation, ...]:
        broken = []
        for number in numbers:
            asked = self._asked[number]
            answer = self._answer(asked, before)
            (self._timed.add if asked.is_timed else self._timed.discard)(number)
            if answer is None:
                continue
            if asked.property.kind is Kind.ALWAYS and asked.is_true and not answer:
                broken.append(self._violation(asked))
            if asked.is_true is not answer:
                asked.is_true, asked.since = answer, self._records
            asked.was_true = asked.was_true or answer
        self._violations += broken
        return tuple(broken)

    def _never_kept(self, looped: int) -> tuple[Violation, ...]:
        """What is false all along the last `looped` records before this one will never be true."""
        begins = self._records - 1 - looped
        broken = [
            self._violation(asked)
            for asked in self._asked
            if asked.property.kind is Kind.EVENTUALLY
            and not asked.is_true
            and asked.since <= begins
        ]
        at_ms = self.ledger.now_ms or 0
        broken += [
            Violation(prop, (), at_ms, self._timelines.of(map(self._key, self._slots_of(Host))))
            for prop in self._properties
            if prop.scope is Scope.STANDSTILL
            and (not looped or self._passed_at <= begins)
            and not self._is_over(prop)
        ]
        self._violations += broken
        return tuple(broken)

    def _answer(self, asked: Asked, before: Mapping[int, object]) -> bool | None:
        """What the predicate says now; None if it asks for what nobody could record."""
        question = asked.question
        asked.is_timed = False
        if not self._is_there(question):
            return True
        is_step = asked.property.scope is Scope.STEP
        readings = [
            Reading(
                before[slot] if is_step and before and not is_after else self._view(slot),
                is_told=self._told[self._topology.slots[slot].kind],
            )
            for slot, is_after in zip(question.slots, question.is_after, strict=True)
        ]
        arguments = [
            readings[value] if is_slot else value for is_slot, value in question.form.arguments
        ]
        try:
            answer = bool(asked.property.predicate(*arguments))
        except HiddenError:
            asked.is_hidden = True
            return None
        seconds = [each for reading in readings for each in reading.seconds]
        asked.is_timed = any(reading.is_ageing for reading in readings)
        asked.worst_seconds = max(asked.worst_seconds, *seconds, 0.0)
        return answer

    def _is_there(self, question: Question) -> bool:
        """Whether every VM is on the host that the question is about."""
        for position, seat in question.form.seats:
            (name,) = self._topology.slots[question.slots[position]].names
            places = self._topology.places(name)
            if (self.ledger.vm(name).host or places[0]) != places[seat]:
                return False
        return True

    def _violation(self, asked: Asked) -> Violation:
        keys = {self._key(slot): None for slot in asked.question.slots}
        for kind, names in tuple(keys):
            if kind is VM:
                host = self.ledger.vm(names[0]).host or self._topology.places(names[0])[0]
                keys[Host, (host,)] = None
        at_ms, subjects = self.ledger.now_ms or 0, asked.question.subjects
        return Violation(asked.property, subjects, at_ms, self._timelines.of(keys))

    def _slots_of(self, kind: type[Component]) -> list[int]:
        return [slot for slot, each in enumerate(self._topology.slots) if each.kind is kind]

    def _is_over(self, prop: Property) -> bool:
        slots = {slot for each in questions_of(self._topology, prop) for slot in each.slots}
        kinds = self._topology.slots
        return all(
            prop.predicate(self._view(slot)) for slot in slots if self._told[kinds[slot].kind]
        )

    def _judged(self, prop: Property) -> PropertyJudgement:
        if prop.scope is Scope.STANDSTILL:
            return self._judged_at_rest(prop)
        asked = [each for each in self._asked if each.property is prop and not each.is_hidden]
        violations = tuple(each for each in self._violations if each.property is prop)
        pending: tuple[tuple[str, ...], ...] = ()
        if prop.kind is Kind.EVENTUALLY:
            pending = tuple(each.question.subjects for each in asked if not each.is_true)
        elif prop.kind is Kind.SOMETIMES and not any(each.was_true for each in asked):
            pending = tuple(each.question.subjects for each in asked)
        worst = None
        if prop is pause_within_limit:
            worst = max((each.worst_seconds for each in asked), default=0.0)
        verdict = Verdict.INCOMPLETE if pending else Verdict.HOLDS
        if violations:
            verdict = Verdict.VIOLATED
        return PropertyJudgement(prop, verdict, len(asked), violations, pending, worst)

    def _judged_at_rest(self, prop: Property) -> PropertyJudgement:
        """A history ends; only a maintenance that is over shows that it ends for good."""
        violations = tuple(each for each in self._violations if each.property is prop)
        if violations:
            return PropertyJudgement(prop, Verdict.VIOLATED, 1, violations)
        if not self._slots_of(Host) or not self._told[Host]:
            return PropertyJudgement(prop, Verdict.HOLDS, 0)
        if self._is_over(prop):
            return PropertyJudgement(prop, Verdict.HOLDS, 1)
        return PropertyJudgement(prop, Verdict.INCOMPLETE, 1, pending=((),))

    def _strangers(self) -> tuple[str, ...]:
        slots: Sequence[Slot] = self._topology.slots
        known = {(slot.kind, slot.names) for slot in slots}
        return tuple(
            names[0]
            for kind, names in self._timelines.known()
            if kind in {VM, Host} and (kind, names) not in known
        )


def judge(
    records: Iterable[Record],
    fleet: Fleet,
    *,
    ends_at_ms: int | None = None,
    properties: Sequence[Property] = ALL,
    kinds: Collection[str] = frozenset(KINDS),
) -> Judgement:
    """Judge a whole history that ends at `ends_at_ms`, by default with its last record.

    Raises:
        ValueError: The end is before the last record.

    """
    judging = Judge(fleet, properties, kinds=kinds)
    for record in records:
        judging.fold(record)
    if ends_at_ms is not None:
        judging.advance(ends_at_ms)
    return judging.judgement()
