"""The documented timelines, and how they are played."""

from __future__ import annotations

import math
import threading
from typing import Any

import pytest

from freezeframe.fleet import Fleet, Host, example
from freezeframe.scheduled_events import (
    Approve,
    Call,
    EventType,
    ScheduledEventsError,
    placements_of,
)
from freezeframe.scheduled_events.desk import Desk
from freezeframe.scheduled_events.keeping import new_state
from freezeframe.scheduled_events.playing import Played, Player
from freezeframe.scheduled_events.scenarios import (
    SCENARIOS,
    Scenario,
    find_scenario,
    playground_fleet,
    stage_of,
)
from tests.faulty.planted_fleets import mixed_host

from .happenings import shown

FAST = 1_000_000.0

LIVES = {
    "freeze": [("Freeze", "Scheduled"), ("Freeze", "Started")],
    "cancelled-freeze": [("Freeze", "Scheduled")],
    "redeploy": [("Redeploy", "Scheduled"), ("Redeploy", "Started")],
    "degraded-hardware": [("Redeploy", "Scheduled"), ("Redeploy", "Started")],
    "host-failure": [("Reboot", "Started"), ("Reboot", "Started")],
    "user-reboot": [("Reboot", "Scheduled"), ("Reboot", "Started")],
}
"""What the tenant is shown in each, every change once, until the event is gone."""


def _desk(fleet: Fleet | None = None) -> Desk:
    return Desk(new_state(placements_of(fleet or playground_fleet())))


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_shows_the_documented_life_of_an_event(name: str) -> None:
    """Nobody approves, so the notice times are waited for."""
    desk, seen = _desk(), []
    desk.apply(Call("web-0"))
    life = Desk(desk.state, keepers=(lambda _, after: seen.append(shown(after, "web")),))
    Player(life, SCENARIOS[name], stage_of(playground_fleet()), speed=FAST).play(threading.Event())
    assert seen.pop() == []
    assert [(each["EventType"], each["EventStatus"]) for (each,) in seen] == LIVES[name]
    assert len({each["EventId"] for (each,) in seen}) == 1


def test_an_approval_is_enough_to_begin() -> None:
    """At real speed the notice would take a quarter of an hour; the play goes on at once."""
    desk, stop = _desk(), threading.Event()

    def stop_when_paused(played: Played) -> None:
        if played.step.text == "The VMs are paused":
            stop.set()

    player = Player(
        desk, SCENARIOS["freeze"], stage_of(playground_fleet()), watcher=stop_when_paused
    )
    play = threading.Thread(target=player.play, args=(stop,))
    play.start()
    while not desk.state.events:
        play.join(0.01)
    (event,) = desk.state.events.values()
    desk.apply(Approve("web-1", (event.event_id,)))
    play.join(20)
    assert not play.is_alive()
    assert shown(desk.state, "web")[0]["EventStatus"] == "Started"


@pytest.mark.parametrize("name", ["freeze", "cancelled-freeze"])
def test_ends_soon_when_told_to(name: str) -> None:
    """Whatever it waits for."""
    stop = threading.Event()
    stop.set()
    player = Player(_desk(), SCENARIOS[name], stage_of(playground_fleet()))
    player.play(stop)
    assert player.played == ()


def test_plays_on_the_first_host_that_has_vms() -> None:
    """One event for each tenant and update domain there."""
    stage = stage_of(example("two-tiers"))
    assert (stage.host, stage.groups) == ("host-a", (("db-0",), ("web-0",)))
    with pytest.raises(ScheduledEventsError, match="empty: expected a host with a VM"):
        stage_of(Fleet("empty", (Host("a"),), ()))


def test_is_found_by_name() -> None:
    """Every one that a user may want is there, and described."""
    assert {scenario.name for scenario in map(find_scenario, LIVES)} == set(SCENARIOS)
    assert all(isinstance(each, Scenario) and each.about for each in SCENARIOS.values())
    with pytest.raises(ScheduledEventsError, match=r"one of freeze, .*found 'frost'"):
        find_scenario("frost")


@pytest.mark.parametrize("speed", [0, -1, 1e-9, math.nan, math.inf])
def test_refuses_a_speed_at_which_times_are_none(speed: float) -> None:
    """Nothing would happen, or everything backwards, or in a year that no calendar has."""
    with pytest.raises(ScheduledEventsError, match=r"from 0\.001 to 1,000,000, found"):
        Player(_desk(), SCENARIOS["freeze"], stage_of(playground_fleet()), speed=speed)


@pytest.mark.parametrize("name", ["freeze", "host-failure"])
def test_begins_anew_after_a_play_that_was_cut_short(name: str) -> None:
    """What that one left, scheduled or started, is taken down, and another event is shown."""
    desk, stop = _desk(), threading.Event()
    cut = Player(desk, SCENARIOS[name], stage_of(playground_fleet()), watcher=lambda _: stop.set())
    cut.play(stop)
    (left,) = shown(desk.state, "web")
    seen: list[list[dict[str, Any]]] = []
    later = Desk(desk.state, keepers=(lambda _, after: seen.append(shown(after, "web")),))
    again = Player(later, SCENARIOS[name], stage_of(playground_fleet()), speed=FAST)
    again.play(threading.Event())
    assert seen[0] == seen[-1] == []
    assert len({each["EventId"] for told in seen[1:] for each in told} | {left["EventId"]}) == 2


def test_plays_on_one_domain_of_each_tenant() -> None:
    """An event never spans two, and a host has one event for each tenant at a time."""
    stage = stage_of(mixed_host())
    assert stage.groups == (("web-0",),)
    Player(_desk(mixed_host()), SCENARIOS["freeze"], stage, speed=FAST).play(threading.Event())


def test_notice_times_are_the_contracts_at_real_speed() -> None:
    """Seven days for degraded hardware."""
    stage = stage_of(playground_fleet())
    for name, seconds in (("freeze", 900), ("redeploy", 600), ("degraded-hardware", 604_800)):
        desk = Desk(_desk().state, now_ms=lambda: 0)
        for change in stage.changes(SCENARIOS[name].steps[0], 1):
            desk.apply(change)
        (event,) = desk.state.events.values()
        assert event.not_before_ms == seconds * 1000
        assert event.type in {EventType.FREEZE, EventType.REDEPLOY}
