"""Whatever comes, the service answers as documented, lives on, and keeps its state."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freezeframe.scheduled_events import Announce, Call

from .running import Service, running

DOCUMENTED = {200, 304, 400, 404, 405}
DRAWN = int(os.environ.get("FREEZEFRAME_MALFORMED_REQUESTS", "2000"))
"""How many requests are drawn; CI draws 10,000."""

_TEXTS = st.text(st.characters(codec="latin-1"), max_size=12).map(
    lambda text: text.encode("latin-1")
)
_VERBS = st.sampled_from([b"GET", b"POST", b"get", b"PUT", b"TRACE", b"CONNECT", b"\x00", b""])
_TARGETS = st.one_of(
    st.sampled_from(
        [
            b"/metadata/scheduledevents?api-version=2020-07-01",
            b"/metadata/scheduledevents?api-version=2020-07-01&api-version=",
            b"/metadata/instance?api-version=2020-09-01&format=%00",
            b"/metadata/instance/compute/%2e%2e/name?api-version=2020-09-01",
            b"/metadata/versions",
            b"http://169.254.169.254/metadata/versions",
            b"//",
            b"*",
            b"",
            b"/%ff%fe?%ff=%",
            b"/metadata/instance/network/interface/99999999999999999999?api-version=2020-09-01",
        ]
    ),
    _TEXTS.map(lambda text: b"/metadata/" + text),
    st.integers(0, 70_000).map(lambda length: b"/metadata/" + b"x" * length),
)
_HEADERS = st.one_of(
    st.sampled_from(
        [
            b"Metadata: true",
            b"Metadata: TRUE",
            b"Metadata:",
            b"X-Forwarded-For: 1",
            b"Content-Length: -1",
            b"Content-Length: 5, 6",
            b"Content-Length: 99999999999",
            b"Transfer-Encoding: chunked",
            b"Transfer-Encoding: gzip",
            b"Expect: 100-continue",
            b"Connection: Upgrade\r\nUpgrade: websocket",
            b"If-None-Match: *",
            b" folded",
            b"no colon",
        ]
    ),
    st.tuples(_TEXTS, _TEXTS).map(lambda pair: pair[0] + b": " + pair[1]),
)
_SOUND_HEADERS = st.sampled_from(
    [b"Metadata: TRUE", b"Metadata: 1", b"X-Forwarded-For: 1", b"If-None-Match: *", b"Accept: x"]
)
_PATHS = st.sampled_from(
    [
        b"/metadata/%s?api-version=2020-07-01" % path
        for path in (b"", b"identity", b"versions", b"versions/x", b"instance/compute/nothing")
    ]
)
_QUERIES = st.tuples(
    st.sampled_from([b"scheduledevents", b"instance", b"instance/compute/name"]),
    st.lists(
        st.sampled_from(
            [b"api-version=2020-07-01", b"api-version=x", b"format=text", b"format=x", b"%ff", b"="]
        ),
        max_size=4,
    ),
).map(lambda pair: b"/metadata/%s?%s" % (pair[0], b"&".join(pair[1])))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
_APPROVALS = st.one_of(
    _JSON,
    st.builds(lambda value: {"StartRequests": value}, _JSON),
    st.builds(lambda value: {"StartRequests": [{"EventId": value}]}, _JSON | st.uuids().map(str)),
).map(lambda value: json.dumps(value).encode())
_BODIES = st.one_of(
    st.sampled_from([b"", b"{}", b'{"StartRequests": [{"EventId": 1}]}', b"[" * 5_000, b"\xff"]),
    st.binary(max_size=40),
)


@st.composite
def _garbled(draw: st.DrawFn) -> bytes:
    """No HTTP, or nearly."""
    version = draw(st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/9", b""]))
    first = b" ".join((draw(_VERBS), draw(_TARGETS), version))
    headers = draw(st.lists(_HEADERS, max_size=4))
    breaks = draw(st.sampled_from([b"\r\n", b"\n"]))
    return breaks.join([first, b"Host: x", *headers, b"", draw(_BODIES)])


@st.composite
def _mistaken(draw: st.DrawFn) -> bytes:
    """HTTP, which does not mean what the service expects."""
    verb = draw(st.sampled_from([b"GET", b"POST", b"PUT"]))
    target = draw(_QUERIES | _PATHS)
    headers = [b"Host: x", *draw(st.lists(_SOUND_HEADERS, max_size=3))]
    body = draw(_BODIES | _APPROVALS) if verb == b"POST" else b""
    headers += draw(st.sampled_from([[], [b"Metadata: true"]]))
    first = b"%b %b HTTP/1.1" % (verb, target)
    return b"\r\n".join([first, *headers, b"Content-Length: %d" % len(body), b"", body])


@pytest.fixture(scope="module")
def approved() -> Iterator[Service]:
    """A service with an event that is shown, and that nothing below may approve."""
    with running() as service:
        service.happen(Call("web-0"), Announce("host-a", ("web-0",)))
        yield service


@settings(
    max_examples=DRAWN,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(request=_garbled() | _mistaken())
def test_malformed_requests_get_documented_errors_and_change_nothing(
    approved: Service, request: bytes
) -> None:
    """Sent as they are over a socket that is then half closed; whatever comes back is read."""
    before = _kept(approved)
    for status in _statuses(approved.ports["web-0"], request):
        assert status in DOCUMENTED
    assert _kept(approved) == before
    assert approved.ask("web-0").status == 200


def _kept(service: Service) -> object:
    """What a request must not change; when a tenant last called is another thing."""
    state = service.desk.state
    return state.events, {name: each.incarnation for name, each in state.editions.items()}


def _statuses(port: int, request: bytes) -> list[int]:
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as link:
        try:
            link.sendall(request)
            link.shutdown(socket.SHUT_WR)
            while part := link.recv(65_536):
                received += part
        except (ConnectionResetError, BrokenPipeError):
            pass  # refused before all of it was read
    return [int(each) for each in re.findall(rb"HTTP/1\.1 (\d{3}) ", received) if each != b"100"]
