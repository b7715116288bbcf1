"""What the metadata service answers to one request of one VM.

Owns the endpoints and their errors, as values: it must not know how requests arrive, nor how it was
found out whose they are. Source, unless said otherwise: Azure's Instance Metadata Service page
(access, rate limiting, verbs, parameters, errors) and its Scheduled Events page.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import parse_qsl

from freezeframe.scheduled_events.changes import Approve, Call
from freezeframe.scheduled_events.contract import (
    API_VERSIONS,
    HEADER_ENFORCED_SINCE,
    NEWEST_VERSIONS,
)
from freezeframe.scheduled_events.desk import Desk
from freezeframe.scheduled_events.document import document

from .approvals import MalformedError, event_ids
from .instance import NotALeafError, walked

EVENTS: Final = "scheduledevents"
INSTANCE: Final = "instance"
VERSIONS: Final = "versions"
METHODS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {EVENTS: ("GET", "POST"), INSTANCE: ("GET",), VERSIONS: ("GET",)}
)
"""Each endpoint below /metadata, with the verbs that it takes."""

BODY_BYTES_MAX: Final = 65_536
"""Longest body of a POST: a thousand approvals; more are refused with 400."""

QUERY_FIELDS_MAX: Final = 100

_JSON: Final = "application/json; charset=utf-8"
_TEXT: Final = "text/plain; charset=utf-8"
_BAD: Final = "Bad request. "


@dataclass(frozen=True)
class Request:
    """A request, decoded no further than HTTP asks for; names of headers are in lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What is sent back; a length is added where it is sent."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class RefusedError(Exception):
    """A request is answered with an error."""

    def __init__(
        self,
        status: int,
        text: str,
        *,
        more: Mapping[str, object] = MappingProxyType({}),
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Give the status, the text of the error, what else its body says, and further headers."""
        super().__init__(text)
        body = json.dumps({"error": text, **more}).encode()
        self.answer = Answer(status, body, {"Content-Type": _JSON, **headers})


class Metadata:
    """The endpoints of the metadata service, for all VMs of a fleet.

    `instances` is what `/metadata/instance` tells of each VM. A VM reads and approves its own
    tenant's events only: which VM asks is given, and never read from the request.
    """

    def __init__(self, desk: Desk, instances: Mapping[str, Mapping[str, Any]]) -> None:
        """Answer from what `desk` holds."""
        self._desk = desk
        self._instances = instances
        self._read: dict[str, int] = {}

    def unread(self) -> tuple[str, ...]:
        """The VMs that have asked for their document, and not again since it changed."""
        state = self._desk.state
        return tuple(
            vm
            for vm, incarnation in self._read.copy().items()
            if state.editions[state.placements[vm].tenant].incarnation != incarnation
        )

    def answer(self, vm: str, request: Request) -> Answer:
        """Answer a request that came from `vm`, one of the fleet's."""
        try:
            return self._answered(vm, request)
        except RefusedError as refused:
            return refused.answer

    def _answered(self, vm: str, request: Request) -> Answer:
        if "x-forwarded-for" in request.headers:
            raise RefusedError(400, f"{_BAD}A request must not have the header X-Forwarded-For")
        endpoint, route = _route(request.path)
        if request.method not in METHODS[endpoint]:
            text = f"Method not allowed. Use {' or '.join(METHODS[endpoint])}"
            raise RefusedError(405, text, headers={"Allow": ", ".join(METHODS[endpoint])})
        query = _query(request.query)
        version = query.get("api-version", "")
        is_preview = endpoint == EVENTS and "" < version < HEADER_ENFORCED_SINCE
        if request.headers.get("metadata", "").lower() != "true" and not is_preview:
            raise RefusedError(400, f"{_BAD}Required metadata header not specified")
        if endpoint == VERSIONS:
            return _json({"apiVersions": API_VERSIONS})
        if version not in API_VERSIONS:
            text = "api-version is invalid or was not specified in the request. "
            text += "For more information refer to aka.ms/azureimds"
            raise RefusedError(400, _BAD + text, more={"newest-versions": NEWEST_VERSIONS})
        if endpoint == INSTANCE:
            return self._instance(vm, route, version, query.get("format", "json"))
        if request.method == "POST":
            return self._approved(vm, request.body)
        return self._events(vm, version, request.headers.get("if-none-match", ""))

    def _events(self, vm: str, version: str, known_tags: str) -> Answer:
        state = self._desk.apply(Call(vm))
        tenant = state.placements[vm].tenant
        self._read[vm] = state.editions[tenant].incarnation
        found = _json(document(state, tenant, version))
        # The tag is of the text itself, since incarnations begin anew and versions differ.
        tag = f'"{hashlib.sha256(found.body).hexdigest()[:32]}"'
        if tag in (each.strip().removeprefix("W/") for each in known_tags.split(",")):
            return Answer(304, headers={"ETag": tag})
        return Answer(200, found.body, {**found.headers, "ETag": tag})

    def _approved(self, vm: str, body: bytes) -> Answer:
        """The body counts, whatever its declared type: clients send form data, JSON or none."""
        if len(body) > BODY_BYTES_MAX:
            raise RefusedError(400, f"{_BAD}The body is longer than {BODY_BYTES_MAX} bytes")
        try:
            approved = event_ids(body)
        except MalformedError as error:
            raise RefusedError(400, f"{_BAD}{error}") from error
        self._desk.apply(Call(vm))
        self._desk.apply(Approve(vm, approved))
        return Answer(200)

    def _instance(self, vm: str, route: tuple[str, ...], version: str, form: str) -> Answer:
        if form not in {"json", "text"}:
            raise RefusedError(400, f"{_BAD}format must be json or text")
        try:
            text = walked(self._instances[vm], route, version, form)
        except KeyError as error:
            raise RefusedError(404, "Not found. The requested element does not exist") from error
        except NotALeafError as error:
            raise RefusedError(400, f"{_BAD}{error}") from error
        return Answer(200, text.encode(), {"Content-Type": _JSON if form == "json" else _TEXT})


def _route(path: str) -> tuple[str, tuple[str, ...]]:
    root, *parts = path.removeprefix("/").removesuffix("/").split("/")
    if root != "metadata" or not parts or parts[0] not in METHODS:
        raise RefusedError(404, "Not found. The requested element does not exist")
    if len(parts) > 1 and parts[0] != INSTANCE:
        raise RefusedError(404, "Not found. The requested element does not exist")
    return parts[0], tuple(parts[1:])


def _query(text: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=QUERY_FIELDS_MAX)
    except ValueError as error:
        raise RefusedError(400, f"{_BAD}Too many query parameters") from error
    query = dict(pairs)
    if len(query) < len(pairs):
        raise RefusedError(400, f"{_BAD}A query parameter is given more than once")
    return query


def _json(value: object) -> Answer:
    return Answer(200, json.dumps(value).encode(), {"Content-Type": _JSON})
