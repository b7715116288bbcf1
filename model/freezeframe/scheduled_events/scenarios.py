"""Timelines of events as they are documented, for people who write clients.

Owns what happens in each, and after how long. It must not know how time passes, nor who watches.
Source of the timelines: Azure's Scheduled Events page (event lifecycle, minimum notice, the example
of a typical event) and its page on maintenance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from types import MappingProxyType
from typing import Final

from freezeframe.fleet import AvailabilitySet, Fleet, Host, VirtualMachine

from .changes import Announce, Cancel, Change, Complete, Fail, Revise, Start
from .contract import MINIMUM_NOTICE_MS, EventSource, EventType, ScheduledEventsError

IMPACT_MS: Final = 7_000
"""Typical impact of a freeze. Source: as above, the example of a typical event."""

STARTED_TO_REMOVED_MS: Final = 600_000
"""Typical time from the start of an event until it is removed. Source: as above."""

DEGRADED_NOTICE_MS: Final = 7 * 24 * 3_600_000
"""Notice before a host whose hardware is degraded is given up, where possible. Source: as above."""


@dataclass(frozen=True)
class Step:
    """Something that happens `after_ms`, counted from the step before it.

    `change` is about all events of the scenario's occasion; None is something that no document
    shows. `is_awaited` tells that it waits, instead, until the events may start.
    """

    text: str
    change: Change | None = None
    after_ms: int = 0
    is_awaited: bool = False


@dataclass(frozen=True)
class Scenario:
    """A timeline; `about` is one line, steps are in order."""

    name: str
    about: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Stage:
    """On whom a scenario is played: the VMs of one host, by tenant.

    Of each tenant only those of one update domain, for an event never spans two.
    """

    host: str
    groups: tuple[tuple[str, ...], ...]

    def changes(self, step: Step, speed: float) -> Iterator[Change]:
        """What a step changes, on this stage, where time runs `speed` times as fast."""
        change = step.change
        if isinstance(change, Announce):
            notice_ms = change.notice_ms
            if notice_ms is None:
                notice_ms = MINIMUM_NOTICE_MS[change.type]
            change = replace(change, notice_ms=round(notice_ms / speed))
        if isinstance(change, Announce | Fail):
            for group in self.groups:
                yield replace(change, occasion=self.host, resources=group)
        elif isinstance(change, Start | Revise | Complete | Cancel):
            yield replace(change, occasion=self.host)


def stage_of(fleet: Fleet) -> Stage:
    """The first host of `fleet` that carries VMs.

    Raises:
        ScheduledEventsError: There is none.

    """
    for host in fleet.hosts:
        vms = [vm for vm in fleet.vms if vm.host == host.name and vm.exists]
        if vms:
            vms.sort(key=_whose)
            groups: dict[str, tuple[str, ...]] = {}
            for (tenant, _), group in groupby(vms, key=_whose):
                groups.setdefault(tenant, tuple(vm.name for vm in group))
            return Stage(host.name, tuple(groups.values()))
    raise ScheduledEventsError(f"{fleet.name}: expected a host with a VM to play on, found none")


def find_scenario(name: str) -> Scenario:
    """The scenario of that name.

    Raises:
        ScheduledEventsError: There is none.

    """
    if name not in SCENARIOS:
        known = ", ".join(SCENARIOS)
        raise ScheduledEventsError(f"--scenario: expected one of {known}; found {name!r}")
    return SCENARIOS[name]


def playground_fleet() -> Fleet:
    """Two VMs of one set in different update domains, and a third one that is another tenant's."""
    return Fleet(
        name="playground",
        hosts=(Host("host-a"), Host("host-b", fault_domain=1)),
        vms=(
            VirtualMachine("web-0", "host-a", "web", 0),
            VirtualMachine("web-1", "host-b", "web", 1),
            VirtualMachine("other-0", "host-b"),
        ),
        availability_sets=(AvailabilitySet("web", 2),),
    )


def _whose(vm: VirtualMachine) -> tuple[str, int]:
    return vm.tenant, vm.update_domain or 0


_ANY: Final = ""  # the stage says where, and on whom

_FREEZE: Final = Step(
    "A Freeze is announced",
    Announce(
        _ANY,
        (),
        EventType.FREEZE,
        duration_seconds=IMPACT_MS // 1000,
        description="The host is updated; the VM is paused with its memory kept.",
    ),
)
_BEGINS: Final = Step(
    "Approved by its tenants, or the notice is over: it starts", Start(_ANY), is_awaited=True
)
_ENDS: Final = Step("The host is back in service", Complete(_ANY), STARTED_TO_REMOVED_MS)
_MOVED: Final = (
    Step("The VMs are shut down", after_ms=2_000),
    Step("The VMs boot on another host", after_ms=60_000),
    _ENDS,
)

_ALL: Final = (
    Scenario(
        "freeze",
        "a host is updated beneath its VMs, which are paused for some seconds",
        (
            _FREEZE,
            _BEGINS,
            Step("The VMs are paused", after_ms=2_000),
            Step("The VMs run again, and their clocks are set right", after_ms=IMPACT_MS),
            _ENDS,
        ),
    ),
    Scenario(
        "cancelled-freeze",
        "a freeze is announced, and withdrawn when another host shows a warning",
        (
            _FREEZE,
            Step("A health signal halts the rollout; nothing was done", Cancel(_ANY), 300_000),
        ),
    ),
    Scenario(
        "redeploy",
        "VMs are started anew on another host and lose their temporary disks",
        (
            Step(
                "A Redeploy is announced",
                Announce(
                    _ANY,
                    (),
                    EventType.REDEPLOY,
                    description="The VM is moved to another host; its temporary disk is lost.",
                ),
            ),
            _BEGINS,
            *_MOVED,
        ),
    ),
    Scenario(
        "degraded-hardware",
        "a host is about to fail; its VMs have days to leave",
        (
            Step(
                "A Redeploy is announced, days ahead",
                Announce(
                    _ANY,
                    (),
                    EventType.REDEPLOY,
                    description="The hardware of the host is degraded; the VM has to leave it.",
                    notice_ms=DEGRADED_NOTICE_MS,
                ),
            ),
            _BEGINS,
            *_MOVED,
        ),
    ),
    Scenario(
        "host-failure",
        "a host fails: the event has started before anybody can be told",
        (
            Step(
                "The host fails; a Reboot that has started is all that is shown",
                Fail(_ANY, (), EventType.REBOOT, "The host failed; the VM is started on another."),
            ),
            Step("The VMs boot on another host", after_ms=60_000),
            Step(
                "A second, shorter impact follows",
                Revise(_ANY, duration_seconds=5, description="The VM is paused once more."),
                120_000,
            ),
            _ENDS,
        ),
    ),
    Scenario(
        "user-reboot",
        "somebody reboots a VM from the portal",
        (
            Step(
                "A Reboot is announced, whose source is the user",
                Announce(
                    _ANY,
                    (),
                    EventType.REBOOT,
                    description="A user asked for the VM to be rebooted.",
                    source=EventSource.USER,
                ),
            ),
            _BEGINS,
            Step("The VMs reboot", after_ms=2_000),
            _ENDS,
        ),
    ),
)

SCENARIOS: Final[Mapping[str, Scenario]] = MappingProxyType({each.name: each for each in _ALL})
"""All of them, by name."""
