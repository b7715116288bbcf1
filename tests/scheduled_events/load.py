"""Many VMs that poll once a second, each from its own address, and an event for each meanwhile.

Owns the load and what is counted; the service runs in this process, the VMs in another one, which
is this module as a program. It must not know what counts as good.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from freezeframe.fleet import Fleet, Host, VirtualMachine
from freezeframe.scheduled_events import Announce, Approve, Complete, Start, placements_of
from freezeframe.scheduled_events.desk import Desk
from freezeframe.scheduled_events.keeping import new_state
from freezeframe.scheduled_events.service import Listener, served

ROOT = Path(__file__).parents[2]
PARTS = 5
"""A run in parts: nothing, announced, started, over, nothing. Each lasts several polls."""

HASTY = "hasty"
HASTY_PER_SECOND = 20
"""A VM that asks more than it may."""

Seen = tuple[int, tuple[tuple[str, str], ...]]
"""An incarnation, and the id and status of each event in that document."""


@dataclass
class Polls:
    """What one VM saw: each document that was not as the one before, and what it was answered."""

    documents: list[Seen] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0
    """From its first request to its last, which on a busy machine is longer than it should be."""


@dataclass(frozen=True)
class Outcome:
    """What all VMs saw, by name, and the statuses that each event went through, in order."""

    polls: dict[str, Polls]
    event_ids: dict[str, str]

    def latency_ms(self, share: float) -> float:
        """The latency that `share` of all requests, 0 to 1, did not exceed."""
        every = sorted(itertools.chain.from_iterable(p.latencies_ms for p in self.polls.values()))
        return every[min(len(every) - 1, int(share * len(every)))]


def address(number: int) -> str:
    """An address of loopback for each VM."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


def names(vms: int) -> list[str]:
    """The VMs; the last one is hasty."""
    return [f"vm-{number}" for number in range(vms)] + [HASTY]


def run(vms: int, seconds: int) -> Outcome:
    """Let `vms` VMs poll for `seconds`; each one's event starts and ends meanwhile."""
    fleet = Fleet(
        "many",
        (Host("host"),),
        tuple(VirtualMachine(vm, "host", address=address(n)) for n, vm in enumerate(names(vms))),
    )
    desk = Desk(new_state(placements_of(fleet)))
    with served(fleet, desk, [Listener("127.0.0.1", 0)]) as (opened,):
        command = [sys.executable, "-m", __name__, str(opened.port), str(vms), str(seconds)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as polling:
            assert polling.stdout is not None
            assert polling.stdout.readline() == "begun\n"
            ids: dict[str, str] = {}
            changing = threading.Thread(target=_change, args=(desk, vms, seconds, ids))
            changing.start()
            told = json.loads(polling.stdout.read())
            changing.join()
    return Outcome({vm: _polls(each) for vm, each in told.items()}, ids)


def _change(desk: Desk, vms: int, seconds: int, ids: dict[str, str]) -> None:
    """Announce, start and end each VM's event, spread over a part each."""
    begun, part = time.monotonic(), seconds / PARTS
    for number, vm in itertools.product(range(1, PARTS - 1), names(vms)[:-1]):
        due = begun + part * (number + int(vm.removeprefix("vm-")) / vms)
        time.sleep(max(0.0, due - time.monotonic()))
        if number == 1:
            state = desk.apply(Announce(vm, (vm,)))
            ids[vm] = state.events[vm, vm].event_id
            desk.apply(Approve(vm, (ids[vm],)))
        else:
            desk.apply(Start(vm) if number == 2 else Complete(vm))


def _polls(told: dict[str, Any]) -> Polls:
    documents = [(number, tuple(map(tuple, events))) for number, events in told["documents"]]
    statuses = Counter({int(status): count for status, count in told["statuses"].items()})
    return Polls(documents, statuses, told["latencies_ms"], told["seconds"])


async def _poll(vm: str, number: int, port: int, until: float, period: float) -> Polls:
    """One VM: a connection that is kept, and a request each `period`, however long one takes."""
    polls = Polls()
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, local_addr=(address(number), 0)
    )
    request = b"GET /metadata/scheduledevents?api-version=2020-07-01 HTTP/1.1\r\n"
    request += f"Host: {vm}\r\nMetadata: true\r\n\r\n".encode()
    due = begun = time.monotonic() + period * (number % 100) / 100
    while due < until:
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        due += period
        sent = time.monotonic()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
        body = json.loads(await reader.readexactly(length))
        polls.latencies_ms.append((time.monotonic() - sent) * 1000)
        status = int(head.split(b" ", 2)[1])
        polls.statuses[status] += 1
        if status == 200:
            events = tuple((each["EventId"], each["EventStatus"]) for each in body["Events"])
            seen = (body["DocumentIncarnation"], events)
            if polls.documents[-1:] != [seen]:
                polls.documents.append(seen)
    writer.close()
    polls.seconds = time.monotonic() - begun
    return polls


async def _poll_all(port: int, vms: int, seconds: int) -> dict[str, Polls]:
    until = time.monotonic() + seconds
    print("begun", flush=True)  # noqa: T201 (read by who started it)
    polling = {
        vm: _poll(vm, number, port, until, 1 / HASTY_PER_SECOND if vm == HASTY else 1.0)
        for number, vm in enumerate(names(vms))
    }
    return dict(zip(polling, await asyncio.gather(*polling.values()), strict=True))


if __name__ == "__main__":
    counted = asyncio.run(_poll_all(*map(int, sys.argv[1:])))
    print(json.dumps({vm: vars(polls) for vm, polls in counted.items()}))  # noqa: T201 (likewise)
