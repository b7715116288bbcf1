"""Whole maintenances on virtual time, judged by what an observer saw.

Owns how a rehearsal is begun, ended and judged. It must not know what is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

from freezeframe.adapters.simulated import Choices
from freezeframe.checking.judging import Judge
from freezeframe.fleet import Fleet
from freezeframe.maintenance.course import Divergence
from freezeframe.maintenance.driver import Standing
from freezeframe.maintenance.following import follow_all
from freezeframe.maintenance.watchdog import bounds_of
from freezeframe.properties import PROMISES
from freezeframe.protocol import Policy
from freezeframe.protocol.policies import OneUpdateDomain

from .world import Doom, World

LOOKS_MAX = 8
"""How often an operator looks after a failure before the rehearsal ends as it is."""


@dataclass
class Rehearsal:
    """What came of a whole maintenance: how it stands, and the promises that were broken."""

    world: World
    standing: Standing
    broken: list[str]
    divergences: tuple[Divergence, ...]

    @property
    def is_done(self) -> bool:
        """Whether every host is new in truth and nobody is left paused."""
        hosts = self.world.simulation.hosts.values()
        return self.standing is Standing.COMPLETED and all(
            host.environment == "new" and not any(each.is_held for each in host.machines.values())
            for host in hosts
        )


def rehearse(
    fleet: Fleet,
    choices: Choices,
    *,
    policy: Policy | None = None,
    without: frozenset[str] = frozenset(),
    deaths: tuple[int, ...] = (),
    torn: int = 0,
    has_watchdog: bool = True,
    steps_max: int = 3_000,
    comes_back: bool = True,
) -> Rehearsal:
    """Maintain `fleet`, with an operator who lets it go on after each failure.

    Unless `comes_back`, nobody starts a controller that died again.
    """
    bounds = None
    if has_watchdog:
        bounds = bounds_of(fleet, OneUpdateDomain().deadlines_ms(fleet))
    doom = Doom(*deaths)
    world = World(
        fleet, choices, policy=policy, without=without, doom=doom, torn=torn, bounds=bounds
    )
    world.comes_back = comes_back
    runner, standing = world.maintain(steps_max=steps_max)
    for _ in range(LOOKS_MAX):
        if standing is not Standing.HALTED and standing is not Standing.STUCK:
            break
        doom.spare()
        runner.clear_alarm()
        runner, standing = world.maintain(steps_max=steps_max)
    world.observer.end()
    judge = Judge(fleet, PROMISES)
    for record in world.observer.records:
        judge.fold(record)
    broken = sorted({each.property.name for each in judge.judgement().violations})
    return Rehearsal(world, standing, broken, follow_all(world.rulebook, world.kept).divergences)
