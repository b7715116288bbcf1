"""The metadata service as an ASGI application.

Owns the way from HTTP to values and back: whose a request is, how often it comes, how long its body
is. What is answered is `answers`' affair.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from freezeframe.scheduled_events.contract import ScheduledEventsError

from .answers import BODY_BYTES_MAX, Metadata, RefusedError, Request
from .callers import Callers, is_same_machine
from .rate import RateLimit

DISCARDED_BYTES_MAX: Final = 16 * BODY_BYTES_MAX
"""How much of a body that is too long is still read, so that its sender reads the refusal."""


def application(
    metadata: Metadata,
    callers: Callers,
    rate: RateLimit | None = None,
    routes: Sequence[BaseRoute] = (),
) -> ASGIApp:
    """The service; `routes` are served besides it, without its rules, to its own machine only."""
    endpoint = _Endpoint(metadata, callers, rate or RateLimit())
    both = Starlette(routes=routes)
    both.router.default = endpoint  # a route for every path would miss those with a line break

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        is_ours = is_same_machine(scope.get("client"), scope.get("server"))
        await (both if is_ours else endpoint)(scope, receive, send)

    return app


class _Endpoint:
    """Every path: also one that nothing is at, for the rules hold there too."""

    def __init__(self, metadata: Metadata, callers: Callers, rate: RateLimit) -> None:
        self._metadata = metadata
        self._callers = callers
        self._rate = rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = HttpRequest(scope, receive)
        try:
            response = await self._response(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _response(self, request: HttpRequest) -> Response:
        scope = request.scope
        vm = self._callers.vm(scope.get("client"), scope.get("server"))
        if vm is None:
            return _refusal(403, "Forbidden. The request does not come from a VM that is known")
        body = await _body(request)
        if not self._rate.allows(vm, time.monotonic_ns()):
            return _refusal(429, "Too many requests. A VM may send 5 requests per second")
        asked = Request(
            method=request.method,
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers=dict(request.headers),
            body=body,
        )
        try:
            answer = self._metadata.answer(vm, asked)
        except ScheduledEventsError:  # it could not be kept, so nothing was changed
            return _refusal(500, "Unexpected error. Retry after some time")
        return Response(answer.body, answer.status, dict(answer.headers))


async def _body(request: HttpRequest) -> bytes:
    """The body; of one that is too long only so much that this can be told."""
    kept, seen = bytearray(), 0
    async for chunk in request.stream():
        seen += len(chunk)
        kept += chunk[: BODY_BYTES_MAX + 1 - len(kept)]
        if seen > DISCARDED_BYTES_MAX:
            break
    return bytes(kept)


def _refusal(status: int, text: str) -> Response:
    answer = RefusedError(status, text).answer
    return Response(answer.body, answer.status, dict(answer.headers))
