"""What the hypervisor does by itself: complete what was begun, within the time that it promises."""

from __future__ import annotations

from freezeframe.lifecycles import HostStatus, VmStatus

from .components import VM, Controller, Host
from .controller import look
from .language import Actor, Duration, require, rule, takes


@rule(actor=Actor.HYPERVISOR)
def pause_completed(vm: VM, controller: Controller) -> None:
    """A VM's virtual CPUs stand still."""
    require(vm.status is VmStatus.PAUSING, "the VM is pausing")
    takes(vm.paused_for, Duration.PAUSE)
    vm.pull("pause_completed")
    controller.hears_of(vm)


@rule(actor=Actor.HYPERVISOR)
def resume_completed(vm: VM, controller: Controller) -> None:
    """A VM's virtual CPUs run again; its clock is behind."""
    require(vm.status is VmStatus.RESUMING, "the VM is resuming")
    takes(vm.in_phase, Duration.RESUME)
    vm.complete_resume()
    controller.hears_of(vm)


@rule(actor=Actor.HYPERVISOR)
def update_completed(host: Host) -> None:
    """The new hosting environment is up."""
    require(host.status is HostStatus.UPDATING, "the host is updating")
    require(not host.is_hung, "the update makes progress")
    takes(host.in_phase, Duration.UPDATE)
    host.pull("update_completed")
    host.has_new_software = True


@rule(actor=Actor.HYPERVISOR)
def rollback_completed(host: Host) -> None:
    """The old hosting environment is up again."""
    require(host.status is HostStatus.ROLLING_BACK, "the host is rolling back")
    takes(host.in_phase, Duration.ROLLBACK)
    host.pull("rollback_completed")


@rule(actor=Actor.HYPERVISOR, each=(look,))
def restart_controller(controller: Controller) -> None:
    """The host that runs the controller starts it again, with its journal."""
    require(not controller.is_up, "the controller is down")
    takes(controller.down_for, Duration.RESTART)
    controller.is_up = True
    controller.down_for = type(controller.down_for)(0)


RULES = (
    pause_completed,
    resume_completed,
    update_completed,
    rollback_completed,
    restart_controller,
)
