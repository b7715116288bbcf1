"""Whole maintenances on virtual time, judged by what an observer saw.

Owns how a rehearsal is begun, ended and judged. It must not know what is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from freezeframe.adapters.simulated import Choices, SimulatedAdapter
from freezeframe.checking.judging import Judge
from freezeframe.fleet import Fleet
from freezeframe.lifecycles import HostStatus
from freezeframe.maintenance.course import Divergence
from freezeframe.maintenance.following import follow_all
from freezeframe.maintenance.sites import Site
from freezeframe.maintenance.standing import Standing
from freezeframe.maintenance.watchdog import bounds_of
from freezeframe.properties import PROMISES
from freezeframe.protocol import Policy
from freezeframe.protocol.components import Host
from freezeframe.protocol.policies import OneUpdateDomain
from freezeframe.reporting import Verdict

from .dying import Doom
from .world import REPAIR_MS, World

LOOKS_MAX = 8
"""How often an operator looks after a failure before the rehearsal ends as it is."""


@dataclass
class Rehearsal:
    """What came of a whole maintenance: how it stands, and the promises that were broken or, of
    those that something will come about, that had not been kept at its end.
    """

    world: World
    standing: Standing
    broken: list[str]
    unkept: list[str]
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
    policy: Callable[[], Policy] = OneUpdateDomain,
    without: frozenset[str] = frozenset(),
    deaths: tuple[int, ...] = (),
    torn: int = 0,
    has_watchdog: bool = True,
    steps_max: int = 3_000,
    comes_back: bool = True,
    adapter: type[SimulatedAdapter] = SimulatedAdapter,
    pages: int = 1,
    site: type[Site] = Site,
    heeds_anybody: bool = False,
    acts_first: bool = False,
) -> Rehearsal:
    """Maintain `fleet`, with an operator who lets it go on after each failure.

    Unless `comes_back`, nobody starts a controller that died again.
    """
    bounds = None
    if has_watchdog:
        bounds = bounds_of(fleet, OneUpdateDomain().deadlines_ms(fleet))
    doom = Doom(*deaths)
    world = World(
        fleet,
        choices,
        policy=policy,
        without=without,
        doom=doom,
        torn=torn,
        bounds=bounds,
        adapter=adapter,
        pages=pages,
        site=site,
        acts_first=acts_first,
    )
    world.heeds_anybody = heeds_anybody
    world.comes_back = comes_back
    standing = world.maintain(steps_max=steps_max)[1]
    for _ in range(LOOKS_MAX):
        if not _calls_for_an_operator(world, standing):
            break
        world.time.wait_ms(REPAIR_MS)
        doom.spare()
        standing = world.maintain(steps_max=steps_max, is_resumed=True)[1]
    world.observer.end()
    judge = Judge(fleet, PROMISES)
    for record in world.observer.records:
        judge.fold(record)
    judged = {each.property.name: each.verdict for each in judge.judgement().properties}
    return Rehearsal(
        world,
        standing,
        sorted(name for name, verdict in judged.items() if verdict is Verdict.VIOLATED),
        sorted(name for name, verdict in judged.items() if verdict is Verdict.INCOMPLETE),
        follow_all(world.rulebook, world.kept).divergences,
    )


def _calls_for_an_operator(world: World, standing: Standing) -> bool:
    """Whether the maintenance rests and somebody is to look: at a failure, at a dark host."""
    hosts = world.rulebook.components(world.shown(), Host).values()
    is_out = any(host.status is HostStatus.OUT_OF_SERVICE for host in hosts)
    rests_amiss = standing is Standing.COMPLETED and is_out
    return rests_amiss or standing in {Standing.HALTED, Standing.STUCK}
