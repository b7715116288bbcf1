"""What the hypervisor does by itself: complete what was begun, within the time that it promises."""

from __future__ import annotations

from .components import VM, ZERO, Controller, Host
from .controller import suffer
from .knowledge import look, look_at_host
from .language import Actor, Duration, refuse, rule, takes


@rule(actor=Actor.HYPERVISOR)
def pause_completed(vm: VM, controller: Controller) -> None:
    """A VM's virtual CPUs stand still."""
    vm.complete_pause()
    takes(vm.paused_for, Duration.PAUSE)
    controller.hears_of(vm)


@rule(actor=Actor.HYPERVISOR)
def resume_completed(vm: VM, controller: Controller) -> None:
    """A VM's virtual CPUs run again; its clock is behind."""
    clock = vm.in_phase
    vm.complete_resume()
    takes(clock, Duration.RESUME)
    controller.hears_of(vm)


@rule(actor=Actor.HYPERVISOR, each=(suffer,))
def update_completed(host: Host) -> None:
    """The new hosting environment is up."""
    if host.is_hung:
        refuse()
    clock = host.in_phase
    host.pull("update_completed")
    takes(clock, Duration.UPDATE)
    host.has_new_software = True


@rule(actor=Actor.HYPERVISOR, each=(suffer,))
def rollback_completed(host: Host) -> None:
    """The old hosting environment is up again."""
    clock = host.in_phase
    host.pull("rollback_completed")
    takes(clock, Duration.ROLLBACK)


@rule(actor=Actor.HYPERVISOR, each=(look, look_at_host), occasions=("controller_crash",))
def restart_controller(controller: Controller) -> None:
    """The controller starts again, with its journal, and looks how things stand."""
    if controller.is_up:
        refuse()
    takes(controller.down_for, Duration.RESTART)
    controller.is_up = True
    controller.down_for = ZERO


RULES = (
    pause_completed,
    resume_completed,
    update_completed,
    rollback_completed,
    restart_controller,
)
