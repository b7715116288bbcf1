"""Walking at random: what is possible is done, each rule with a likelihood of its own.

A walk takes a fiftieth of the time that the same moves take when each is drawn by Hypothesis. It
must not know what walks are for.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from .simulation import Move, Simulation

_UNLIKELY, _LIKELY = -3, 3
"""Powers of four. A rule may be some thousand times as likely as another, so that in some walks a
thing comes late, or again and again, as it never would if all were equally likely.
"""


def walk(
    simulation: Simulation, random: Random, moves_max: int, on_move: Callable[[], None]
) -> None:
    """Take up to `moves_max` moves, until a promise is broken or nothing reliable is left to do.

    In every other walk the likelihoods are only those of what is about one component.
    """
    lookup = simulation.lookup
    rules = len(lookup.system.rules)
    weights = [4.0 ** random.randint(_UNLIKELY, _LIKELY) for _ in range(rules + 1)]
    slots = sorted({slot for head in lookup.heads for slot in head})
    slot = random.choice(slots) if slots and random.random() < 1 / 2 else None

    def weight(move: Move) -> float:
        if move is None:
            return weights[rules]
        is_meant = slot is None or slot in lookup.heads[move]
        return weights[lookup.rule_of[move]] if is_meant else 1.0

    for _ in range(moves_max):
        if simulation.breach is not None or simulation.is_stuck():
            return
        possible: list[Move] = [*simulation.enabled()]
        if simulation.can_wait:
            possible.append(None)
        simulation.take(random.choices(possible, [weight(move) for move in possible])[0])
        on_move()
