"""The wire contract, as a table of cases over a real socket, each with its source.

Sources: EVENTS is Azure's Scheduled Events page, IMDS its Instance Metadata Service page; the name
of a client means that it was seen to do so on the wire.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from freezeframe.scheduled_events import API_VERSIONS

from .running import EVENTS, EVENTS_ROOT, INSTANCE, METADATA, UNKNOWN_ID, Reply, approval

if TYPE_CHECKING:
    from .running import Service


def _error(text: str) -> Callable[[Reply], bool]:
    return lambda reply: text in reply.json["error"]


@dataclass(frozen=True)
class Case:
    """A request of web-0, what is answered, and whence that is known."""

    name: str
    source: str
    target: str
    status: int
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=lambda: METADATA)
    body: bytes | None = None
    holds: Callable[[Reply], Any] = lambda _: True


def _post(name: str, source: str, status: int, body: bytes, **more: Any) -> Case:
    return Case(name, source, EVENTS, status, "POST", body=body, **more)


CASES = (
    Case(
        "document",
        "EVENTS, query for events",
        EVENTS,
        200,
        holds=lambda reply: reply.json == {"DocumentIncarnation": 1, "Events": []},
    ),
    Case(
        "document is JSON",
        "IMDS, data format",
        EVENTS,
        200,
        holds=lambda reply: reply.headers["content-type"].startswith("application/json"),
    ),
    Case("header in other case", "RFC 9110, 5.1", EVENTS, 200, headers={"metadata": "True"}),
    Case("trailing stroke", "lenient", f"{EVENTS_ROOT}/?api-version=2020-07-01", 200),
    Case(
        "no header",
        "IMDS, FAQ",
        EVENTS,
        400,
        headers={},
        holds=_error("Required metadata header not specified"),
    ),
    Case("header false", "IMDS, access", EVENTS, 400, headers={"Metadata": "false"}),
    Case(
        "no header in the preview",
        "EVENTS, version table",
        f"{EVENTS_ROOT}?api-version=2017-03-01",
        200,
        headers={},
    ),
    Case(
        "no header for an instance in the preview",
        "IMDS, access",
        f"{INSTANCE}?api-version=2017-03-01",
        400,
        headers={},
    ),
    Case(
        "forwarded",
        "IMDS, access",
        EVENTS,
        400,
        headers={**METADATA, "X-Forwarded-For": "10.0.0.1"},
        holds=_error("X-Forwarded-For"),
    ),
    Case(
        "no version",
        "IMDS, versioning",
        EVENTS_ROOT,
        400,
        holds=lambda reply: (
            reply.json
            == {
                "error": (
                    "Bad request. api-version is invalid or was not specified in the request. "
                    "For more information refer to aka.ms/azureimds"
                ),
                "newest-versions": ["2025-04-07", "2024-07-17", "2024-03-15"],
            }
        ),
    ),
    Case("latest", "EVENTS, versioning", f"{EVENTS_ROOT}?api-version=latest", 400),
    Case("no such version", "IMDS, versioning", f"{EVENTS_ROOT}?api-version=2016-01-01", 400),
    Case("empty version", "IMDS, versioning", f"{EVENTS_ROOT}?api-version=", 400),
    Case("twice a version", "IMDS, query parameters", f"{EVENTS}&api-version=2020-07-01", 400),
    Case("twice another", "IMDS, query parameters", f"{EVENTS}&a=1&a=2", 400),
    Case("another parameter", "lenient", f"{EVENTS}&a=1", 200),
    *(
        Case(f"verb {verb}", "IMDS, verbs", EVENTS, 405, verb)
        for verb in ("PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
    ),
    Case(
        "the verbs that there are",
        "RFC 9110, 15.5.6",
        EVENTS,
        405,
        "PUT",
        holds=lambda reply: reply.headers["allow"] == "GET, POST",
    ),
    Case("POST to an instance", "IMDS, verbs", f"{INSTANCE}?api-version=2020-09-01", 405, "POST"),
    *(
        Case(f"nothing at {path}", "IMDS, errors", f"{path}?api-version=2020-07-01", 404)
        for path in ("/", "/metadata", "/metadata/", "/metadata/identity", f"{EVENTS_ROOT}/x", "/x")
    ),
    Case("preview path", "EVENTS, versioning", "/metadata/latest/scheduledevents", 404),
    Case(
        "versions",
        "IMDS, versions",
        "/metadata/versions",
        200,
        holds=lambda reply: reply.json == {"apiVersions": list(API_VERSIONS)},
    ),
    Case("versions without header", "IMDS, access", "/metadata/versions", 400, headers={}),
    _post("approval", "EVENTS, start an event", 200, approval(UNKNOWN_ID)),
    _post(
        "the answer to an approval is empty",
        "azure-events-az, Node sample, seoperator2",
        200,
        approval(UNKNOWN_ID),
        holds=lambda reply: reply.body == b"",
    ),
    *(
        _post(
            f"approval as {kind or 'nothing'}",
            "azure-events-az and curl -d: form; Node sample: JSON; Listener: none",
            200,
            approval(UNKNOWN_ID),
            headers={**METADATA, **({"Content-Type": kind} if kind else {})},
        )
        for kind in ("application/json", "application/x-www-form-urlencoded", "text/plain", "x", "")
    ),
    _post("several approvals", "EVENTS, start an event", 200, approval(UNKNOWN_ID, UNKNOWN_ID)),
    _post("no approvals", "lenient", 200, approval()),
    _post(
        "approval with an incarnation",
        "the preview's sample sent it",
        200,
        b'{"DocumentIncarnation": 5, "StartRequests": []}',
    ),
    _post("byte order mark", "RFC 8259, 8.1: may be ignored", 200, b"\xef\xbb\xbf" + approval()),
    _post("empty body", "EVENTS, start an event", 400, b"", holds=_error("must be JSON")),
    *(
        _post(f"malformed {number}", "EVENTS, start an event", 400, body)
        for number, body in enumerate(
            (
                b"{",
                b"[]",
                b"{}",
                b"null",
                b"\xff",
                b'{"StartRequests": {}}',
                b'{"StartRequests": [1]}',
                b'{"StartRequests": [{}]}',
                approval(1),
                approval("x"),
                approval(UNKNOWN_ID, None),
                b"[" * 100_000,
                b"1" * 5_000,
                b" " * 70_000,
            )
        )
    ),
    _post("approval without header", "IMDS, access", 400, approval(), headers={}),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_answers_as_the_contract_says(idle: Service, case: Case) -> None:
    """And every error has a body that says what is wrong."""
    reply = idle.ask("web-0", case.target, case.method, case.headers, case.body)
    assert reply.status == case.status
    assert case.holds(reply)
    if reply.status >= 400 and case.method != "HEAD":
        assert reply.headers["content-type"].startswith("application/json")
        assert reply.json["error"]


def test_the_table_names_a_source_for_every_case() -> None:
    """And no case twice."""
    assert all(case.source for case in CASES)
    assert len({case.name for case in CASES}) == len(CASES)
