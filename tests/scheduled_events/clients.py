"""Two clients as customers write them: one in the style of the documented sample, one by tags.

Run in a process and a network of their own: `python -m tests.scheduled_events.clients STYLE`.
Each prints what it sees and does, one word a line, until an event that it saw is gone. They share
nothing with the service but the contract. Source of the first one's rules: the sample of Azure's
Scheduled Events page, which approves a Freeze only for 0 <= DurationInSeconds < 9, and what a user
asked for at once; before the others it has work to do.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

ENDPOINT = "http://169.254.169.254/metadata"
EVENTS = f"{ENDPOINT}/scheduledevents?api-version=2020-07-01"
EVENTS_OF_2019 = f"{ENDPOINT}/scheduledevents?api-version=2019-08-01"
NAME = f"{ENDPOINT}/instance/compute/name?api-version=2019-03-11&format=text"
POLL_SECONDS = 0.5
PATIENCE_SECONDS = 120
WORK_SECONDS = 0.5
"""What the sample does before it approves an event that its rules do not cover: it drains."""

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

Document = dict[str, Any]


def ask(url: str, headers: dict[str, str], body: bytes | None = None) -> tuple[bytes, str]:
    """Send one request, again while nobody listens yet or too much was asked for.

    Returns body and tag, both of which may be empty.
    """
    request = urllib.request.Request(url, body, {"Metadata": "true", **headers})  # noqa: S310 (http)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with _OPENER.open(request, timeout=10) as reply:
                return reply.read(), reply.headers.get("ETag", "")
        except urllib.error.HTTPError as error:
            if error.code == 304:
                return b"", headers["If-None-Match"]
            if error.code != 429:
                raise
            time.sleep(POLL_SECONDS)
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)


def approve(url: str, event_id: str, headers: dict[str, str]) -> None:
    """Say that an event may start."""
    ask(url, headers, json.dumps({"StartRequests": [{"EventId": event_id}]}).encode())


def documents_by_incarnation() -> Iterator[Document]:
    """Every document whose incarnation is new, as the sample tells them apart."""
    last = 0
    while True:
        document: Document = json.loads(ask(EVENTS, {})[0])
        if document["DocumentIncarnation"] != last:
            last = document["DocumentIncarnation"]
            yield document
        time.sleep(POLL_SECONDS)


def documents_by_tag() -> Iterator[Document]:
    """Every document that is not as it was, as the service itself tells by 304."""
    tag = "0"
    while True:
        body, tag = ask(EVENTS, {"If-None-Match": tag})
        if body:
            document: Document = json.loads(body)
            yield document
        time.sleep(POLL_SECONDS)


def approve_like_the_sample(event: Document) -> None:
    """By its rules, or after its work; curl -d sends such a content type."""
    is_brief = event["EventType"] == "Freeze" and 0 <= event["DurationInSeconds"] < 9
    if not is_brief and event["EventSource"] != "User":
        time.sleep(WORK_SECONDS)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    approve(EVENTS, event["EventId"], form)


def approve_twice(event: Document) -> None:
    """At once, in another version than it reads, and again, for it is not sure."""
    for _ in range(2):
        approve(EVENTS_OF_2019, event["EventId"], {"Content-Type": "application/json"})


def follow(
    vm: str, documents: Iterator[Document], agree: Callable[[Document], None]
) -> Iterator[str]:
    """What is seen of the first event that is about `vm`, until it is gone, and what is done."""
    known = ""
    status = ""
    for document in documents:
        mine = {event["EventId"]: event for event in document["Events"] if vm in event["Resources"]}
        event = mine.get(known) if known else next(iter(mine.values()), None)
        if event is None:
            if known:
                yield "removed"
                return
            continue
        known = event["EventId"]
        if event["EventStatus"] != status:
            status = event["EventStatus"]
            yield status.lower()
            if status == "Scheduled":
                agree(event)
                yield "approved"


STYLES = {
    "sample": (documents_by_incarnation, approve_like_the_sample),
    "tags": (documents_by_tag, approve_twice),
}

if __name__ == "__main__":
    documents, agree = STYLES[sys.argv[1]]
    name = ask(NAME, {})[0].decode()
    for word in follow(name, documents(), agree):
        print(word, flush=True)  # noqa: T201 (what it is for)
