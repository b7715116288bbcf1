"""Adapters that lose memory, or tell wrongly what is in it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

from freezeframe.adapters import Call, Fingerprint, Sampling
from freezeframe.adapters.simulated import SimulatedAdapter
from freezeframe.adapters.simulated.guest import PAGE_BYTES
from freezeframe.adapters.simulated.machine import Machine
from freezeframe.lifecycles import VmStatus

from .calls import Mapped


class _Spoils(SimulatedAdapter):
    """Does something to a guest each time a pause or a resume of ours has completed."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        owners = [getattr(each, "__self__", None) for each in self.simulated.listeners]
        if not any(isinstance(each, _Spoils) for each in owners):  # one is enough for a host
            self.simulated.listeners.append(self._heard)

    def _heard(self, machine: Machine, is_ours: bool) -> None:  # noqa: FBT001 (a listener's form)
        if is_ours and machine.status is VmStatus.PAUSED:
            self.paused(machine)
        elif is_ours and machine.status is VmStatus.RUNNING:
            self.resumed(machine)

    def paused(self, machine: Machine) -> None:
        """A pause has completed."""

    def resumed(self, machine: Machine) -> None:
        """A resume has completed."""


class FlipsABit(_Spoils):
    """A bit of one page is another after the pause."""

    def resumed(self, machine: Machine) -> None:
        machine.guest.memory[PAGE_BYTES + 17] ^= 1


class LosesAPage(_Spoils):
    """A page is blank from the moment of the pause on."""

    def paused(self, machine: Machine) -> None:
        machine.guest.memory[PAGE_BYTES : 2 * PAGE_BYTES] = bytes(PAGE_BYTES)


class WritesDuringThePause(_Spoils):
    """Something goes on writing into memory after the pause has completed."""

    def paused(self, machine: Machine) -> None:
        def write() -> None:
            if machine.status is VmStatus.PAUSED:
                machine.guest.memory[17] = (machine.guest.memory[17] + 1) % 256
                self.simulated.time.plan(50, write)

        self.simulated.time.plan(50, write)


class ResumesFromAnOldCopy(_Spoils):
    """From the second pause on, VMs resume with the memory of the first."""

    def __init__(self, *given: Any, **named: Any) -> None:
        """Have no copy yet."""
        super().__init__(*given, **named)
        self._copies: dict[str, bytes] = {}

    def paused(self, machine: Machine) -> None:
        self._copies.setdefault(machine.name, bytes(machine.guest.memory))

    def resumed(self, machine: Machine) -> None:
        machine.guest.memory[:] = self._copies[machine.name]


class RebootsInsteadOfResuming(_Spoils):
    """VMs start afresh after the pause, with new memory."""

    def resumed(self, machine: Machine) -> None:
        now_ms = self.simulated.time.monotonic_ms()
        machine.guest.stand(now_ms)
        machine.guest.boot(now_ms)


class FingerprintsNothing(SimulatedAdapter):
    """The digest is the same whatever memory holds."""

    def fingerprint(
        self, vm: str, *, deadline_ms: int, sampling: Sampling | None = None
    ) -> Call[Fingerprint]:
        taken = super().fingerprint(vm, deadline_ms=deadline_ms, sampling=sampling)
        return Mapped(taken, lambda found: replace(found, digest="0" * 32))


class FingerprintsAtRandom(SimulatedAdapter):
    """The digest is another each time."""

    _numbers = itertools.count()

    def fingerprint(
        self, vm: str, *, deadline_ms: int, sampling: Sampling | None = None
    ) -> Call[Fingerprint]:
        taken = super().fingerprint(vm, deadline_ms=deadline_ms, sampling=sampling)
        return Mapped(taken, lambda found: replace(found, digest=f"{next(self._numbers):032x}"))


class FingerprintsAPart(SimulatedAdapter):
    """It says that it looked at all of memory, and looked at one page."""

    def fingerprint(
        self, vm: str, *, deadline_ms: int, sampling: Sampling | None = None
    ) -> Call[Fingerprint]:
        taken = super().fingerprint(
            vm, deadline_ms=deadline_ms, sampling=sampling or Sampling(pages=1, seed=0)
        )
        return Mapped(
            taken, lambda found: replace(found, sampling=sampling, read_bytes=found.total_bytes)
        )
