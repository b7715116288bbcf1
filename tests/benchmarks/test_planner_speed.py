"""How long reading a fleet file and planning take, and how much memory a plan, as fleets grow;
each in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from math import log2

import pytest

SIZES = (1_000, 10_000, 100_000)
SLACK = 1.6
"""Machines are noisy, and caches smaller than large fleets."""

_PROGRAM = """
import json, sys, time, tracemalloc
from random import Random
from freezeframe.fleet import AvailabilitySet, Fleet, Host, VirtualMachine, write_fleet
from freezeframe.fleet.document import parse_fleet
from freezeframe.maintenance.planning import plan
from freezeframe.protocol.policies import OneUpdateDomain

hosts, shape = int(sys.argv[1]), sys.argv[2]
random, domains = Random(0), 5
names = [f"set-{number}" for number in range(hosts // 10)]
vms = tuple(
    VirtualMachine(
        f"vm-{host}-{seat}",
        f"host-{host}",
        name,
        host % domains if shape == "striped" else random.randrange(domains),
    )
    for host in range(hosts)
    for seat, name in enumerate(random.sample(names, 4))
)
fleet = Fleet(
    "large",
    tuple(Host(f"host-{number}") for number in range(hosts)),
    vms,
    tuple(AvailabilitySet(name, domains) for name in names),
)
text = write_fleet(fleet)
began = time.process_time()
parse_fleet(text, "large.toml")
reading = time.process_time() - began
del text
seconds = []
for _ in range(3):
    began = time.process_time()
    made = plan(fleet, OneUpdateDomain())
    seconds.append(time.process_time() - began)
tracemalloc.start()
plan(fleet, OneUpdateDomain())
peak = tracemalloc.get_traced_memory()[1]
print(json.dumps({"reading": round(reading, 2), "seconds": round(min(seconds), 3),
                  "mib": round(peak / 2**20, 1),
                  "waves": len(made.waves), "least": made.waves_min}))
"""


def measured(hosts: int, shape: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(hosts), shape],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    print(f"\n{shape}, {hosts:,} hosts, {4 * hosts:,} VMs: {found}")  # noqa: T201 (the figures)
    return found


@pytest.mark.parametrize("shape", ["striped", "random"])
def test_grows_no_faster_than_n_log_n(shape: str) -> None:
    found = [measured(hosts, shape) for hosts in SIZES]
    for (n, small), (m, large) in zip(
        zip(SIZES, found, strict=True), list(zip(SIZES, found, strict=True))[1:], strict=False
    ):
        allowed = SLACK * (m * log2(m)) / (n * log2(n))
        assert large["reading"] <= allowed * small["reading"]
        assert large["seconds"] <= allowed * small["seconds"]
        assert large["mib"] <= allowed * small["mib"]
