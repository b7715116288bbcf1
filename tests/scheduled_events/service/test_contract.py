"""The wire contract, as a table of cases over a real socket, each with its source.

Sources: EVENTS is Azure's Scheduled Events page, IMDS its Instance Metadata Service page; the name
of a client means that it was seen to do so on the wire.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from freezeframe.scheduled_events import API_VERSIONS, Announce, Approve, Cancel, Complete, Start

from .running import EVENTS, METADATA, Reply

if TYPE_CHECKING:
    from .running import Service

ROOT = "/metadata/scheduledevents"
INSTANCE = "/metadata/instance"
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
FREEZE = Announce("host-a", ("web-0",), duration_seconds=5)


def _approval(*event_ids: object) -> bytes:
    return json.dumps({"StartRequests": [{"EventId": each} for each in event_ids]}).encode()


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
    Case("trailing stroke", "lenient", f"{ROOT}/?api-version=2020-07-01", 200),
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
        f"{ROOT}?api-version=2017-03-01",
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
        ROOT,
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
    Case("latest", "EVENTS, versioning", f"{ROOT}?api-version=latest", 400),
    Case("no such version", "IMDS, versioning", f"{ROOT}?api-version=2016-01-01", 400),
    Case("empty version", "IMDS, versioning", f"{ROOT}?api-version=", 400),
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
        for path in ("/", "/metadata", "/metadata/", "/metadata/identity", f"{ROOT}/x", "/x")
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
    _post("approval", "EVENTS, start an event", 200, _approval(UNKNOWN_ID)),
    _post(
        "the answer to an approval is empty",
        "azure-events-az, Node sample, seoperator2",
        200,
        _approval(UNKNOWN_ID),
        holds=lambda reply: reply.body == b"",
    ),
    *(
        _post(
            f"approval as {kind or 'nothing'}",
            "azure-events-az and curl -d: form; Node sample: JSON; Listener: none",
            200,
            _approval(UNKNOWN_ID),
            headers={**METADATA, **({"Content-Type": kind} if kind else {})},
        )
        for kind in ("application/json", "application/x-www-form-urlencoded", "text/plain", "x", "")
    ),
    _post("several approvals", "EVENTS, start an event", 200, _approval(UNKNOWN_ID, UNKNOWN_ID)),
    _post("no approvals", "lenient", 200, _approval()),
    _post(
        "approval with an incarnation",
        "the preview's sample sent it",
        200,
        b'{"DocumentIncarnation": 5, "StartRequests": []}',
    ),
    _post("byte order mark", "RFC 8259, 8.1: may be ignored", 200, b"\xef\xbb\xbf" + _approval()),
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
                _approval(1),
                _approval("x"),
                _approval(UNKNOWN_ID, None),
                b"[" * 100_000,
                b"1" * 5_000,
                b" " * 70_000,
            )
        )
    ),
    _post("approval without header", "IMDS, access", 400, _approval(), headers={}),
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


def test_takes_every_version_and_another_with_each_call(service: Service) -> None:
    """Source: azure-events-az reads with 2020-07-01 and posts with 2019-08-01."""
    for version in API_VERSIONS:
        service.happen(FREEZE)
        (event,) = service.events("web-0")
        target = f"{ROOT}?api-version={version}"
        assert service.ask("web-0", target).json["Events"][0]["EventId"] == event["EventId"]
        body = _approval(event["EventId"])
        assert service.ask("web-0", target, "POST", METADATA, body).status == 200
        service.happen(Start("host-a"), Complete("host-a"))


def test_a_known_tag_is_not_answered_again(service: Service) -> None:
    """Source: the Node sample sends If-None-Match, 0 at first, and takes 304 for no news."""
    first = service.ask("web-0", headers={**METADATA, "If-None-Match": "0"})
    assert first.status == 200
    known = {**METADATA, "If-None-Match": first.headers["etag"]}
    again = service.ask("web-0", headers=known)
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    weak = {**METADATA, "If-None-Match": f'"x", W/{first.headers["etag"]}'}
    assert service.ask("web-0", headers=weak).status == 304
    service.happen(FREEZE)
    assert service.ask("web-0", headers=known).status == 200


def test_a_tag_is_of_one_version_and_one_document(service: Service) -> None:
    """Else a client that changes versions would keep the wrong document."""
    service.happen(FREEZE)
    tags = {
        service.ask("web-0", f"{ROOT}?api-version={version}").headers["etag"]
        for version in ("2017-03-01", "2017-08-01", "2019-04-01", "2019-08-01", "2020-07-01")
    }
    assert len(tags) == 5


def test_nobody_reads_or_approves_what_is_another_tenants(service: Service) -> None:
    """And the answer does not tell whether there is such an event."""
    service.happen(FREEZE, Announce("host-a", ("db-0",)))
    (mine,), (foreign,) = service.events("web-0"), service.events("db-0")
    assert mine["EventId"] != foreign["EventId"]
    before = service.desk.state
    replies = [service.approve("web-0", each) for each in (foreign["EventId"], UNKNOWN_ID)]
    assert [(each.status, each.body) for each in replies] == [(200, b"")] * 2
    assert service.desk.state.events == before.events


def test_one_malformed_approval_among_several_approves_none(service: Service) -> None:
    """A request is done as a whole or not at all."""
    service.happen(FREEZE)
    (event,) = service.events("web-0")
    assert service.approve("web-0", event["EventId"], "x").status == 400
    assert not service.desk.state.is_ready("host-a", service.desk.now_ms)


def test_approves_by_any_vm_of_the_set_and_again_and_too_late(service: Service) -> None:
    """Each time with 200. Source: EVENTS, start an event."""
    service.happen(FREEZE)
    (event,) = service.events("web-1")
    assert service.approve("web-1", event["EventId"]).status == 200
    assert service.approve("web-0", event["EventId"].lower()).status == 200
    service.happen(Start("host-a"))
    assert service.events("web-0")[0]["EventStatus"] == "Started"
    assert service.approve("web-0", event["EventId"]).status == 200


def test_the_incarnation_is_new_whenever_the_document_is(service: Service) -> None:
    """Source: azure-events-az does nothing while it is the same."""
    read = [service.ask("web-0").json["DocumentIncarnation"]]
    for change in (FREEZE, Cancel("host-a"), FREEZE):
        service.happen(change)
        read += [service.ask("web-0").json["DocumentIncarnation"] for _ in range(2)]
    assert read == [1, 2, 2, 3, 3, 4, 4]
    service.happen(Approve("web-0", (service.events("web-0")[0]["EventId"],)))
    assert service.ask("web-0").json["DocumentIncarnation"] == 4


@dataclass(frozen=True)
class _Part:
    """A walk into the metadata of web-1, and what is found there."""

    target: str
    status: int
    found: object = None


@pytest.mark.parametrize(
    "part",
    [
        _Part("/compute/name?api-version=2017-08-01&format=text", 200, b"web-1"),
        _Part("/compute/platformUpdateDomain?api-version=2017-08-01&format=text", 200, b"1"),
        _Part("/compute/platformFaultDomain?api-version=2017-08-01&format=text", 200, b"1"),
        _Part("/compute/location?api-version=2017-08-01&format=text", 200, b""),
        _Part("/compute/name?api-version=2017-08-01", 400),
        _Part("/compute/name/x?api-version=2017-08-01&format=text", 404),
        _Part("/compute/nothing?api-version=2017-08-01&format=text", 404),
        _Part("/network/interface/0?api-version=2017-08-01", 404),
        _Part("/network/interface?api-version=2017-08-01", 200, b"[]"),
        _Part("?api-version=2017-08-01&format=text", 200, b"compute/\nnetwork/"),
        _Part("?api-version=2017-08-01&format=xml", 400),
        _Part("/compute/vmScaleSetName?api-version=2017-10-01&format=text", 404),
        _Part("/compute/vmScaleSetName?api-version=2017-12-01&format=text", 200, b""),
    ],
    ids=lambda part: part.target,
)
def test_walks_down_into_an_instance(idle: Service, part: _Part) -> None:
    """Source: IMDS, route parameters, data format and the table of instance metadata."""
    reply = idle.ask("web-1", f"{INSTANCE}{part.target}")
    assert reply.status == part.status
    assert part.found is None or reply.body == part.found


def test_an_instance_tells_what_clients_look_for(service: Service) -> None:
    """Most read compute.name first, and compare it with `Resources`. All values are texts."""
    compute = service.ask("web-0", f"{INSTANCE}?api-version=2020-09-01").json["compute"]
    other = service.ask("web-1", f"{INSTANCE}/compute?api-version=2020-09-01").json
    wanted = {"name": "web-0", "platformUpdateDomain": "0", "platformFaultDomain": "0"}
    assert {name: compute[name] for name in wanted} == wanted
    assert all(isinstance(value, str) for value in compute.values() if value != [])
    assert compute["placementGroupId"] == other["placementGroupId"] != ""
    assert compute["vmId"] != other["vmId"]
    alone = service.ask("db-0", f"{INSTANCE}/compute?api-version=2020-09-01").json
    assert alone["placementGroupId"] == ""


def test_the_table_names_a_source_for_every_case() -> None:
    """And no case twice."""
    assert all(case.source for case in CASES)
    assert len({case.name for case in CASES}) == len(CASES)
