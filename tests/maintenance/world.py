"""A simulated fleet with a controller that may die at any moment, and a watchdog that does not.

Owns what a test needs to let a maintenance run and to see what really happened. It must not know
what is expected of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from freezeframe.adapters.simulated import Choices, SimulatedHost, simulate
from freezeframe.adapters.simulated.host import Environment
from freezeframe.fleet import Fleet
from freezeframe.lifecycles import EventStatus
from freezeframe.maintenance.driver import Runner, Standing
from freezeframe.maintenance.ports import Notices
from freezeframe.maintenance.rulebook import Rulebook
from freezeframe.maintenance.sites import Site
from freezeframe.maintenance.watchdog import Beneath, Bounds, Lease, Move, next_move
from freezeframe.observation import EventSeen, Record
from freezeframe.protocol import Policy
from freezeframe.protocol.policies import OneUpdateDomain

from .observer import Observer

WATCH_EVERY_MS = 50
RESTARTS_MAX = 500
REPAIR_MS = 20_000
LONG_MS = 90_000


class ControllerDies(BaseException):
    """The controller's process ends here, without another word."""


class Doom:
    """Says at which of its moments a controller dies; the moments are counted from 0."""

    def __init__(self, *moments: int) -> None:
        """Die at each of `moments`, counted over all controllers."""
        self._moments = set(moments)
        self.passed = 0

    def spare(self) -> None:
        """Let controllers live from now on."""
        self._moments.clear()

    def moment(self) -> None:
        """Something that a death may come before or after."""
        self.passed += 1
        if self.passed - 1 in self._moments:
            raise ControllerDies


class World:
    """A fleet and whoever maintains it; fills `Journal` and `Notices` for its controllers.

    `torn` says of how many records of a write that a death interrupts are kept, if there are as
    many.
    """

    def __init__(
        self,
        fleet: Fleet,
        choices: Choices,
        *,
        policy: Policy | None = None,
        without: frozenset[str] = frozenset(),
        doom: Doom | None = None,
        torn: int = 0,
        bounds: Bounds | None = None,
    ) -> None:
        """Begin with every VM running and no controller; with `bounds` there is a watchdog."""
        self.fleet, self.choices = fleet, choices
        self.simulation = simulate(fleet, choices, pages=1)
        self.observer = Observer(self.simulation)
        self.rulebook = Rulebook(fleet, policy or OneUpdateDomain(), without)
        self.kept: list[Record] = []
        self.time = self.simulation.time
        self.doom, self.torn = doom or Doom(), torn
        self.notices: Notices = self
        self.comes_back = True
        self.watchdogs: list[SimulatedWatchdog] = []
        self._ids: dict[str, EventStatus] = {}
        self._approved: set[str] = set()
        for host in self.simulation.hosts.values():
            host.on_outage.append(partial(self._plan_repair, host))
            if bounds is not None:
                self.watchdogs.append(SimulatedWatchdog(self, host, bounds))

    def append(self, records: Sequence[Record]) -> None:
        """See `Journal`; a death in the midst of it leaves some first part."""
        try:
            self.doom.moment()
        except ControllerDies:
            self.kept += records[: self.torn]
            self.observer.shows(records[: self.torn])
            raise
        self.kept += records
        self.observer.shows(records)
        self.doom.moment()

    def records(self) -> Sequence[Record]:
        """See `Journal`."""
        return tuple(self.kept)

    def show(self, host: str, vms: Sequence[str], event: EventSeen) -> None:
        """See `Notices`; its tenant may approve at once."""
        self.doom.moment()
        if self._ids.get(event.event_id) is not event.status:
            self._ids[event.event_id] = event.status
            self.observer.show(host, vms, event)
            if event.status is EventStatus.SCHEDULED and self.choices.happens("approval"):
                self._approved.add(event.event_id)

    def approved(self) -> frozenset[str]:
        """See `Notices`."""
        return frozenset(self._approved)

    def _plan_repair(self, host: SimulatedHost, _: str) -> None:
        """An operator brings back a host that lost power."""
        self.time.plan(REPAIR_MS, host.repair)

    def runner(self) -> Runner:
        """A controller that has not started yet."""
        sites = {}
        for host in self.simulation.hosts:
            adapter = Mortal(self.observer.connect(host), self.doom)
            tolerance_ms = self.fleet.limits.clock_tolerance_ms
            updater = Mortal(self.simulation.connect(host), self.doom)
            sites[host] = Site(adapter, updater, clock_tolerance_ms=tolerance_ms)
        return Runner(self.rulebook, sites, self, self.notices, self.time)

    def maintain(
        self, each_step: Callable[[Runner], None] | None = None, *, steps_max: int = 10_000
    ) -> tuple[Runner, Standing]:
        """Let controllers work, one after the other dies, until there is nothing more to do, or
        one took so many steps.
        """
        for _ in range(RESTARTS_MAX):
            runner = self.runner()
            try:
                runner.start()
                for _ in range(steps_max):
                    standing = runner.step()
                    if standing is not Standing.GOING_ON:
                        break
                    if each_step is not None:
                        each_step(runner)
                return runner, standing  # noqa: TRY300 (all of it may die)
            except ControllerDies:
                if not self.comes_back:
                    self.time.wait_ms(LONG_MS)
                    return runner, Standing.GOING_ON
                span = self.fleet.timing.restart
                self.time.wait_ms(self.simulation.fate.lasts_ms(span, "restart"))
        raise AssertionError("expected a controller that lives long enough")


class Mortal:
    """A connection of a controller that may die before and after it asks for something."""

    def __init__(self, adapter: Any, doom: Doom) -> None:
        """Pass everything on to `adapter`."""
        self._adapter, self._doom = adapter, doom

    @property
    def under_way(self) -> Any:
        """See `AttendsUpdate`."""
        return self._adapter.under_way

    def attend(self, *, deadline_ms: int) -> Any:
        """See `AttendsUpdate`."""
        return self._adapter.attend(deadline_ms=deadline_ms)

    def __getattr__(self, name: str) -> Any:
        """Die around what changes something."""
        found = getattr(self._adapter, name)
        return self._around(found) if name in _ACTS else found

    def _around(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def dying(*args: Any, **options: Any) -> Any:
            self._doom.moment()
            call = act(*args, **options)
            self._doom.moment()
            return call

        return dying


_ACTS = frozenset(
    {"pause", "resume", "set_clock", "shut_down", "boot", "update", "roll_back", "fingerprint"}
)
_BENEATH = {
    Environment.UPDATING: Beneath.UPDATING,
    Environment.BROKEN: Beneath.BROKEN,
    Environment.ROLLING_BACK: Beneath.ROLLING_BACK,
}


class SimulatedWatchdog:
    """The watchdog of one host: the real decision, on virtual time, with a connection of its own.

    A lease begins when a pause is asked for, which a hypervisor shows at once here.
    """

    def __init__(self, world: World, host: SimulatedHost, bounds: Bounds) -> None:
        """Watch `host` from now on."""
        self._world, self._host, self._bounds = world, host, bounds
        self._adapter = world.observer.connect(host.name)
        self._is_acting = False
        self.acted = 0
        world.time.plan(0, self._watch)

    def _watch(self) -> None:
        now_ms = self._world.time.monotonic_ms()
        paused = []
        for name, machine in self._host.machines.items():
            if machine.is_held:
                since_ms = self._world.observer.pause_asked_ms[name]
                paused.append(Lease(self._host.name, name, since_ms))
        beneath = _BENEATH.get(self._host.environment, Beneath.SETTLED)
        move = next_move(paused, beneath, now_ms, self._bounds, is_acting=self._is_acting)
        self._is_acting = move is not None or (self._is_acting and bool(paused))
        if move is Move.ROLL_BACK:
            self._adapter.roll_back(deadline_ms=WATCH_EVERY_MS)
        for lease in paused if move is Move.RESUME else ():
            self.acted += 1
            self._adapter.resume(lease.vm, deadline_ms=60_000)
        self._world.time.plan(WATCH_EVERY_MS, self._watch)
