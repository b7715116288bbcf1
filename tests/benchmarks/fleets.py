"""Fleets of half a million to seven million states, within what the Promela model covers."""

from __future__ import annotations

from dataclasses import replace

from freezeframe.fleet import (
    AvailabilitySet,
    Faults,
    Fleet,
    Host,
    VirtualMachine,
    example,
)

TWO_TIERS = example("two-tiers")

FAILING = replace(
    TWO_TIERS, name="two tiers, failing", faults=Faults(update_hang=1, update_failure=1)
)

APART = replace(
    TWO_TIERS,
    name="three hosts apart",
    hosts=tuple(Host(f"host-{n}") for n in range(3)),
    vms=tuple(VirtualMachine(f"vm-{n}", f"host-{n}") for n in range(3)),
    availability_sets=(),
    faults=Faults(),
)

ONE_SET = replace(
    TWO_TIERS,
    name="one set on five hosts",
    hosts=tuple(Host(f"host-{n}") for n in range(5)),
    vms=tuple(VirtualMachine(f"vm-{n}", f"host-{n}", "set", n // 2) for n in range(5)),
    availability_sets=(AvailabilitySet("set", 3),),
    faults=Faults(update_hang=1),
)

UNLUCKY = replace(
    TWO_TIERS,
    name="two tiers, unlucky",
    faults=Faults(update_failure=1, pause_failure=1, power_loss=1, agent_silent=1),
)

FLEETS: tuple[Fleet, ...] = (FAILING, APART, ONE_SET, UNLUCKY)
