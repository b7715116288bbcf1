"""`freezeframe serve`: options, what is said, and how it ends."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .serving import LISTEN, read, read_until, started, url_of

if TYPE_CHECKING:
    from .conftest import Call


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_serves_until_it_is_told_to_end(ending: signal.Signals) -> None:
    """Then it ends well, and at once."""
    with started("serve", "two-tiers", "--listen", LISTEN) as process:
        assert read(url_of(process)) == {"DocumentIncarnation": 1, "Events": []}
        process.send_signal(ending)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")


def test_keeps_what_was_shown_over_a_restart(tmp_path: Path) -> None:
    """A day of scheduled events is not lost with a process, however that ends."""
    state = str(tmp_path / "events.json")
    options = ("--state", state, "--listen", LISTEN)
    with started("serve", "--scenario", "freeze", *options) as first:
        shown = read_until(url_of(first), has_events=True)
    playground = tmp_path / "fleet.toml"
    playground.write_text(
        'name = "again"\nhosts = [{name = "host-a"}]\navailability_sets = [{name = "web"}]\n'
        '[[vms]]\nname = "web-0"\nhost = "host-a"\navailability_set = "web"\n'
    )
    with started("serve", str(playground), *options) as second:
        assert read(url_of(second)) == shown


def test_plays_a_scenario_once(call: Call) -> None:
    """And says what happens as it does."""
    answer = call("serve", "--scenario", "freeze", "--once", "--speed", "1e6", "--listen", LISTEN)
    assert answer.code == 0
    said = re.sub(r"\(.{36}\)|:\d{4,5}\b", "", answer.out)
    steps = said.partition("Ctrl-C ends it.\n\n")[2].splitlines()
    assert steps[:4] == [
        "A Freeze is announced.",
        "  Freeze of web-0 : scheduled",
        "Approved by its tenants, or the notice is over: it starts.",
        "  Freeze of web-0 : started",
    ]
    assert steps[-1] == "  Freeze of web-0 : completed"


def test_prints_the_openapi_description(call: Call) -> None:
    """As JSON, and nothing else."""
    answer = call("serve", "--openapi")
    assert "/metadata/scheduledevents" in json.loads(answer.out)["paths"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), "expected a FLEET or a --scenario, found neither"),
        (("--scenario", "frost"), "found 'frost'"),
        (("one-vm", "--once"), "expected a --scenario for --once"),
        (("--scenario", "freeze", "--speed", "nan"), "--speed: expected a number from 0.001 to"),
        (("one-vm", "--listen", "localhost"), "found 'localhost'"),
        (("one-vm", "--listen", "127.0.0.1:0=web-9"), "found 'web-9'"),
        (("one-vm", "--listen", "127.0.0.1:0"), "found no VM with an address"),
        (("one-vm", "--listen", "192.0.2.1=web-0"), "192.0.2.1:80: expected to listen there"),
        (("one-vm", "--state", "/nowhere/events"), "no directory /nowhere"),
        (("nothing.toml",), "nothing.toml"),
    ],
)
def test_says_what_is_wrong(call: Call, arguments: tuple[str, ...], expected: str) -> None:
    """With exit code 2, before anything is served."""
    answer = call("serve", *arguments)
    assert answer.code == 2
    assert expected in answer.err
    assert answer.out == ""


def test_warns_where_others_can_reach_it() -> None:
    """Every process on a network could read and approve there."""
    listen = ("--listen", "0.0.0.0:0=web-0")
    with started("serve", "--scenario", "cancelled-freeze", *listen) as process:
        url_of(process)
        process.terminate()
        _, err = process.communicate(timeout=20)
    assert err.startswith("Not only this machine can reach it")
