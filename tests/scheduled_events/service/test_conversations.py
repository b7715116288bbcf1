"""What the contract says of several requests together: versions, tags, approvals, incarnations.

Sources: EVENTS is Azure's Scheduled Events page; the name of a client means that it was seen to do
so on the wire.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from freezeframe.scheduled_events import API_VERSIONS, Announce, Approve, Cancel, Complete, Start

from .running import EVENTS_ROOT, METADATA, UNKNOWN_ID, approval

if TYPE_CHECKING:
    from .running import Service

FREEZE = Announce("host-a", ("web-0",), duration_seconds=5)


def test_takes_every_version_and_another_with_each_call(service: Service) -> None:
    """Source: azure-events-az reads with 2020-07-01 and posts with 2019-08-01."""
    for version in API_VERSIONS:
        service.happen(FREEZE)
        (event,) = service.events("web-0")
        target = f"{EVENTS_ROOT}?api-version={version}"
        assert service.ask("web-0", target).json["Events"][0]["EventId"] == event["EventId"]
        body = approval(event["EventId"])
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
        service.ask("web-0", f"{EVENTS_ROOT}?api-version={version}").headers["etag"]
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


def test_one_request_approves_all_that_it_names(service: Service) -> None:
    """Source: EVENTS, start an event: StartRequests is a list."""
    service.happen(FREEZE, Announce("host-b", ("web-1",)))
    ids = [event["EventId"] for event in service.events("web-0")]
    assert service.approve("web-0", *ids).status == 200
    for host in ("host-a", "host-b"):
        assert service.desk.state.is_ready(host, service.desk.now_ms)


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
