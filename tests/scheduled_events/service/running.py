"""A service at real sockets, and requests to it that no client library would send.

Owns what the tests of this folder share. It must not know what they assert.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from freezeframe.fleet import AvailabilitySet, Fleet, Host, VirtualMachine
from freezeframe.scheduled_events import Change, placements_of
from freezeframe.scheduled_events.desk import Desk
from freezeframe.scheduled_events.keeping import new_state
from freezeframe.scheduled_events.service import Listener, RateLimit, served

FLEET = Fleet(
    name="small",
    hosts=(Host("host-a"), Host("host-b", fault_domain=1)),
    vms=(
        VirtualMachine("web-0", "host-a", "web", 0),
        VirtualMachine("web-1", "host-b", "web", 1),
        VirtualMachine("db-0", "host-a"),
    ),
    availability_sets=(AvailabilitySet("web", 2),),
)
EVENTS_ROOT = "/metadata/scheduledevents"
EVENTS = f"{EVENTS_ROOT}?api-version=2020-07-01"
INSTANCE = "/metadata/instance"
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
METADATA = MappingProxyType({"Metadata": "true"})
NO_LIMIT = 1_000_000


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Service:
    """A running service: its desk, and the port at which each VM asks."""

    desk: Desk
    ports: Mapping[str, int]

    def happen(self, *changes: Change) -> None:
        """Let these happen."""
        for change in changes:
            self.desk.apply(change)

    def ask(
        self,
        vm: str,
        target: str = EVENTS,
        method: str = "GET",
        headers: Mapping[str, str] = METADATA,
        body: bytes | None = None,
    ) -> Reply:
        """Send one request as `vm`; the headers are sent as they are."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.ports[vm], timeout=20)) as link:
            link.putrequest(method, target, skip_accept_encoding=True)
            for name, value in headers.items():
                link.putheader(name, value)
            if body is not None:
                link.putheader("Content-Length", str(len(body)))
            link.endheaders(body)
            reply = link.getresponse()
            return Reply(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())

    def events(self, vm: str) -> list[dict[str, Any]]:
        """The events that `vm` reads."""
        events: list[dict[str, Any]] = self.ask(vm).json["Events"]
        return events

    def approve(self, vm: str, *event_ids: str) -> Reply:
        """Approve as `vm`, the way curl -d does."""
        form = {**METADATA, "Content-Type": "application/x-www-form-urlencoded"}
        return self.ask(vm, EVENTS, "POST", form, approval(*event_ids))


def approval(*event_ids: object) -> bytes:
    """The body that approves events of these ids, be they ids or not."""
    return json.dumps({"StartRequests": [{"EventId": each} for each in event_ids]}).encode()


@contextmanager
def running(fleet: Fleet = FLEET, per_second: int = NO_LIMIT) -> Iterator[Service]:
    """A service for `fleet` on loopback, at a free port for each VM."""
    desk = Desk(new_state(placements_of(fleet)))
    listeners = [Listener("127.0.0.1", 0, vm=vm.name) for vm in fleet.vms]
    with served(fleet, desk, listeners, rate=RateLimit(per_second)) as opened:
        yield Service(desk, {str(each.vm): each.port for each in opened})
