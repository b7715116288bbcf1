"""Scheduled events from inside real guests of the lab, over their host's bridge."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from freezeframe.fleet import write_fleet
from tests.lab.fixtures import running_or_skip
from tests.lab.layout import METADATA_ADDRESS
from tests.lab.network import on_network_of

from .guests import begin_client, documents, is_over, seen_of, with_addresses

if TYPE_CHECKING:
    from tests.lab.laboratory import Lab

ROOT = Path(__file__).parents[2]
SPEED = "60"


@pytest.fixture(scope="module")
def guests() -> Iterator[Lab]:
    """A host with two guests, which are of different sets."""
    with running_or_skip(hosts=1, guests=2) as held:
        yield held


def test_guests_see_a_scenario_through_from_inside(guests: Lab, tmp_path: Path) -> None:
    """Each by its address on the bridge: its own event, approved, started and removed."""
    fleet = with_addresses(guests)
    (tmp_path / "fleet.toml").write_text(write_fleet(fleet))
    for guest in guests.guests:
        begin_client(guest, fleet)
    command = [*on_network_of(guests.hosts[0]), sys.executable, "-m", "freezeframe.cli", "serve"]
    command += [str(tmp_path / "fleet.toml"), "--scenario", "freeze", "--speed", SPEED]
    command += ["--listen", METADATA_ADDRESS]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as service:
        try:
            read = {guest.name: documents(guest, is_over) for guest in guests.guests}
        finally:
            service.terminate()
    assert service.returncode == 0
    for name, found in read.items():
        assert seen_of(found, name).statuses == ["Scheduled", "Started"]
        assert {vm for each in found for event in each["Events"] for vm in event["Resources"]} == {
            name
        }
        numbers = [document["DocumentIncarnation"] for document in found]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
