"""What hosts tell of their VMs, as records, from a thread for each host.

Owns the connections, which never change anything. It must not know what the records are for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from freezeframe.adapters import (
    Adapter,
    AdapterError,
    Change,
    Clock,
    Sight,
    Subscription,
    TellsChanges,
    open_adapter,
)
from freezeframe.adapters.machine_clock import MachineClock
from freezeframe.fleet import Fleet, FreezeframeError
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Ended, Fact, Reason, Record, SightChanged, VmSeen

BEGIN_MS: Final = 10_000
"""How long a host may take to tell its VMs for the first time."""

_REOPEN_SECONDS: Final = 2.0
"""How soon a host that could not be reached at the beginning is tried again."""

_END_SECONDS: Final = 2.0
"""How long the end waits for a host's thread; one that is about to open its host may take longer,
and then lets go of it by itself."""

_TAKE_MS: Final = 200
"""How long a thread waits for a change before it looks whether it is to end."""


class _Tells(Adapter, TellsChanges, Protocol):
    """An adapter that tells changes."""


@dataclass(frozen=True)
class OutOfReach:
    """A host that could not be opened, and why not."""

    uri: str
    why: str


class Feed:
    """The records of one host, numbered from 1; its source is the host's name.

    With `takes_any_pause`, whoever pauses a VM with the reason `USER` is taken for maintenance;
    without, only marks on VMs tell. A host that is out of reach counts as out of sight until it can
    be opened.
    """

    def __init__(self, adapter: _Tells | OutOfReach, host: str, *, takes_any_pause: bool) -> None:
        """Tell of the host of `adapter` under the name `host`; nothing is asked of it yet."""
        self.uri, self.host = adapter.uri, host
        self._adapter = adapter
        self.clock: Clock = MachineClock() if isinstance(adapter, OutOfReach) else adapter.clock
        self._takes_any_pause = takes_any_pause
        self._sequence = 0
        self._is_ending = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, tell: Callable[[Record], None]) -> None:
        """Hand each record to `tell` from now on, from a thread of its own.

        Raises:
            AdapterError: The host cannot tell.

        """
        adapter = self._adapter
        begun = None if isinstance(adapter, OutOfReach) else _subscribed(adapter)

        def work() -> None:
            subscription = begun or self._reached(tell)
            if subscription is None:
                return
            while not self._is_ending.is_set():
                change = subscription.take(deadline_ms=_TAKE_MS)
                if change is not None:
                    tell(self._record_of(change))
            subscription.close()

        self._thread = threading.Thread(
            target=work, name=f"freezeframe-watch-{self.host}", daemon=True
        )
        self._thread.start()

    def end(self) -> None:
        """Let go of the host; nothing is told any more when this returns. Twice is as well."""
        self._is_ending.set()
        if self._thread is not None:
            self._thread.join(_END_SECONDS)
        if not isinstance(self._adapter, OutOfReach):
            self._adapter.close()

    def last(self, monotonic_ms: int) -> Record:
        """The record that ends the history of this host."""
        return replace(self._record(Ended(), None, monotonic_ms), host=None)

    def _reached(self, tell: Callable[[Record], None]) -> Subscription | None:
        """Try again and again to open the host; None if it is to end before."""
        adapter = self._adapter
        if isinstance(adapter, OutOfReach):
            lost = SightChanged(is_in_sight=False, why=adapter.why)
            tell(self._record(lost, None, self.clock.monotonic_ms()))
        while not self._is_ending.wait(_REOPEN_SECONDS):
            try:
                opened = _telling(open_adapter(self.uri, marked=()))
            except FreezeframeError:
                continue
            subscription = None if self._is_ending.is_set() else _subscribed_if_possible(opened)
            if subscription is None:
                opened.close()
                continue
            self._adapter = opened
            found = SightChanged(is_in_sight=True)
            tell(self._record(found, None, self.clock.monotonic_ms()))
            return subscription
        return None

    def _record_of(self, change: Change | Sight) -> Record:
        if isinstance(change, Sight):
            fact: Fact = SightChanged(change.is_in_sight, change.why)
            return self._record(fact, None, change.monotonic_ms)
        by_user = change.status is VmStatus.PAUSED and change.reason is Reason.USER
        is_held = change.is_held or (self._takes_any_pause and by_user)
        seen = VmSeen(change.status, change.reason, is_held)
        return self._record(seen, change.vm, change.monotonic_ms)

    def _record(self, fact: Fact, vm: str | None, at_ms: int) -> Record:
        self._sequence += 1
        wall_ms = self.clock.wall_ms() - (self.clock.monotonic_ms() - at_ms)
        host = None if isinstance(fact, Ended) else self.host
        return Record(self.host, self._sequence, at_ms, wall_ms, fact, host, vm)


def feeds_of(uris: Sequence[str], fleet: Fleet, *, takes_any_pause: bool) -> tuple[Feed, ...]:
    """A feed for each URI, named as the fleet names the host with that URI, or as it names itself.

    No VM may be touched through them. A host that the fleet names and that is out of reach is tried
    again while it is watched.

    Raises:
        FreezeframeError: A host cannot be opened or does not tell changes, or two have one name.

    """
    names = {host.uri: host.name for host in fleet.hosts if host.uri}
    feeds: list[Feed] = []
    try:
        for uri in uris:
            adapter = _opened(uri, is_named=uri in names)
            name = names[uri] if isinstance(adapter, OutOfReach) else names.get(uri, adapter.host)
            feeds.append(Feed(adapter, name, takes_any_pause=takes_any_pause))
            _refuse_twins(feeds)
    except FreezeframeError:
        for feed in feeds:
            feed.end()
        raise
    return tuple(feeds)


def _opened(uri: str, *, is_named: bool) -> _Tells | OutOfReach:
    try:
        adapter = open_adapter(uri, marked=())
    except AdapterError as error:
        if is_named:
            return OutOfReach(uri, error.text)
        raise
    return _telling(adapter)


def _subscribed_if_possible(adapter: _Tells) -> Subscription | None:
    try:
        return _subscribed(adapter)
    except AdapterError:
        return None


def _subscribed(adapter: _Tells) -> Subscription:
    return adapter.subscribe(deadline_ms=BEGIN_MS)


def _telling(adapter: Adapter) -> _Tells:
    if not isinstance(adapter, TellsChanges):
        adapter.close()
        raise FreezeframeError(f"{adapter.uri}: expected an adapter that tells changes of VMs")
    return adapter


def _refuse_twins(feeds: Sequence[Feed]) -> None:
    *others, last = feeds
    for other in others:
        if other.host == last.host:
            raise FreezeframeError(
                f"{last.uri}: expected hosts of different names, found {last.host} at "
                f"{other.uri} too; a fleet file with their URIs tells them apart"
            )
