"""Simulated hosts from a URI, or from a description of a fleet.

Owns the parameters of the scheme `simulated:`. It must not know how a host works.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from freezeframe.adapters.errors import AdapterUriError
from freezeframe.adapters.simulated.adapter import SimulatedAdapter
from freezeframe.adapters.simulated.choices import INJECTED, Choices, Fate, SeededChoices
from freezeframe.adapters.simulated.host import SimulatedHost, VmSpec
from freezeframe.adapters.simulated.virtual_time import VirtualTime
from freezeframe.fleet import Faults, Fleet
from freezeframe.fleet.errors import shown

SCHEME: Final = "simulated"
NUMBERS_MAX: Final = 10_000
"""Greatest value of any parameter but the seed."""

_DEFAULTS: Final[Mapping[str, int]] = {"vms": 2, "unmarked": 0, "pages": 16, "seed": 0}


@dataclass(frozen=True)
class Simulation:
    """Hosts that share one virtual time and one budget of faults."""

    time: VirtualTime
    fate: Fate
    hosts: Mapping[str, SimulatedHost]

    def connect(self, host: str) -> SimulatedAdapter:
        """A new connection to the host of that name."""
        return SimulatedAdapter(self.hosts[host], f"{SCHEME}:{host}")


def simulate(fleet: Fleet, choices: Choices, *, pages: int = 16) -> Simulation:
    """Every host of `fleet`, with its VMs, durations, kind of update and faults.

    Guests have `pages` pages of memory. What the fleet leaves open is left to `choices`. VMs stay
    on the host on which the fleet file puts them, and the crash of a controller is the business of
    whoever runs one.
    """
    time = VirtualTime()
    fate = Fate(choices, fleet.faults)
    seed = choices.integer(0, 2**32 - 1, "seed of the guests")
    hosts = {
        host.name: SimulatedHost(
            host.name,
            [VmSpec(vm.name, exists=vm.exists) for vm in fleet.vms if vm.host == host.name],
            time=time,
            fate=fate,
            timing=fleet.timing,
            pages=pages,
            seed=seed,
            update=fleet.kind_of_update(host),
        )
        for host in fleet.hosts
    }
    return Simulation(time, fate, hosts)


def open_uri(uri: str, *, marked: Collection[str] | None = None) -> SimulatedAdapter:
    """Start a host of its own for `simulated:NAME?vms=2&seed=0…` and connect to it.

    NAME is the host's, by default `simulated`. Its VMs are `vm-0`, `vm-1` and so on. Parameters,
    all optional: `vms`, `unmarked` (how many of them, the last ones, are not marked), `pages` of
    4 KiB that each has, `seed`, and how often each fault may happen, by its name in a fleet file.
    `marked` names the marked ones instead of `unmarked`.

    Raises:
        AdapterUriError: A parameter is not known or not a number in range.

    """
    rest = uri.removeprefix(f"{SCHEME}:")
    name, _, query = rest.partition("?")
    numbers = {**_DEFAULTS, **dict.fromkeys(INJECTED, 0), **_numbers(uri, query)}
    vms, first_unmarked = numbers["vms"], numbers["vms"] - numbers["unmarked"]
    names = [f"vm-{index}" for index in range(vms)]
    marks = names[: max(0, first_unmarked)] if marked is None else marked
    seed = numbers["seed"]
    faults = Faults(**{fault: numbers[fault] for fault in INJECTED})
    host = SimulatedHost(
        name or SCHEME,
        [VmSpec(vm, is_marked=vm in marks) for vm in names],
        time=VirtualTime(),
        fate=Fate(SeededChoices(seed), faults),
        pages=numbers["pages"],
        seed=seed,
    )
    return SimulatedAdapter(host, uri)


def _numbers(uri: str, query: str) -> Mapping[str, int]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True) if query else []
    except ValueError:
        found = shown(query)
        raise AdapterUriError(f"{uri}: expected parameters KEY=NUMBER, found {found}") from None
    found_keys: dict[str, int] = {}
    known = (*_DEFAULTS, *INJECTED)
    for key, text in pairs:
        if key not in known:
            raise AdapterUriError(
                f"{uri}: expected one of the parameters {', '.join(known)}; found {shown(key)}"
            )
        if key in found_keys:
            raise AdapterUriError(f"{uri}: {key}: expected it once, found it twice")
        least, most = (1 if key == "pages" else 0), (2**32 - 1 if key == "seed" else NUMBERS_MAX)
        is_number = text.isascii() and text.isdigit() and least <= int(text) <= most
        if not is_number:
            raise AdapterUriError(
                f"{uri}: {key}: expected a number from {least} to {most}, found {shown(text)}"
            )
        found_keys[key] = int(text)
    return found_keys
