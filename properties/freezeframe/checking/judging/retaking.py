"""Taking the steps of a run of the model again, from what was recorded of it.

Nothing has to be guessed, for such a history names every step. It must not know judging.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from freezeframe.maintenance.course import Deviation, Divergence
from freezeframe.observation import Ended, Record, Repeats, StepTaken
from freezeframe.protocol import Instance, State, System
from freezeframe.protocol.observed import SOURCE, records_of


@dataclass(frozen=True)
class Retaken:
    """The moves of a run until the first that the rules do not allow, and the states around them.

    A move is None where one unit of time passes.
    """

    moves: tuple[Instance | None, ...]
    states: tuple[State, ...]
    first: Divergence | None


def is_of_the_model(records: Sequence[Record]) -> bool:
    """Whether the records are those of a run of the model itself."""
    return bool(records) and all(record.source == SOURCE for record in records)


def retaken(system: System, records: Sequence[Record]) -> Retaken:
    """Take every step that `records` name when they say; then compare all else that they say."""
    moves: list[Instance | None] = []
    states = [system.initial]
    named = {str(each): each for each in system.instances}
    at_ms = records[0].monotonic_ms if records else 0

    def stopped(deviation: Deviation, record: Record, step: str, found: str) -> Retaken:
        expected = "a step that the rules allow now"
        first = Divergence(deviation, record.monotonic_ms, record, step, expected, found)
        return Retaken(tuple(moves), tuple(states), first)

    for record in records:
        while at_ms < record.monotonic_ms:
            after = system.apply(states[-1], None)
            if after is None:
                found = "that time passed although something promised was due"
                return stopped(Deviation.LATE, record, "", found)
            moves.append(None)
            states.append(after)
            at_ms += system.settings.tick_ms
        if isinstance(record.fact, StepTaken):
            instance = named.get(record.fact.step)
            after = None if instance is None else system.apply(states[-1], instance)
            if instance is None or after is None:
                found = "one that they do not" if instance else "one that this fleet has not"
                return stopped(Deviation.FORBIDDEN, record, record.fact.step, found)
            moves.append(instance)
            states.append(after)
    return Retaken(tuple(moves), tuple(states), _first_other(system, moves, states, records))


def _first_other(
    system: System,
    moves: Sequence[Instance | None],
    states: Sequence[State],
    records: Sequence[Record],
) -> Divergence | None:
    """The first record that does not say what the run shows."""
    shown = [each.fact for each in records_of(system, moves, states)]
    told = [each for each in records if not isinstance(each.fact, Repeats)]
    for fact, record in zip_longest(shown, told):
        if record is None or record.fact != fact:
            last = record or records[-1]
            return Divergence(
                Deviation.UNEXPLAINED,
                last.monotonic_ms,
                last,
                "",
                f"the record {fact or Ended()}",
                f"{record.fact}" if record else "no further record",
            )
    return None
