"""What clients are told when the service cannot keep what it would have to remember."""

from __future__ import annotations

import shutil
from pathlib import Path

from freezeframe.scheduled_events import Announce, placements_of
from freezeframe.scheduled_events.desk import Desk
from freezeframe.scheduled_events.keeping import StateFile, new_state
from freezeframe.scheduled_events.service import Listener, served

from .running import FLEET, Service


def test_an_approval_that_cannot_be_kept_is_none(tmp_path: Path) -> None:
    """The folder of its file is gone: 500, so the client asks again, and reading goes on."""
    folder = tmp_path / "kept"
    folder.mkdir()
    file = StateFile(folder / "events")
    desk = Desk(new_state(placements_of(FLEET)), keepers=(file.keep,))
    with served(FLEET, desk, [Listener("127.0.0.1", 0, vm="web-0")]) as opened:
        service = Service(desk, {"web-0": opened[0].port})
        service.happen(Announce("host-a", ("web-0",)))
        (event,) = service.events("web-0")
        before = desk.state
        shutil.rmtree(folder)
        refused = service.approve("web-0", event["EventId"])
        assert (refused.status, "Retry" in refused.json["error"]) == (500, True)
        assert desk.state is before
        assert service.events("web-0") == [event]
        folder.mkdir()
        assert service.approve("web-0", event["EventId"]).status == 200
        assert desk.state.is_ready("host-a", desk.now_ms)
