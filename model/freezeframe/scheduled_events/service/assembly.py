"""A whole service from its parts: a fleet, a desk, and where to listen.

Owns how the parts are put together. It must not know who changes what is on the desk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

from freezeframe.scheduled_events.contract import ScheduledEventsError
from freezeframe.scheduled_events.desk import Desk
from freezeframe.scheduled_events.keeping import StateFile
from freezeframe.scheduled_events.notices import DeskNotices
from freezeframe.scheduled_events.state import placements_of

from .answers import Metadata
from .app import application
from .callers import Callers, Listener
from .instance import instances_of
from .playground import page_routes
from .rate import RateLimit
from .server import Server, bound

if TYPE_CHECKING:
    from pathlib import Path

    from freezeframe.fleet import Fleet
    from freezeframe.scheduled_events.playing import Player

LOOPBACK: Final = "127.0.0.1"
FIRST_PORT: Final = 8169
"""Where the first VM asks if nobody says; the others at the ports after it."""

PATIENCE_SECONDS: Final = 5.0
"""How long a service goes on after a maintenance, for VMs that have not read yet that it is over;
they are asked to poll once a second.
"""

_PORTS_MAX: Final = 100
_LOOK_SECONDS: Final = 0.05


def default_listeners(fleet: Fleet) -> tuple[Listener, ...]:
    """A port of this machine's loopback for each VM, in the order of the fleet file.

    Raises:
        ScheduledEventsError: There are so many VMs that their ports should be chosen.

    """
    if len(fleet.vms) > _PORTS_MAX:
        raise ScheduledEventsError(
            f"{fleet.name}: expected at most {_PORTS_MAX} VMs, or --listen; found {len(fleet.vms)}"
        )
    return tuple(
        Listener(LOOPBACK, FIRST_PORT + number, vm=vm.name) for number, vm in enumerate(fleet.vms)
    )


@contextmanager
def served(
    fleet: Fleet,
    desk: Desk,
    listeners: Sequence[Listener],
    *,
    player: Player | None = None,
    rate: RateLimit | None = None,
    tell_unread: Callable[[Sequence[str]], None] | None = None,
) -> Iterator[tuple[Listener, ...]]:
    """Serve what is on `desk` to the VMs of `fleet`; yields where, with the ports that were free.

    With a `player` there is a page of its play besides. With `tell_unread` it goes on at the end
    until the VMs that asked have read their last document, `PATIENCE_SECONDS` at most, and tells
    for which of them it does.

    Raises:
        ScheduledEventsError: A listener is of no VM, is not reached by any, or cannot be bound.

    """
    _refuse_strangers(fleet, listeners)
    sockets, opened = bound(listeners)
    callers = Callers({vm.address: vm.name for vm in fleet.vms if vm.address}, opened)
    metadata = Metadata(desk, instances_of(fleet))
    routes = [] if player is None else page_routes(desk, player, urls_of(opened))
    with Server(application(metadata, callers, rate, routes), sockets):
        yield opened
        if tell_unread is not None:
            _await_readers(metadata, tell_unread)


@contextmanager
def guests_told(
    fleet: Fleet,
    listeners: Sequence[Listener],
    kept_in: Path,
    *,
    tell_where: Callable[[Sequence[Listener]], None],
    tell_unread: Callable[[Sequence[str]], None],
) -> Iterator[DeskNotices]:
    """Serve the events of a maintenance to the VMs of `fleet`; yields how its runner tells of them.

    They are kept in the file `kept_in`, so that a restart finds ids, incarnations and approvals.

    Raises:
        ScheduledEventsError: As for `served`, or the file is none of ours, or another service's.

    """
    with closing(StateFile(kept_in)) as file:
        desk = Desk(file.load(placements_of(fleet)), keepers=(file.keep,))
        with served(fleet, desk, listeners, tell_unread=tell_unread) as opened:
            tell_where(opened)
            yield DeskNotices(desk, fleet)


def urls_of(listeners: Sequence[Listener]) -> Mapping[str, str]:
    """Where each VM that has a port of its own asks."""
    return {
        each.vm: f"http://{each}" for each in listeners if each.vm is not None and each.path is None
    }


def _await_readers(metadata: Metadata, tell_unread: Callable[[Sequence[str]], None]) -> None:
    """Let VMs read what is new to them, if any; who does not ask in time is not waited for."""
    unread = metadata.unread()
    if unread:
        tell_unread(unread)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while metadata.unread() and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)


def _refuse_strangers(fleet: Fleet, listeners: Sequence[Listener]) -> None:
    known = [vm.name for vm in fleet.vms]
    has_addresses = any(vm.address for vm in fleet.vms)
    for each in listeners:
        if each.vm is not None and each.vm not in known:
            raise ScheduledEventsError(
                f"{each}: expected a VM of {fleet.name}, one of {', '.join(known[:12])}; "
                f"found {each.vm!r}"
            )
        if each.vm is None and not has_addresses:
            raise ScheduledEventsError(
                f"{each}: expected to know whose requests come there, found no VM with an address "
                f'in the fleet file; give [[vms]] address = "…", or say {each}=VM'
            )
