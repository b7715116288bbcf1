"""The body of a POST: which events its sender approves.

Owns the judgement of that text alone; it must not know whether there are such events.
"""

from __future__ import annotations

import json

from freezeframe.scheduled_events.contract import is_guid


class MalformedError(ValueError):
    """A body is not what the contract asks for; says what was expected."""


def event_ids(body: bytes) -> tuple[str, ...]:
    """Return the ids that `{"StartRequests": [{"EventId": "…"}, …]}` names; other keys are let be.

    Raises:
        MalformedError: It is something else, and none of it counts. Source: Azure's Scheduled
            Events page, start an event: 400 for a malformed payload.

    """
    try:
        payload = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise MalformedError("The body must be JSON in UTF-8") from error
    requests = payload.get("StartRequests") if isinstance(payload, dict) else None
    if not isinstance(requests, list):
        raise MalformedError("The body must be an object with an array StartRequests")
    return tuple(_event_id(each) for each in requests)


def _event_id(request: object) -> str:
    event_id = request.get("EventId") if isinstance(request, dict) else None
    if not isinstance(event_id, str) or not is_guid(event_id):
        raise MalformedError("Each of StartRequests must be an object with a GUID as EventId")
    return event_id
