"""A simulated fleet with a controller that may die at any moment, and a watchdog that does not.

Owns what a test needs to let a maintenance run and to see what really happened. It must not know
what is expected of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial

from freezeframe.adapters.simulated import Choices, SimulatedAdapter, SimulatedHost, simulate
from freezeframe.fleet import Fleet
from freezeframe.lifecycles import EventStatus, VmStatus
from freezeframe.maintenance.driver import Runner
from freezeframe.maintenance.errors import UnfitError
from freezeframe.maintenance.ports import Notices
from freezeframe.maintenance.rulebook import Rulebook
from freezeframe.maintenance.sites import Site
from freezeframe.maintenance.standing import Standing
from freezeframe.maintenance.watchdog import Bounds
from freezeframe.observation import EventSeen, Record
from freezeframe.protocol import Policy, State
from freezeframe.protocol.policies import OneUpdateDomain

from .customers import Customers
from .dying import ControllerDies, Doom, Mortal
from .observer import Observer
from .rescuing import SimulatedWatchdog

RESTARTS_MAX = 500
REPAIR_MS = 20_000
LONG_MS = 90_000


@lru_cache(maxsize=64)
def rulebook_of(
    fleet: Fleet,
    policy: Callable[[], Policy] = OneUpdateDomain,
    without: frozenset[str] = frozenset(),
) -> Rulebook:
    """The rules, grounded once for all maintenances of a fleet; their answers depend on arguments
    alone.
    """
    return Rulebook(fleet, policy(), without)


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
        policy: Callable[[], Policy] = OneUpdateDomain,
        without: frozenset[str] = frozenset(),
        doom: Doom | None = None,
        torn: int = 0,
        bounds: Bounds | None = None,
        adapter: type[SimulatedAdapter] = SimulatedAdapter,
        pages: int = 1,
        site: type[Site] = Site,
        acts_first: bool = False,
    ) -> None:
        """Begin with every VM running and no controller; with `bounds` there is a watchdog."""
        self.fleet, self.choices = fleet, choices
        self.simulation = simulate(fleet, choices, pages=pages)
        self.observer = Observer(self.simulation, adapter)
        self.rulebook = rulebook_of(fleet, policy, without)
        self.kept: list[Record] = []
        self.left: list[int] = []
        """How many records each controller that died left."""
        self.time = self.simulation.time
        self._site = site
        self._acts_first, self._unwritten = acts_first, list[Record]()
        self.doom, self.torn = doom or Doom(), torn
        self.notices: Notices = self
        self.comes_back = True
        self.watchdogs: list[SimulatedWatchdog] = []
        self._ids: dict[str, EventStatus] = {}
        self._approved: set[str] = set()
        self._approved_by_others: set[str] = set()
        self.heeds_anybody = False
        """Whether the metadata service takes approvals of those whose event it is not."""
        self.controller: Runner | None = None
        self.customers = Customers(fleet, self.simulation, choices, self.rulebook, self.shown)
        self._told_ms: dict[str, int] = {}
        for host in self.simulation.hosts.values():
            host.on_outage.append(partial(self._plan_repair, host))
            if bounds is not None:
                self.watchdogs.append(SimulatedWatchdog(self.observer, host, bounds))

    def append(self, records: Sequence[Record]) -> None:
        """See `Journal`; a death in the midst of it leaves some first part.

        Where it `acts_first`, what is told now is written only when there is more, if ever.
        """
        if self._acts_first:
            records, self._unwritten = tuple(self._unwritten), list(records)
        try:
            self.doom.moment(len(records))
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

    def show(self, host: str, vms: Sequence[str], event: EventSeen) -> int:
        """See `Notices`; its tenant may approve at once."""
        self.doom.moment()
        if self._ids.get(event.event_id) is not event.status:
            self._ids[event.event_id] = event.status
            self._told_ms.setdefault(event.event_id, self.time.monotonic_ms())
            self._tell(host, vms, event)
        since_ms = self.time.monotonic_ms() - self._told_ms[event.event_id]
        return self.fleet.limits.notice_ms - since_ms

    def _tell(self, host: str, vms: Sequence[str], event: EventSeen) -> None:
        is_true = event.status is not EventStatus.APPROVED or event.event_id in self._approved
        if is_true:
            self.observer.show(host, vms, event)
        if event.status is EventStatus.SCHEDULED and self.choices.happens("approval"):
            self._approved.add(event.event_id)
        elif event.status is EventStatus.SCHEDULED and self.fleet.customer.approve_for_another:
            self._approved_by_others.add(event.event_id)

    def approved(self) -> frozenset[str]:
        """See `Notices`."""
        heeded = self._approved_by_others if self.heeds_anybody else ()
        return frozenset({*self._approved, *heeded})

    def shown(self) -> State:
        """Where the maintenance stands by what the last controller showed of it."""
        return self.rulebook.initial if self.controller is None else self.controller.course.state

    def _plan_repair(self, host: SimulatedHost, _: str) -> None:
        """An operator brings back a host that lost power."""
        self.time.plan(REPAIR_MS, host.repair)

    def _mend(self) -> None:
        """An operator sees to what kept a maintenance from beginning."""
        self.time.wait_ms(REPAIR_MS)
        for host in self.simulation.hosts.values():
            for vm, machine in host.machines.items():
                if machine.status is VmStatus.PAUSED:
                    host.release(vm)

    def runner(self) -> Runner:
        """A controller that has not started yet."""
        sites = {}
        for host in self.simulation.hosts:
            adapter = Mortal(self.observer.connect(host), self.doom)
            tolerance_ms = self.fleet.limits.clock_tolerance_ms
            updater = Mortal(self.observer.open(host), self.doom)
            sites[host] = self._site(adapter, updater, clock_tolerance_ms=tolerance_ms)
        return Runner(self.rulebook, sites, self, self.notices, self.time)

    def maintain(
        self,
        each_step: Callable[[Runner], None] | None = None,
        *,
        steps_max: int = 10_000,
        is_resumed: bool = False,
    ) -> tuple[Runner, Standing]:
        """Let controllers work, one after the other dies, until there is nothing more to do, or
        one took so many steps.

        If it `is_resumed`, an operator lets it go on after the first look, as `run --resume` does.
        """
        for _ in range(RESTARTS_MAX):
            self.controller = runner = self.runner()
            try:
                runner.start()
                if is_resumed:
                    runner.clear_alarm()
                    is_resumed = False
                for _ in range(steps_max):
                    standing = runner.step()
                    if standing is not Standing.GOING_ON:
                        break
                    if each_step is not None:
                        each_step(runner)
                return runner, standing  # noqa: TRY300 (all of it may die)
            except UnfitError:
                self._mend()
            except ControllerDies:
                self._unwritten.clear()
                self.left.append(len(self.kept))
                if not self.comes_back:
                    self.time.wait_ms(LONG_MS)
                    return runner, Standing.GOING_ON
                span = self.fleet.timing.restart
                self.time.wait_ms(self.simulation.fate.lasts_ms(span, "restart"))
        raise AssertionError("expected a controller that lives long enough")
