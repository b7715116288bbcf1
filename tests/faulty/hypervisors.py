"""Wrong hypervisors and guest agents: each breaks one thing that maintenance relies upon."""

from __future__ import annotations

from freezeframe.lifecycles import VmStatus
from freezeframe.protocol.components import (
    VM,
    Controller,
    Host,
)
from freezeframe.protocol.language import (
    Duration,
    require,
    takes,
)

from .changed import Changed


def _lose_memory(vm: VM, controller: Controller) -> None:
    clock = vm.in_phase
    vm.complete_resume()
    takes(clock, Duration.RESUME)
    vm.memory_intact = False
    controller.hears_of(vm)


class LosesMemory(Changed):
    """A hypervisor that resumes VMs with other memory than they were paused with."""

    changes = {"resume_completed": {"head": _lose_memory}}  # noqa: RUF012 (never written)


def _resume_in_its_own_time(vm: VM, controller: Controller) -> None:
    vm.complete_resume()
    controller.hears_of(vm)


class ResumesSlowly(Changed):
    """A hypervisor that keeps no promise of how long a resume takes."""

    changes = {"resume_completed": {"head": _resume_in_its_own_time}}  # noqa: RUF012 (never written)


class NeverResumes(Changed):
    """A hypervisor that begins to resume VMs and does not finish."""

    dropped = ("resume_completed",)


class NeverPauses(Changed):
    """A hypervisor that begins to pause VMs and does not finish."""

    dropped = ("pause_completed",)


def _roll_back_in_its_own_time(host: Host) -> None:
    host.pull("rollback_completed")


class RollsBackSlowly(Changed):
    """A hypervisor that keeps no promise of how long a rollback takes."""

    changes = {"rollback_completed": {"head": _roll_back_in_its_own_time}}  # noqa: RUF012 (never written)


def _drag_along(vm: VM, other: VM) -> None:  # noqa: ARG001 (names the head's VM)
    if other.status is VmStatus.RUNNING:
        other.begin_pause()


class PausesANeighbour(Changed):
    """A hypervisor that pauses other VMs along with the one that it is told to pause."""

    changes = {"pause_completed": {"each": (_drag_along,)}}  # noqa: RUF012 (never written)


def _forget_the_clock(vm: VM) -> None:
    require(vm.seen is VmStatus.RESUMED, "the VM was seen resumed")
    takes(vm.in_phase, Duration.CLOCK_SYNC)
    vm.pull("clock_set")
    vm.observe()


class AgentLies(Changed):
    """A guest agent that says it set the clock, and did not."""

    changes = {"set_clock": {"head": _forget_the_clock}}  # noqa: RUF012 (never written)
