"""The web page of a play: its timeline, and the documents as they change.

Owns what the page is told and what it may ask for. The page itself is in the folder `page`; it
loads nothing from elsewhere. It must not know how a play goes on.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from freezeframe.scheduled_events.changes import Approve
from freezeframe.scheduled_events.contract import EVENTS_VERSIONS
from freezeframe.scheduled_events.document import document

from .openapi import openapi

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from freezeframe.scheduled_events.desk import Desk
    from freezeframe.scheduled_events.playing import Player

PAGE_PATH: Final = "/playground/"
_FOLDER: Final = Path(__file__).parent / "page"


def page_routes(desk: Desk, player: Player, urls: Mapping[str, str]) -> list[BaseRoute]:
    """The page of `player`'s play on `desk`, at `PAGE_PATH`; `urls` is where each VM asks."""

    def told(_: Request) -> Response:
        return JSONResponse(_told(desk, player, urls))

    def approve(request: Request) -> Response:
        vm, event_id = request.query_params.get("vm", ""), request.query_params.get("event", "")
        # The header keeps pages of other origins from asking: they may not send it.
        if vm not in urls or request.headers.get("metadata") != "true":
            return PlainTextResponse("expected a VM, an event and the header Metadata", 400)
        desk.apply(Approve(vm, (event_id,)))
        return PlainTextResponse("")

    return [
        Route("/", lambda _: RedirectResponse(PAGE_PATH)),
        Route("/openapi.json", lambda _: JSONResponse(openapi())),
        Route(f"{PAGE_PATH}now", told),
        Route(f"{PAGE_PATH}approve", approve, methods=["POST"]),
        Mount(PAGE_PATH, StaticFiles(directory=_FOLDER, html=True)),
    ]


def _told(desk: Desk, player: Player, urls: Mapping[str, str]) -> dict[str, Any]:
    state, played = desk.state, player.played
    steps = [
        {
            "text": step.text,
            "at_ms": played[number].at_ms if number < len(played) else None,
            "after_ms": step.after_ms / player.speed,
            "is_awaited": step.is_awaited,
        }
        for number, step in enumerate(player.scenario.steps)
    ]
    return {
        "scenario": player.scenario.name,
        "about": player.scenario.about,
        "speed": player.speed,
        "now_ms": desk.now_ms,
        "steps": steps,
        "vms": [
            {
                "name": vm,
                "url": url,
                "tenant": state.placements[vm].tenant,
                "has_called": state.placements[vm].tenant in state.editions,
                "document": document(state, state.placements[vm].tenant, EVENTS_VERSIONS[-1]),
            }
            for vm, url in urls.items()
        ],
    }
