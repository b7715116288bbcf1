"""Scheduled events from inside real guests of the lab, over their host's bridge."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from freezeframe.fleet import read_fleet, write_fleet
from tests.lab.fixtures import running_or_skip
from tests.lab.layout import METADATA_ADDRESS
from tests.lab.processes import wait_for
from tests.lab.requirements import program

if TYPE_CHECKING:
    from tests.lab.host import Guest
    from tests.lab.laboratory import Lab

ROOT = Path(__file__).parents[2]
SPEED = "60"
SECONDS_MAX = 60.0

CLIENT = """
url='http://169.254.169.254/metadata/scheduledevents?api-version=2020-07-01'
get="busybox wget -q -O -"
while :; do
  document=$($get --header 'Metadata: true' "$url") || document=$last
  if [ "$document" != "$last" ]; then
    echo "$document" >>/run/documents
    last=$document
    for id in $(echo "$document" | busybox tr '{' '\\n' |
      busybox sed -n 's/.*"EventId": "\\([^"]*\\)", "EventStatus": "Scheduled".*/\\1/p'); do
      $get --header 'Metadata: true' \\
        --post-data "{\\"StartRequests\\": [{\\"EventId\\": \\"$id\\"}]}" "$url"
    done
  fi
  busybox usleep 500000
done
"""
"""A customer's client: keeps every document that is not as the last one, and approves at once.

Without `-T`, on which the statically linked busybox of Debian 12 crashes.
"""


@pytest.fixture(scope="module")
def guests() -> Iterator[Lab]:
    """A host with two guests, which are of different sets."""
    with running_or_skip(hosts=1, guests=2) as held:
        yield held


def test_guests_see_a_scenario_through_from_inside(guests: Lab, tmp_path: Path) -> None:
    """Each by its address on the bridge: its own event, approved, started and removed."""
    addresses = {guest.name: f"10.169.0.{number}" for number, guest in enumerate(guests.guests, 11)}
    fleet = read_fleet(guests.fleet_file)
    vms = tuple(replace(vm, address=addresses[vm.name]) for vm in fleet.vms)
    (tmp_path / "fleet.toml").write_text(write_fleet(replace(fleet, vms=vms)))
    for guest in guests.guests:
        _begin_client(guest, addresses[guest.name])
    command = [program("nsenter"), "--net", "--target", str(guests.hosts[0].first_pid())]
    command += [sys.executable, "-m", "freezeframe.cli", "serve", str(tmp_path / "fleet.toml")]
    command += ["--scenario", "freeze", "--speed", SPEED, "--listen", METADATA_ADDRESS]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as service:
        try:
            seen = {guest.name: _documents(guest) for guest in guests.guests}
        finally:
            service.terminate()
    assert service.returncode == 0
    for name, documents in seen.items():
        events = [document["Events"] for document in documents if document["Events"]]
        assert [event["Resources"] for (event,) in events] == [[name]] * 2
        assert [event["EventStatus"] for (event,) in events] == ["Scheduled", "Started"]
        numbers = [document["DocumentIncarnation"] for document in documents]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _begin_client(guest: Guest, address: str) -> None:
    """Give a guest an address, and let its client run until the guest is gone."""
    guest.run(
        f"busybox ip address add {address}/24 dev eth0 && busybox ip link set eth0 up && "
        f"busybox ip route add {METADATA_ADDRESS} dev eth0 && "
        f"busybox cat >/run/client <<'END'\n{CLIENT}\nEND\n"
        "busybox sh /run/client </dev/null >/dev/null 2>&1 &"
    )


def _documents(guest: Guest) -> list[dict[str, Any]]:
    """What a guest has read, once an event that it read is gone."""

    def whole() -> list[dict[str, Any]] | None:
        read = [json.loads(line) for line in guest.run(_READ).splitlines()]
        has_ended = len(read) > 1 and not read[-1]["Events"]
        return read if has_ended and any(document["Events"] for document in read) else None

    return wait_for(f"an event of {guest.name} to be over", whole, SECONDS_MAX)


_READ = "[ ! -e /run/documents ] || busybox cat /run/documents"
