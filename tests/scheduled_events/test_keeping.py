"""A service that is restarted goes on as if it had not been."""

from __future__ import annotations

from pathlib import Path

import pytest

from freezeframe.scheduled_events import Announce, Call, ScheduledEventsError, State
from freezeframe.scheduled_events.desk import Desk
from freezeframe.scheduled_events.keeping import StateFile, new_state

from .happenings import NOON_MS, PLACEMENTS, beginning, incarnation

FREEZE = Announce("host-a", ("web-0",))


def test_a_restart_finds_what_was_shown_last(tmp_path: Path) -> None:
    """Ids and incarnations with it."""
    file = StateFile(tmp_path / "events.json")
    desk = Desk(file.load(PLACEMENTS), keepers=(file.keep,))
    desk.apply(Call("web-0"))
    desk.apply(FREEZE)
    file.close()
    again = StateFile(tmp_path / "events.json").load(PLACEMENTS)
    assert again == desk.state
    assert incarnation(again, "web") == 2
    assert [each.name for each in tmp_path.iterdir()] == ["events.json"]


def test_two_services_never_give_the_same_ids() -> None:
    """A client must not take one's event for the other's."""
    assert new_state(PLACEMENTS).next_event_id() != new_state(PLACEMENTS).next_event_id()


def test_nothing_is_shown_that_could_not_be_kept(tmp_path: Path) -> None:
    """What is shown must be there after a restart."""
    file = StateFile(tmp_path / "missing" / "events.json")
    desk = Desk(beginning(), keepers=(file.keep,))
    with pytest.raises(ScheduledEventsError, match=r"expected to keep .* No such file"):
        desk.apply(FREEZE)
    assert desk.state == beginning()


def test_keepers_are_told_of_changes_only() -> None:
    """A poll is none, and what is refused neither."""
    told: list[tuple[State, State]] = []
    desk = Desk(beginning(), now_ms=lambda: NOON_MS, keepers=(lambda *pair: told.append(pair),))
    desk.apply(Call("web-0"))
    desk.apply(Call("web-0"))
    with pytest.raises(ScheduledEventsError):
        desk.apply(Announce("host-a", ()))
    assert told == [(beginning(), desk.state)]


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"\xff", b"[" * 100_000])
def test_refuses_a_file_that_is_none_of_its_own(tmp_path: Path, content: bytes) -> None:
    """And leaves it as it is."""
    path = tmp_path / "events.json"
    path.write_bytes(content)
    with pytest.raises(ScheduledEventsError, match=r"events\.json: expected a file that keeps"):
        StateFile(path).load(PLACEMENTS)
    assert path.read_bytes() == content


def test_two_services_do_not_keep_in_one_file(tmp_path: Path) -> None:
    """Each would undo what the other has shown; the later one is refused until the first ends."""
    path = tmp_path / "events.json"
    first, early = StateFile(path), StateFile(path)
    desk, other = (Desk(each.load(PLACEMENTS), keepers=(each.keep,)) for each in (first, early))
    for change in (Call("web-0"), FREEZE):
        desk.apply(change)
        with pytest.raises(ScheduledEventsError, match="that no other service keeps there"):
            StateFile(path).load(PLACEMENTS)
    with pytest.raises(ScheduledEventsError, match="found: File exists"):
        other.apply(FREEZE)
    first.close()
    again = StateFile(path)
    assert again.load(PLACEMENTS) == desk.state
    again.close()
