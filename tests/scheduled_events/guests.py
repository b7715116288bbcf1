"""A customer's client inside a guest of the lab: it reads, notes down, and may approve.

Owns the client and its notes. It must not know what is served to it. It has only the shell of the
guest, and does without `-T`, on which the statically linked busybox of Debian 12 crashes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from freezeframe.fleet import Fleet, read_fleet
from tests.lab.layout import METADATA_ADDRESS
from tests.lab.processes import wait_for

if TYPE_CHECKING:
    from tests.lab.host import Guest
    from tests.lab.laboratory import Lab

SECONDS_MAX = 60.0
NOTES = "/run/documents"
WORK_SECONDS = 3
"""What a guest does before it approves; others read of its event meanwhile."""

CLIENT = f"""
url='http://{METADATA_ADDRESS}/metadata/scheduledevents?api-version=2020-07-01'
get="busybox wget -q -O -"
mine='s/.*"EventId": "\\([^"]*\\)", "EventStatus": "Scheduled".*"Resources": \\["WHOSE"\\].*/\\1/p'
while :; do
  document=$($get --header 'Metadata: true' "$url") || document=$last
  if [ "$document" != "$last" ]; then
    echo "$document" >>{NOTES}
    last=$document
    for id in $(echo "$document" | busybox tr '{{' '\\n' | busybox sed -n "$mine"); do
      (
        busybox sleep {WORK_SECONDS}
        $get --header 'Metadata: true' \\
          --post-data "{{\\"StartRequests\\": [{{\\"EventId\\": \\"$id\\"}}]}}" "$url"
      ) &
    done
  fi
  busybox usleep 500000
done
"""
"""Keeps every document that is not as the last one, and approves events about WHOSE after work."""


@dataclass(frozen=True)
class Sight:
    """What a guest read of one event: its entry each time that it was another one."""

    entries: tuple[Mapping[str, Any], ...]

    @property
    def statuses(self) -> list[str]:
        """Its statuses, in order."""
        return [entry["EventStatus"] for entry in self.entries]


def with_addresses(lab: Lab) -> Fleet:
    """The fleet of a lab, each VM with an address on the guests' network."""
    fleet = read_fleet(lab.fleet_file)
    addressed = (replace(vm, address=f"10.169.0.{n}") for n, vm in enumerate(fleet.vms, start=11))
    return replace(fleet, vms=tuple(addressed))


def begin_client(guest: Guest, fleet: Fleet, *, approves: bool = True) -> None:
    """Give a guest its address, and let its client run until the guest is gone."""
    (address,) = (vm.address for vm in fleet.vms if vm.name == guest.name)
    client = CLIENT.replace("WHOSE", guest.name if approves else "nobody")
    guest.run(
        f"busybox ip address add {address}/24 dev eth0 && busybox ip link set eth0 up && "
        f"busybox ip route add {METADATA_ADDRESS} dev eth0 && "
        f"busybox cat >/run/client <<'END'\n{client}\nEND\n"
        "busybox sh /run/client </dev/null >/dev/null 2>&1 &"
    )


def documents(
    guest: Guest, is_whole: Callable[[Sequence[Mapping[str, Any]]], bool]
) -> list[dict[str, Any]]:
    """What a guest has noted down, once that is whole."""

    def whole() -> list[dict[str, Any]] | None:
        noted = guest.run(f"[ ! -e {NOTES} ] || busybox cat {NOTES}")
        read = [json.loads(line) for line in noted.splitlines()]
        return read if is_whole(read) else None

    return wait_for(f"{guest.name} to have read all", whole, SECONDS_MAX)


def is_over(read: Sequence[Mapping[str, Any]]) -> bool:
    """Whether there were events, and now there are none."""
    return any(each["Events"] for each in read) and not read[-1]["Events"]


def seen_of(read: Sequence[Mapping[str, Any]], vm: str) -> Sight:
    """What was read of the only event that is about `vm`."""
    entries: list[Mapping[str, Any]] = []
    for document in read:
        mine = [each for each in document["Events"] if each["Resources"] == [vm]]
        entries += [each for each in mine if each not in entries]
    assert len({each["EventId"] for each in entries}) == 1, entries
    return Sight(tuple(entries))
