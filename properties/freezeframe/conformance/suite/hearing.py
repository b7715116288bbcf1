"""Small questions that several tests ask of what they see and hear."""

from __future__ import annotations

from freezeframe.adapters import VmState
from freezeframe.conformance.rig import Rig


def others(rig: Rig) -> dict[str, VmState]:
    """Every VM of the host but the one under test, marked or not."""
    return {name: state for name, state in rig.vms().items() if name != rig.vm}


def heartbeats_during(rig: Rig, vm: str, periods: int) -> int:
    """How many heartbeats a guest makes in so many periods, once the last ones have been heard."""
    rig.notes.judges.add("witness")
    period_ms = rig.means.period_ms
    rig.wait_ms(period_ms)
    before = rig.means.ask(vm).heartbeats
    rig.wait_ms(periods * period_ms)
    return int(rig.means.ask(vm).heartbeats - before)
