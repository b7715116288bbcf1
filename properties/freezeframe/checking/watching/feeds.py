"""What hosts tell of their VMs, as records, from a thread for each host.

Owns the connections, which never change anything. It must not know what the records are for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Protocol

from freezeframe.adapters import Adapter, Change, Sight, TellsChanges, open_adapter
from freezeframe.fleet import Fleet, FreezeframeError
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Ended, Fact, Reason, Record, SightChanged, VmSeen

BEGIN_MS: Final = 10_000
"""How long a host may take to tell its VMs for the first time."""

_TAKE_MS: Final = 200
"""How long a thread waits for a change before it looks whether it is to end."""


class _Tells(Adapter, TellsChanges, Protocol):
    """An adapter that tells changes."""


class Feed:
    """The records of one host, numbered from 1; its source is the host's name.

    With `takes_any_pause`, whoever pauses a VM with the reason `USER` is taken for maintenance;
    without, only marks on VMs tell.
    """

    def __init__(self, adapter: _Tells, host: str, *, takes_any_pause: bool) -> None:
        """Tell of the host of `adapter` under the name `host`; nothing is asked of it yet."""
        self.adapter, self.host = adapter, host
        self._takes_any_pause = takes_any_pause
        self._sequence = 0
        self._is_ending = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, tell: Callable[[Record], None]) -> None:
        """Hand each record to `tell` from now on, from a thread of its own.

        Raises:
            AdapterError: The host cannot tell.

        """
        subscription = self.adapter.subscribe(deadline_ms=BEGIN_MS)

        def work() -> None:
            while not self._is_ending.is_set():
                change = subscription.take(deadline_ms=_TAKE_MS)
                if change is not None:
                    tell(self._record_of(change))
            subscription.close()

        self._thread = threading.Thread(target=work, name=f"freezeframe-watch-{self.host}")
        self._thread.start()

    def end(self) -> None:
        """Let go of the host; nothing is told any more when this returns. Twice is as well."""
        self._is_ending.set()
        if self._thread is not None:
            self._thread.join()
        self.adapter.close()

    def last(self, monotonic_ms: int) -> Record:
        """The record that ends the history of this host."""
        return replace(self._record(Ended(), None, monotonic_ms), host=None)

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
        clock = self.adapter.clock
        wall_ms = clock.wall_ms() - (clock.monotonic_ms() - at_ms)
        host = None if isinstance(fact, Ended) else self.host
        return Record(self.host, self._sequence, at_ms, wall_ms, fact, host, vm)


def feeds_of(uris: Sequence[str], fleet: Fleet, *, takes_any_pause: bool) -> tuple[Feed, ...]:
    """A feed for each URI, named as the fleet names the host with that URI, or as it names itself.

    No VM may be touched through them.

    Raises:
        FreezeframeError: A host cannot be opened or does not tell changes, or two have one name.

    """
    names = {host.uri: host.name for host in fleet.hosts if host.uri}
    feeds: list[Feed] = []
    try:
        for uri in uris:
            adapter = open_adapter(uri, marked=())
            feeds.append(
                Feed(
                    _telling(adapter), names.get(uri, adapter.host), takes_any_pause=takes_any_pause
                )
            )
            _refuse_twins(feeds)
    except FreezeframeError:
        for feed in feeds:
            feed.end()
        raise
    return tuple(feeds)


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
                f"{last.adapter.uri}: expected hosts of different names, found {last.host} at "
                f"{other.adapter.uri} too; a fleet file with their URIs tells them apart"
            )
