"""What guests, customers and operators may do meanwhile, and what the platform refuses them.

Guards on a customer's wishes are the platform's own admission: they keep VMs off a host that is
being maintained.
"""

from __future__ import annotations

from freezeframe.lifecycles import HostStatus, SetStatus, VmStatus

from .components import VM, Alarm, AvailabilitySet, Controller, Holder, Host, ScheduledEvent
from .controller import leave_set, withdraw_event
from .language import Actor, require, rule
from .topology import Attempts, Destination, Seat


@rule(actor=Actor.GUEST)
def approve(event: ScheduledEvent) -> None:
    """A guest agrees that its event starts before the notice time has passed."""
    event.pull("approve")
    event.was_approved = True


@rule(actor=Actor.CUSTOMER, budget="create")
def create(host: Host, vm: VM, controller: Controller) -> None:
    """A customer creates a VM."""
    require(host.status is HostStatus.IN_SERVICE, "the host takes VMs in")
    vm.boot_afresh("create")
    controller.hears_of(vm)


@rule(actor=Actor.CUSTOMER, budget="delete")
def delete(vm: VM, controller: Controller) -> None:
    """A customer deletes a VM that does not run."""
    vm.let_go("delete")
    controller.hears_of(vm)


@rule(actor=Actor.CUSTOMER, budget="start")
def start(host: Host, vm: VM, controller: Controller) -> None:
    """A customer starts a VM that does not run."""
    require(host.is_open, "nothing is being done beneath the VM")
    vm.boot_afresh("start")
    controller.hears_of(vm)


@rule(actor=Actor.CUSTOMER, budget="stop")
def stop(vm: VM, controller: Controller) -> None:
    """A customer stops a VM, be it paused."""
    vm.let_go("stop")
    vm.holder = Holder.OTHER
    controller.hears_of(vm)


@rule(actor=Actor.CUSTOMER, budget="move")
def move(host: Host, vm: VM, destination: Destination, seat: Seat) -> None:
    """A customer has a VM moved to another host."""
    require(host.is_open, "nothing is being done beneath the VM")
    require(destination.status is HostStatus.IN_SERVICE, "the destination takes VMs in")
    require(
        vm.status in {VmStatus.RUNNING, VmStatus.STOPPED},
        "the VM is running or stopped",
        stays="QEMU cannot migrate a paused VM without resuming it",
    )
    vm.place = seat


@rule(actor=Actor.CUSTOMER, budget="suspend")
def suspend(vm: VM, controller: Controller) -> None:
    """A customer pauses its own VM."""
    vm.pull("hold")
    vm.holder = Holder.OTHER
    controller.hears_of(vm)


@rule(actor=Actor.CUSTOMER, occasions=("suspend", "io_error"))
def release(host: Host, vm: VM, controller: Controller) -> None:
    """A customer lets a VM go on that maintenance did not pause."""
    require(
        vm.holder is Holder.OTHER,
        "somebody else paused the VM",
        stays="maintenance holds no VM while nothing is being done beneath it",
    )
    require(host.is_open, "nothing is being done beneath the VM")
    vm.let_go("release")
    controller.hears_of(vm)


@rule(actor=Actor.OPERATOR, each=(leave_set, withdraw_event), budget="cancel")
def cancel(host: Host) -> None:
    """An operator takes back a scheduled host."""
    host.pull("withdraw")


def go_on(alarm: Alarm, availability_set: AvailabilitySet) -> None:  # noqa: ARG001 (names the head's alarm)
    """Sets that were halted may begin domains again."""
    if availability_set.status is SetStatus.HALTED:
        availability_set.pull("go_on")


def allow_attempts(alarm: Alarm, host: Host, attempts: Attempts) -> None:  # noqa: ARG001 (names the head's alarm)
    """Hosts may be tried again."""
    host.attempts_left = host.attempts_left or attempts


@rule(actor=Actor.OPERATOR, each=(go_on, allow_attempts))
def clear_alarm(alarm: Alarm) -> None:
    """An operator has looked at the failure and lets the rollout go on."""
    require(alarm.is_raised, "a failure waits for an operator")
    alarm.is_raised = False


@rule(actor=Actor.OPERATOR, occasions=("power_loss",))
def repair(host: Host) -> None:
    """An operator brings back a host that lost power."""
    host.pull("repair")


RULES = (
    approve,
    create,
    delete,
    start,
    stop,
    move,
    suspend,
    release,
    cancel,
    clear_alarm,
    repair,
)
