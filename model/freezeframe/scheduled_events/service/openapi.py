"""The metadata service in OpenAPI 3.1, for those who generate clients or tests from it.

Owns the description; what is described is `answers`. Versions and words are the contract's.
"""

from __future__ import annotations

from typing import Any, Final

from freezeframe.scheduled_events.contract import (
    API_VERSIONS,
    DURATION_UNKNOWN,
    HEADER_ENFORCED_SINCE,
    RESOURCE_TYPE,
    EventSource,
    EventType,
)

_GUID: Final = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
_JSON: Final = "application/json"

_ERRORS: Final = {
    "400": "A header, a parameter or the body is missing, malformed or given twice.",
    "403": "The request does not come from a VM that the service knows.",
    "404": "There is no such element.",
    "405": "The verb is not one that the endpoint takes.",
    "429": "More than 5 requests of the VM in a second.",
    "500": "The service could not keep what it would have to remember; nothing was changed.",
}


def openapi() -> dict[str, Any]:
    """Return the description, as one object."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "freezeframe metadata service", "version": API_VERSIONS[-1]},
        "servers": [{"url": "http://169.254.169.254"}],
        "paths": {
            "/metadata/scheduledevents": {
                "get": _operation(
                    "Read the events of the VM's tenant; the first call enables them.",
                    [_HEADER, _EVENTS_VERSION, _KNOWN_TAG],
                    {"200": _EVENTS_ANSWER, "304": {"description": "As the client knows it."}},
                ),
                "post": {
                    **_operation(
                        "Approve events, so that they start before their notice time.",
                        [_HEADER, _EVENTS_VERSION],
                        {"200": {"description": "Accepted, also if repeated or late."}},
                    ),
                    "requestBody": {"required": True, "content": {_JSON: {"schema": _APPROVAL}}},
                },
            },
            "/metadata/instance": {
                "get": _operation(
                    "Read the metadata of the VM.",
                    [_HEADER, _VERSION, _FORMAT],
                    {"200": _INSTANCE_ANSWER},
                )
            },
            "/metadata/instance/compute/{field}": {
                "get": _operation(
                    "Read one value.",
                    [_HEADER, _VERSION, _FORMAT, _FIELD],
                    {"200": _INSTANCE_ANSWER},
                )
            },
            "/metadata/versions": {
                "get": _operation("List the versions.", [_HEADER], {"200": _VERSIONS_ANSWER})
            },
        },
    }


def _operation(
    summary: str, parameters: list[dict[str, Any]], answers: dict[str, Any]
) -> dict[str, Any]:
    errors = {
        status: {"description": text, "content": {_JSON: {"schema": _ERROR}}}
        for status, text in _ERRORS.items()
    }
    return {"summary": summary, "parameters": parameters, "responses": {**answers, **errors}}


def _object(properties: dict[str, Any], required: list[str], **more: object) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, **more}


def _answer(description: str, schema: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"description": description, "content": {_JSON: {"schema": schema}}, **more}


_HEADER: Final[dict[str, Any]] = {
    "name": "Metadata",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "pattern": "^[Tt][Rr][Uu][Ee]$"},
}
_VERSION: Final[dict[str, Any]] = {
    "name": "api-version",
    "in": "query",
    "required": True,
    "schema": {"type": "string", "enum": list(API_VERSIONS)},
}
_EVENTS_VERSION: Final[dict[str, Any]] = {
    **_VERSION,
    "description": "2017-03-01 is served too, and does not ask for the header.",
    "schema": {"type": "string", "enum": [v for v in API_VERSIONS if v >= HEADER_ENFORCED_SINCE]},
}
_KNOWN_TAG: Final[dict[str, Any]] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
}
_FORMAT: Final[dict[str, Any]] = {
    "name": "format",
    "in": "query",
    "required": False,
    "schema": {"type": "string", "enum": ["json", "text"]},
}
_FIELD: Final[dict[str, Any]] = {
    "name": "field",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "minLength": 1},
}
_TEXT: Final[dict[str, Any]] = {"type": "string"}
_ERROR: Final = _object(
    {"error": _TEXT, "newest-versions": {"type": "array", "items": _TEXT}}, ["error"]
)
_EVENT: Final = _object(
    {
        "EventId": {"type": "string", "pattern": _GUID},
        "EventType": {"enum": list(EventType)},
        "ResourceType": {"const": RESOURCE_TYPE},
        "Resources": {"type": "array", "items": _TEXT, "minItems": 1, "uniqueItems": True},
        "EventStatus": {"enum": ["Scheduled", "Started"]},
        "NotBefore": {"type": "string", "description": "RFC 1123; empty once started."},
        "Description": _TEXT,
        "EventSource": {"enum": list(EventSource)},
        "DurationInSeconds": {"type": "integer", "minimum": DURATION_UNKNOWN},
    },
    ["EventId", "EventType", "ResourceType", "Resources", "EventStatus", "NotBefore"],
    additionalProperties=False,
)
_EVENTS_ANSWER: Final = _answer(
    "The document.",
    _object(
        {
            "DocumentIncarnation": {"type": "integer", "minimum": 1},
            "Events": {"type": "array", "items": _EVENT},
        },
        ["DocumentIncarnation", "Events"],
        additionalProperties=False,
    ),
    headers={"ETag": {"required": True, "schema": _TEXT}},
)
_INSTANCE_ANSWER: Final[dict[str, Any]] = {
    "description": "A JSON document, or text where format=text.",
    "content": {_JSON: {"schema": {}}, "text/plain": {"schema": _TEXT}},
}
_VERSIONS_ANSWER: Final = _answer(
    "All versions, oldest first.",
    _object({"apiVersions": {"type": "array", "items": _TEXT}}, ["apiVersions"]),
)
_APPROVAL: Final = _object(
    {
        "StartRequests": {
            "type": "array",
            "items": _object({"EventId": {"type": "string", "pattern": _GUID}}, ["EventId"]),
        }
    },
    ["StartRequests"],
)
