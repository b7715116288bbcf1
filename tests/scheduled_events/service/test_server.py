"""Sockets of all kinds, whose requests they carry, and how often."""

from __future__ import annotations

import http.client
import socket
from contextlib import closing
from pathlib import Path

import pytest

from freezeframe.fleet import Fleet, Host, VirtualMachine
from freezeframe.scheduled_events import ScheduledEventsError, placements_of
from freezeframe.scheduled_events.desk import Desk
from freezeframe.scheduled_events.keeping import new_state
from freezeframe.scheduled_events.playing import Player
from freezeframe.scheduled_events.scenarios import SCENARIOS, stage_of
from freezeframe.scheduled_events.service import (
    Callers,
    Listener,
    RateLimit,
    default_listeners,
    parse_listener,
    served,
)
from freezeframe.scheduled_events.service.callers import is_same_machine

from .running import EVENTS, FLEET, METADATA, running

ADDRESSED = Fleet(
    "addressed",
    (Host("host-a"),),
    (
        VirtualMachine("one", "host-a", address="127.0.0.5"),
        VirtualMachine("two", "host-a", address="127.0.0.6"),
    ),
)
NAME = "/metadata/instance/compute/name?api-version=2017-08-01&format=text"


def _desk(fleet: Fleet) -> Desk:
    return Desk(new_state(placements_of(fleet)))


def _status_and_body(link: http.client.HTTPConnection, target: str = NAME) -> tuple[int, bytes]:
    with closing(link):
        link.request("GET", target, headers=dict(METADATA))
        reply = link.getresponse()
        return reply.status, reply.read()


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path: Path) -> None:
        super().__init__("metadata", timeout=10)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self._path))


def test_tells_vms_apart_by_the_address_that_they_ask_from() -> None:
    """And answers nobody else."""
    anybody = Listener("127.0.0.1", 0)
    with served(ADDRESSED, _desk(ADDRESSED), [anybody]) as (opened,):
        for source, expected in (("127.0.0.5", b"one"), ("127.0.0.6", b"two")):
            link = http.client.HTTPConnection(
                "127.0.0.1", opened.port, timeout=10, source_address=(source, 0)
            )
            assert _status_and_body(link) == (200, expected)
        stranger = http.client.HTTPConnection("127.0.0.1", opened.port, timeout=10)
        assert _status_and_body(stranger)[0] == 403


def test_a_socket_of_its_own_is_enough_for_a_vm(tmp_path: Path) -> None:
    """It is gone afterwards, and one that a killed service left is no obstacle."""
    path = tmp_path / "web-1.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    listener = parse_listener(f"unix:{path}=web-1")
    with served(FLEET, _desk(FLEET), [listener]):
        assert _status_and_body(_UnixConnection(path)) == (200, b"web-1")
        with (
            pytest.raises(ScheduledEventsError, match="Address already in use"),
            served(FLEET, _desk(FLEET), [listener]),
        ):
            pass
        assert _status_and_body(_UnixConnection(path)) == (200, b"web-1")
    assert not path.exists()


def test_a_guest_finds_no_page_of_a_play(tmp_path: Path) -> None:
    """There all tenants' documents are shown, and may be approved."""
    desk, here = _desk(FLEET), Listener("127.0.0.1", 0, vm="web-0")
    guest = parse_listener(f"unix:{tmp_path / 'web-1.sock'}=web-1")
    player = Player(desk, SCENARIOS["freeze"], stage_of(FLEET))
    with served(FLEET, desk, [here, guest], player=player) as (opened, _):
        link = http.client.HTTPConnection("127.0.0.1", opened.port, timeout=10)
        assert _status_and_body(link, "/playground/now")[0] == 200
        link = _UnixConnection(tmp_path / "web-1.sock")
        assert _status_and_body(link, "/playground/now")[0] == 404


@pytest.mark.parametrize(
    ("client", "server", "expected"),
    [
        ("127.0.0.9", "127.0.0.1", True),
        ("::ffff:127.0.0.1", "::", True),
        ("169.254.169.254", "169.254.169.254", True),
        ("10.0.0.5", "169.254.169.254", False),
        ("", "/run/web-1.sock", False),
    ],
)
def test_knows_who_asks_from_the_machine_itself(client: str, server: str, expected: bool) -> None:  # noqa: FBT001 (a case)
    """In a namespace or on a bridge, it asks from the address at which it asks."""
    assert is_same_machine((client, 1), (server, 80)) is expected
    assert not is_same_machine(None, (server, 80))


def test_says_why_it_cannot_listen() -> None:
    """With what to do about it, and without a half-opened service."""
    with running() as service:
        taken = Listener("127.0.0.1", service.ports["web-0"], vm="web-0")
        with (
            pytest.raises(ScheduledEventsError, match=f"{taken.port}: expected to listen there"),
            served(FLEET, _desk(FLEET), [Listener("127.0.0.1", 0, vm="web-1"), taken]),
        ):
            pass


@pytest.mark.parametrize(
    ("listener", "expected"),
    [
        (Listener("127.0.0.1", 0, vm="web-9"), "one of web-0, web-1, db-0; found 'web-9'"),
        (Listener("127.0.0.1", 0), "found no VM with an address"),
    ],
)
def test_refuses_a_listener_that_no_vm_would_reach(listener: Listener, expected: str) -> None:
    """Every request there would be nobody's."""
    with (
        pytest.raises(ScheduledEventsError, match=expected),
        served(FLEET, _desk(FLEET), [listener]),
    ):
        pass


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("169.254.169.254", Listener("169.254.169.254", 80)),
        ("127.0.0.1:8000=web-0", Listener("127.0.0.1", 8000, vm="web-0")),
        ("[::1]:8000=web-0", Listener("::1", 8000, vm="web-0")),
        ("[::1]", Listener("::1", 80)),
        ("unix:/run/a=web-0", Listener(None, 0, "/run/a", "web-0")),
    ],
)
def test_reads_where_to_listen(text: str, expected: Listener) -> None:
    """The port is that of HTTP if none is given."""
    assert parse_listener(text) == expected


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.0.0.1:x", "127.0.0.1:65536", "unix:/run/a", "unix:=a", "[::1"]
)
def test_refuses_what_is_no_place_to_listen(text: str) -> None:
    """Names are not looked up."""
    with pytest.raises(ScheduledEventsError, match="found '"):
        parse_listener(text)


@pytest.mark.parametrize(
    ("text", "is_local"),
    [
        ("127.0.0.1", True),
        ("[::1]", True),
        ("unix:/run/a=b", True),
        ("0.0.0.0", False),  # noqa: S104 (not bound)
        ("169.254.169.254", False),
    ],
)
def test_knows_what_others_can_reach(text: str, is_local: bool) -> None:  # noqa: FBT001 (a case)
    """Only loopback and files are this machine's alone."""
    assert parse_listener(text).is_local is is_local


def test_takes_loopback_unless_told() -> None:
    """One port for each VM; too many are refused."""
    assert all(each.is_local and each.vm for each in default_listeners(FLEET))
    many = Fleet("many", FLEET.hosts, tuple(VirtualMachine(f"v{n}", "host-a") for n in range(101)))
    with pytest.raises(ScheduledEventsError, match="at most 100 VMs, or --listen"):
        default_listeners(many)


def test_an_address_is_one_however_it_is_spelled() -> None:
    """IPv4 over IPv6 is the same caller; a listener on every address is found by its port."""
    callers = Callers({"10.0.0.5": "one"}, [Listener("0.0.0.0", 81, vm="two")])  # noqa: S104 (not bound)
    assert callers.vm(("::ffff:10.0.0.5", 1), ("10.0.0.1", 80)) == "one"
    assert callers.vm(("10.0.0.6", 1), ("10.0.0.1", 81)) == "two"
    assert callers.vm(("10.0.0.6", 1), ("10.0.0.1", 80)) is None
    assert callers.vm(None, None) is None


def test_allows_five_requests_of_a_vm_in_any_second() -> None:
    """Refused ones do not count, and others are not concerned."""
    rate, second_ns = RateLimit(), 1_000_000_000
    assert [rate.allows("one", now) for now in range(6)] == [True] * 5 + [False]
    assert rate.allows("two", 6)
    assert not rate.allows("one", second_ns - 1)
    assert rate.allows("one", second_ns)
    assert not rate.allows("one", second_ns)
    assert rate.allows("one", second_ns + 1)


def test_refuses_the_sixth_request_in_a_second_with_429() -> None:
    """Of whatever kind; another VM goes on. Source: Azure's page on metadata, rate limiting."""
    with running(per_second=5) as service:
        first = [service.ask("web-0", "/x").status for _ in range(6)]
        assert first == [404] * 5 + [429]
        assert service.ask("web-1").status == 200
        refused = service.ask("web-0", EVENTS)
        assert refused.status == 429
        assert "5 requests per second" in refused.json["error"]
