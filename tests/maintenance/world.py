"""A simulated fleet with a runner: its virtual time, its observer, and its customers.

Owns what a test needs to let a maintenance run and to see what really happened. It must not know
what is expected of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from freezeframe.adapters.simulated import Choices, Simulation, simulate
from freezeframe.fleet import Fleet
from freezeframe.maintenance.driver import Runner, Standing
from freezeframe.maintenance.ports import Notices, SilentNotices
from freezeframe.maintenance.rulebook import Rulebook
from freezeframe.maintenance.sites import Site
from freezeframe.observation import Record
from freezeframe.protocol import Policy
from freezeframe.protocol.policies import OneUpdateDomain


@dataclass
class ListJournal:
    """A journal in memory; it outlives its runner as a file outlives a process."""

    kept: list[Record] = field(default_factory=list)

    def append(self, records: Sequence[Record]) -> None:
        self.kept += records

    def records(self) -> Sequence[Record]:
        return tuple(self.kept)


class World:
    """A fleet and whoever maintains it."""

    def __init__(
        self,
        fleet: Fleet,
        choices: Choices,
        *,
        policy: Policy | None = None,
        without: frozenset[str] = frozenset(),
        notices: Notices | None = None,
    ) -> None:
        """Begin with every VM running and no controller."""
        self.fleet = fleet
        self.simulation: Simulation = simulate(fleet, choices, pages=1)
        self.rulebook = Rulebook(fleet, policy or OneUpdateDomain(), without)
        self.journal = ListJournal()
        self.notices = notices or SilentNotices()
        self.time = self.simulation.time

    def runner(self) -> Runner:
        """A controller that has just started."""
        sites = {}
        for host in self.simulation.hosts:
            adapter = self.simulation.connect(host)
            tolerance_ms = self.fleet.limits.clock_tolerance_ms
            sites[host] = Site(adapter, adapter, clock_tolerance_ms=tolerance_ms)
        return Runner(self.rulebook, sites, self.journal, self.notices, self.time)

    def maintain(
        self, each_step: Callable[[Runner], None] | None = None
    ) -> tuple[Runner, Standing]:
        """Let a new controller work until there is nothing more to do."""
        runner = self.runner()
        runner.start()
        while (standing := runner.step()) is Standing.GOING_ON:
            if each_step is not None:
                each_step(runner)
        return runner, standing
