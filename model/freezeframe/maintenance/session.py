"""A maintenance of real hosts put together: locks, journal, hosts, watchdog, and the runner.

Owns in which order these are opened, so that whatever is wrong is told before anything is paused,
and what a run takes over from one that died. It must not know how a maintenance is shown.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from freezeframe.adapters.machine_clock import MachineClock
from freezeframe.adapters.naming import Hypervisor, open_hypervisor
from freezeframe.adapters.simulated import SCHEME as SIMULATED
from freezeframe.fleet import Fleet, Host, UpdateKind
from freezeframe.observation import Record
from freezeframe.protocol import Policy

from .commands import HostCommands
from .course import WATCHDOG
from .driver import Runner
from .errors import MaintenanceError, UnfitError
from .journal import Journal
from .locks import locked_hosts
from .maintained import MaintainedHost
from .ports import Notices, SilentNotices
from .rulebook import Rulebook
from .sites import Site
from .timekeeping import PolledTime
from .watchdog.client import Watchdog
from .watchdog.leases import Beneath, WatchdogError, bounds_of
from .watchdog.succession import leases_of, take_over, trails

Tell = Callable[[Sequence[Record]], None]


def folder_of(journal: Path) -> Path:
    """Where the commands and the watchdog keep what they need, beside the journal."""
    return journal.with_name(f"{journal.name}.d")


@contextlib.contextmanager
def session(
    fleet: Fleet,
    policy: Policy,
    path: Path,
    *,
    notices: contextlib.AbstractContextManager[Notices] | None = None,
    preference: Sequence[str] = (),
    tell: Tell | None = None,
) -> Iterator[Runner]:
    """Have a runner that may maintain the hosts of `fleet`, with its journal at `path`.

    It goes on from where the journal says that the maintenance stands; nothing is asked of any VM
    before it is started. `notices` is entered once no other controller can have these hosts, and
    left last. `tell` is told what is written, once that is durable.

    Raises:
        FreezeframeError: Something is not as it must be; then nothing was paused.

    """
    _refuse_unready(fleet)
    bounds = bounds_of(fleet, policy.deadlines_ms(fleet))
    uris = [host.uri for host in fleet.hosts if host.uri is not None]
    with contextlib.ExitStack() as stack:
        stack.enter_context(locked_hosts(uris))
        shown = stack.enter_context(notices or contextlib.nullcontext(SilentNotices()))
        journal = stack.enter_context(Journal(path, fleet, policy=policy.name))
        earlier = trails(folder_of(path))
        if not journal.records():
            for trail in earlier:  # their journal is gone, so nobody else knows their leases
                trail.retire(by=signal.SIGTERM)
            _begin_anew(fleet, folder_of(path))
        adapters = _opened(fleet, stack)
        watchdog = Watchdog(
            fleet, bounds, folder_of(path), source=f"{WATCHDOG} of run {journal.run}"
        )
        stack.callback(_leave, watchdog, folder_of(path), journal)
        hosts = {
            host.name: MaintainedHost(
                host,
                adapters[host.name],
                HostCommands(fleet, host, folder_of(path) / "commands"),
                watchdog,
                bounds,
                is_impacting=fleet.kind_of_update(host) is not UpdateKind.NO_IMPACT,
            )
            for host in fleet.hosts
        }
        for lease in leases_of(journal.records()):
            with contextlib.suppress(WatchdogError):  # the VM is gone, or its host is out of sight
                hosts[lease.host].hold(lease)
        take_over(earlier, journal)
        yield Runner(
            Rulebook(fleet, policy),
            {
                name: Site(host, host, clock_tolerance_ms=fleet.limits.clock_tolerance_ms)
                for name, host in hosts.items()
            },
            journal if tell is None else _Telling(journal, tell),
            shown,
            PolledTime(MachineClock()),
            preference=preference,
        )


class _Telling:
    """A journal of which somebody is told what was written."""

    def __init__(self, journal: Journal, tell: Tell) -> None:
        self._journal, self._tell = journal, tell

    def append(self, records: Sequence[Record]) -> None:
        self._journal.append(records)
        self._tell(records)

    def records(self) -> Sequence[Record]:
        return self._journal.records()


def _refuse_unready(fleet: Fleet) -> None:
    """Refuse a fleet file that does not say how its hosts are reached and updated."""
    reasons = [
        f"{host.name}: expected {key} in the fleet file, found none"
        for host in fleet.hosts
        for key, value in (("a uri", host.uri), ("an update_command", host.update_command))
        if not value
    ]
    reasons += [
        f"{host.name}: expected a host that the watchdog's own process can reach, found "
        f"{host.uri}, which is of one process only; rehearse with --dry-run"
        for host in fleet.hosts
        if host.uri is not None and host.uri.startswith(f"{SIMULATED}:")
    ]
    if reasons:
        raise UnfitError(tuple(reasons))


def _begin_anew(fleet: Fleet, folder: Path) -> None:
    """Forget what commands of an earlier maintenance came to, whose journal is no more."""
    for host in fleet.hosts:
        beneath = HostCommands(fleet, host, folder / "commands").beneath()
        if beneath in {Beneath.UPDATING, Beneath.ROLLING_BACK}:
            text = f"{host.name}: expected no command to be under way, found one that is {beneath}"
            raise MaintenanceError(f"{text}, of a maintenance whose journal is gone; wait for it")
    shutil.rmtree(folder, ignore_errors=True)


def _opened(fleet: Fleet, stack: contextlib.ExitStack) -> Mapping[str, Hypervisor]:
    """Every host's adapter, closed in the end."""

    def opened(host: Host) -> Hypervisor:
        adapter = open_hypervisor(fleet, host)
        stack.callback(adapter.close)
        return adapter

    with ThreadPoolExecutor() as pool:
        opening = {host.name: pool.submit(opened, host) for host in fleet.hosts}
    return {name: each.result() for name, each in opening.items()}


def _leave(watchdog: Watchdog, folder: Path, journal: Journal) -> None:
    """Let go of the watchdog; where nothing is left to watch, keep what it did."""
    watchdog.close()
    if watchdog.is_idle:
        take_over(trails(folder), journal)
