"""Planning takes no more steps than n log n: lines that run are counted, so no clock is asked."""

from __future__ import annotations

import sys
from collections.abc import Callable
from math import log2
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

import pytest

from freezeframe.fleet import AvailabilitySet, Fleet, Host, VirtualMachine, write_fleet
from freezeframe.fleet.consistency import inconsistencies
from freezeframe.fleet.document import parse_fleet
from freezeframe.maintenance.planning import plan
from freezeframe.protocol.policies import OneUpdateDomain

SMALL, LARGE = 250, 2_000
OWN = Path(inconsistencies.__code__.co_filename).parents[1]


def large_fleet(hosts: int, *, is_striped: bool) -> Fleet:
    """Four VMs on each host, and a set of five domains for every ten hosts."""
    random, names = Random(0), [f"set-{number}" for number in range(hosts // 10)]
    vms = tuple(
        VirtualMachine(
            f"vm-{host}-{seat}",
            f"host-{host}",
            name,
            host % 5 if is_striped else random.randrange(5),
        )
        for host in range(hosts)
        for seat, name in enumerate(random.sample(names, 4))
    )
    sets = tuple(AvailabilitySet(name, 5) for name in names)
    return Fleet("large", tuple(Host(f"host-{each}") for each in range(hosts)), vms, sets)


def lines_run(action: Callable[..., object], *arguments: object) -> int:
    """How many lines of freezeframe's own run meanwhile."""
    count = 0

    def line(_frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line"
        return line

    def called(frame: FrameType, _event: str, _: Any) -> Any:
        return line if frame.f_code.co_filename.startswith(str(OWN)) else None

    before = sys.gettrace()
    sys.settrace(called)
    try:
        action(*arguments)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("is_striped", [True, False], ids=["striped", "random"])
def test_planning_and_reading_take_no_more_steps_than_n_log_n(is_striped: bool) -> None:  # noqa: FBT001 (pytest calls it by name)
    fleets = [large_fleet(hosts, is_striped=is_striped) for hosts in (SMALL, LARGE)]
    texts = [write_fleet(fleet) for fleet in fleets]
    allowed = LARGE * log2(LARGE) / (SMALL * log2(SMALL))
    small, large = (lines_run(plan, fleet, OneUpdateDomain()) for fleet in fleets)
    assert 0 < large <= allowed * small
    small, large = (lines_run(parse_fleet, text, "large.toml") for text in texts)
    assert 0 < large <= allowed * small
