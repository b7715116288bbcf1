"""Hosts on which a recorded run can happen: simulated ones of its fleet, or real ones.

Owns that nothing is touched that is not marked for it, and that nothing is left paused. It must not
know what happens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from freezeframe.adapters import (
    Adapter,
    AdapterError,
    Observes,
    Pauses,
    SetsClock,
    open_adapter,
)
from freezeframe.adapters.recording import Maintains
from freezeframe.adapters.simulated import SimulatedHost, simulate
from freezeframe.fleet import Fleet, FreezeframeError
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Record, StepTaken
from freezeframe.protocol import Actor

from .script import Script

LOOK_MS: Final = 10_000
"""How long a host may take to list its VMs, and a VM to be resumed in the end."""

_NOT_OURS: Final = frozenset({Actor.FAULT, Actor.CUSTOMER})


@dataclass(frozen=True)
class Stage:
    """An adapter for each host of a run; `behind` are the hosts themselves, where they are
    simulated, so that what customers do and faults can happen as well.
    """

    adapters: Mapping[str, Maintains]
    behind: Mapping[str, SimulatedHost] = field(default_factory=dict)
    script: Script | None = None

    def close(self) -> None:
        """Let every VM run again that a run stopped, and let go of the hosts.

        Raises:
            FreezeframeError: A real VM could not be started again; the text names each.

        """
        left: list[str] = []
        for host, adapter in self.adapters.items():
            left += [f"{host}: {why}" for why in _undone(adapter)]
            adapter.close()
        if left and not self.behind:
            raise FreezeframeError(
                "--adapter: expected every VM to run again in the end; look after these: "
                + "; ".join(left)
            )


def simulated_stage(fleet: Fleet, records: Sequence[Record]) -> Stage:
    """Simulated hosts that take as long as `records` say, and fail where they do.

    Raises:
        FreezeframeError: A VM is moved, which simulated hosts cannot.

    """
    _refuse_moves(fleet, records)
    script = Script(records)
    simulation = simulate(fleet, script, pages=4)
    adapters = {host: simulation.connect(host) for host in simulation.hosts}
    return Stage(adapters, simulation.hosts, script)


def adapter_stage(uris: Mapping[str, str], records: Sequence[Record]) -> Stage:
    """Hosts at `uris`, by the names that they have in `records`.

    Raises:
        FreezeframeError: A host has no URI or cannot be opened, a VM of the run is not there and
            running, or is not marked for freezeframe, or the run is not of the controller alone.

    """
    _refuse_what_others_do(records)
    hosts = dict.fromkeys(record.host for record in records if record.host is not None)
    missing = [host for host in hosts if host not in uris]
    if missing:
        raise FreezeframeError(
            f"--adapter: expected HOST=URI for every host of the run, found none for "
            f"{', '.join(missing)}"
        )
    adapters: dict[str, Maintains] = {}
    stage = Stage(adapters)
    try:
        for host in hosts:
            adapter = open_adapter(uris[host])
            adapters[host] = _able(adapter)
            wanted = {each.vm for each in records if each.host == host and each.vm is not None}
            _refuse_unmarked(adapter, wanted)
    except FreezeframeError:
        for opened in adapters.values():
            opened.close()
        raise
    return stage


def _undone(adapter: Maintains) -> Iterator[str]:
    """Resume and boot what bears our mark; yields what could not be undone."""
    try:
        states = adapter.vms(deadline_ms=LOOK_MS) if isinstance(adapter, Observes) else ()
    except AdapterError as error:
        yield str(error)
        return
    for state in states:
        undo = {VmStatus.PAUSED: adapter.resume, VmStatus.STOPPED: adapter.boot}.get(state.status)
        if state.is_held and undo is not None:
            try:
                undo(state.name, deadline_ms=LOOK_MS).result()
            except AdapterError as error:
                yield str(error)


def _able(adapter: Adapter) -> Maintains:
    if not (isinstance(adapter, Pauses) and isinstance(adapter, SetsClock)):
        adapter.close()
        raise FreezeframeError(
            f"--adapter: {adapter.uri}: expected an adapter that pauses VMs and sets their clocks"
        )
    return cast("Maintains", adapter)  # what else it lacks is refused by itself


def _refuse_unmarked(adapter: object, wanted: set[str]) -> None:
    """Nothing is paused unless all is as the run needs it."""
    states = adapter.vms(deadline_ms=LOOK_MS) if isinstance(adapter, Observes) else ()
    found = {state.name: state for state in states}
    for name in sorted(wanted):
        state = found.get(name)
        if state is None or state.status is not VmStatus.RUNNING or not state.is_marked:
            what = "none" if state is None else f"one that is {state}"
            marked = "" if state is None or state.is_marked else " and not marked for freezeframe"
            raise FreezeframeError(
                f"--adapter: expected the VM {name} running and marked, found {what}{marked}; "
                "nothing was done"
            )


def _refuse_what_others_do(records: Sequence[Record]) -> None:
    steps = [each.fact for each in records if isinstance(each.fact, StepTaken)]
    others = [each.step for each in steps if each.actor in _NOT_OURS]
    if others:
        raise FreezeframeError(
            "--adapter: expected a run in which nothing but the maintenance acts, for only "
            f"simulated: lets faults and customers act too; found {', '.join(others[:3])}"
        )


def _refuse_moves(fleet: Fleet, records: Sequence[Record]) -> None:
    homes = {vm.name: vm.host for vm in fleet.vms}
    for record in records:
        if record.vm is not None and record.host != homes.get(record.vm):
            raise FreezeframeError(
                "--adapter: expected VMs to stay where the fleet file puts them, for simulated "
                f"hosts do not move any; found {record.vm} on {record.host}"
            )
