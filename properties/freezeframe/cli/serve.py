"""`freezeframe serve`: scheduled events over HTTP, for guests, or for people who write clients.

Owns the options, and what is said while it runs. It must not know what is answered.
"""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .commands import CONTEXT
from .console import refuse_unwritable, say
from .names import find_fleet
from .serving import tell_where

if TYPE_CHECKING:
    from freezeframe.fleet import Fleet
    from freezeframe.scheduled_events import State
    from freezeframe.scheduled_events.desk import Desk
    from freezeframe.scheduled_events.playing import Played
    from freezeframe.scheduled_events.service import Listener


@click.command(
    context_settings=CONTEXT,
    epilog="""\b
Examples:
  freezeframe serve --scenario freeze
  freezeframe serve --scenario host-failure --speed 60
  freezeframe serve fleet.toml --listen 169.254.169.254
  freezeframe serve fleet.toml --listen 127.0.0.1:8000=web-0
  freezeframe serve fleet.toml --listen unix:/run/web-0.sock=web-0
\b
Scenarios: freeze, cancelled-freeze, redeploy, degraded-hardware,
host-failure, user-reboot. The page is for browsers on this machine, as it
shows all tenants; elsewhere: ssh -L 8169:127.0.0.1:8169 MACHINE
\b
Without --listen each VM asks at a port of its own on 127.0.0.1, from 8169
on. An address without =VM is for all VMs, told apart by the address they
ask from, which the fleet file gives: [[vms]] address = "10.0.0.5".
\b
169.254.169.254 without root, for this shell and its children:
  unshare -rn
  ip link set lo up && ip address add 169.254.169.254/32 dev lo
  freezeframe serve --scenario freeze --listen 169.254.169.254=web-0 &
For guests on a bridge, as root:
  ip address add 169.254.169.254/32 dev br0
  freezeframe serve fleet.toml --listen 169.254.169.254
\b
Ctrl-C ends it. Exit codes: 0 ended, 2 bad input or usage.""",
)
@click.argument("fleet", required=False)
@click.option("--scenario", metavar="NAME", help="Play a documented timeline, with a web page.")
@click.option(
    "--speed",
    metavar="N",
    type=float,
    default=1.0,
    show_default=True,
    help="Let a scenario, its notice times included, run N times as fast; 0.001 to 1000000.",
)
@click.option("--once", is_flag=True, help="End when the scenario is over.")
@click.option(
    "--listen",
    "places",
    metavar="WHERE",
    multiple=True,
    help="ADDRESS[:PORT][=VM] or unix:PATH=VM; repeatable.",
)
@click.option(
    "--state",
    "state_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Keep events and incarnations there, so that a restart loses none.",
)
@click.option("--openapi", is_flag=True, help="Print the OpenAPI description and end.")
def serve(
    fleet: str | None,
    scenario: str | None,
    speed: float,
    places: tuple[str, ...],
    state_file: Path | None,
    *,
    once: bool,
    openapi: bool,
) -> None:
    """Serve Scheduled Events to VMs, as their metadata service does.

    FLEET is a fleet file or the name of an example; a scenario brings a small one of its own. Each
    VM reads and approves its own events only. Nothing is maintained; that is `freezeframe run`.
    """
    from freezeframe.scheduled_events.service import openapi as described  # noqa: PLC0415 (help does without)

    if openapi:
        say(json.dumps(described(), indent=2) + "\n")
        return
    if fleet is None and scenario is None:
        raise click.UsageError("expected a FLEET or a --scenario, found neither")
    if scenario is None and once:
        raise click.UsageError("expected a --scenario for --once, found none")
    if state_file is not None:
        refuse_unwritable("--state", state_file)
    _serve(fleet, scenario, speed, places, state_file, once=once)


def _serve(
    name: str | None,
    scenario: str | None,
    speed: float,
    places: Sequence[str],
    state_file: Path | None,
    *,
    once: bool,
) -> None:
    from freezeframe.scheduled_events.playing import Player  # noqa: PLC0415 (help does without)
    from freezeframe.scheduled_events.scenarios import (  # noqa: PLC0415 (likewise)
        find_scenario,
        playground_fleet,
        stage_of,
    )
    from freezeframe.scheduled_events.service import (  # noqa: PLC0415 (likewise)
        default_listeners,
        parse_listener,
        served,
    )

    play = find_scenario(scenario) if scenario is not None else None
    fleet = playground_fleet() if name is None else find_fleet(name)
    listeners = tuple(map(parse_listener, places)) or default_listeners(fleet)
    player = None
    with _until_signalled() as stop, _desk(fleet, state_file) as desk:
        if play is not None:
            player = Player(desk, play, stage_of(fleet), speed=speed, watcher=_tell_step)
        with served(fleet, desk, listeners, player=player) as opened:
            _announce(fleet, opened, has_page=player is not None)
            if player is not None:
                player.play(stop)
            if not once:
                stop.wait()


@contextmanager
def _desk(fleet: Fleet, state_file: Path | None) -> Iterator[Desk]:
    """A desk for the events of `fleet` that says what changes, kept in `state_file` if there is."""
    from freezeframe.scheduled_events.desk import Desk  # noqa: PLC0415 (help does without)
    from freezeframe.scheduled_events.keeping import StateFile, new_state  # noqa: PLC0415 (likewise)
    from freezeframe.scheduled_events.state import placements_of  # noqa: PLC0415 (likewise)

    placements = placements_of(fleet)
    if state_file is None:
        yield Desk(new_state(placements), keepers=(_tell_changes,))
        return
    with closing(StateFile(state_file)) as file:
        yield Desk(file.load(placements), keepers=(file.keep, _tell_changes))


def _announce(fleet: Fleet, listeners: Sequence[Listener], *, has_page: bool) -> None:
    from freezeframe.scheduled_events.service import urls_of  # noqa: PLC0415 (help does without)

    say(f"{fleet.name}: scheduled events are served\n\n")
    tell_where(listeners)
    urls = urls_of(listeners)
    if has_page and urls:
        say(f"  the timeline is shown at {next(iter(urls.values()))}/playground/\n")
    say("\nAs a VM: curl -H Metadata:true URL. Ctrl-C ends it.\n\n")


def _tell_step(played: Played) -> None:
    say(f"{played.step.text}.\n")


def _tell_changes(before: State, after: State) -> None:
    from freezeframe.scheduled_events import sightings  # noqa: PLC0415 (help does without)

    for occasion, seen in sightings(before, after):
        event = after.events[occasion, seen.tenant]
        names = ", ".join(event.resources)
        say(f"  {event.type} of {names} ({event.event_id}): {seen.status}\n")


@contextmanager
def _until_signalled() -> Iterator[threading.Event]:
    """An event that Ctrl-C or SIGTERM sets, so that what is asked is still answered."""
    stop = threading.Event()
    before = {
        each: signal.signal(each, lambda *_: stop.set()) for each in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
