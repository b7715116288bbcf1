"""Wrong controllers that treat VMs otherwise than the kind of the update allows.

They know what the protocol offers to users' own policies, and use nothing else.
"""

from __future__ import annotations

from freezeframe.fleet import UpdateKind
from freezeframe.lifecycles import HostStatus, VmStatus
from freezeframe.protocol import controller
from freezeframe.protocol.components import VM, Controller, Host
from freezeframe.protocol.language import promptly, require

from .changed import Changed


def _pause_whatever(host: Host, vm: VM) -> None:
    require(host.status is HostStatus.QUIESCING, "the host is quiescing")
    require(vm.seen is VmStatus.RUNNING, "the VM was seen running")
    vm.begin_pause()
    promptly()


class PausesForEveryUpdate(Changed):
    """Pauses VMs for updates that cannot preserve them."""

    dropped = ("shut_down",)
    changes = {"pause": {"head": _pause_whatever}}  # noqa: RUF012 (never written)


def _pause_without_a_note(host: Host, vm: VM, kind: UpdateKind) -> None:
    require(host.status is HostStatus.QUIESCING, "the host is quiescing")
    require(kind is UpdateKind.VM_PRESERVING, "the update preserves the VM")
    require(vm.seen is VmStatus.RUNNING, "the VM was seen running")
    vm.pull("begin_pause")
    vm.observe()
    promptly()


class KeepsNoJournalOfPauses(Changed):
    """Pauses VMs and does not write down that it did."""

    changes = {"pause": {"head": _pause_without_a_note}}  # noqa: RUF012 (never written)


def _shut_down_whatever(host: Host, vm: VM, controller: Controller) -> None:
    require(host.status is HostStatus.QUIESCING, "the host is quiescing")
    require(vm.seen is VmStatus.RUNNING, "the VM was seen running")
    vm.shut_down()
    controller.hears_of(vm)
    promptly()


class ShutsDownWhatItCouldPause(Changed):
    """Takes the road of disruptive updates for every update."""

    dropped = ("pause",)
    changes = {"shut_down": {"head": _shut_down_whatever}}  # noqa: RUF012 (never written)


class UpdatesBeneathRunningVms(Changed):
    """Does not wait until VMs stand still."""

    changes = {"begin_update": {"each": (controller.suffer,)}}  # noqa: RUF012 (never written)
