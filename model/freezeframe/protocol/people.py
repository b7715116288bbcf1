"""What guests, customers and operators may do meanwhile, and what the platform refuses them.

Guards on a customer's wishes are the platform's own admission: they keep VMs off a host that is
being maintained.
"""

from __future__ import annotations

from freezeframe.lifecycles import VM_RUNNING, EventStatus, Holder, HostStatus, SetStatus, VmStatus

from .components import VM, ZERO, Alarm, AvailabilitySet, Controller, Host, ScheduledEvent
from .controller import leave_set, withdraw_event
from .language import Actor, require, rule
from .topology import Attempts, Destination, Seat


@rule(actor=Actor.GUEST)
def approve(event: ScheduledEvent) -> None:
    """A guest agrees that its event starts before the notice time has passed."""
    require(event.status is EventStatus.SCHEDULED, "the event waits for approval")
    require(event.is_known, "the guest was shown the event")
    event.agree()


@rule(actor=Actor.GUEST, budget="poll_late")
def poll_late(event: ScheduledEvent) -> None:
    """A guest has not asked since its event was announced, so it does not know of it."""
    require(event.status is EventStatus.SCHEDULED, "the event waits for approval")
    require(event.is_known, "the guest was thought to know the event")
    event.is_known = False


@rule(actor=Actor.GUEST, occasions=("poll_late",))
def poll_events(event: ScheduledEvent) -> None:
    """A guest asks for its events at last."""
    require(event.is_current and not event.is_known, "there is something new to be shown")
    event.is_known = True


@rule(actor=Actor.GUEST, budget="approve_again")
def approve_again(event: ScheduledEvent) -> None:
    """A guest approves its event once more, or too late."""
    require(event.is_known, "the guest was shown the event")
    require(event.status in {EventStatus.APPROVED, EventStatus.STARTED}, "nothing waits for it")
    event.hear(is_from_tenant=True)


@rule(actor=Actor.GUEST, budget="approve_for_another")
def approve_for_another(event: ScheduledEvent) -> None:
    """A guest approves an event that is another tenant's."""
    require(event.is_current, "the event is shown to its tenant")
    event.hear(is_from_tenant=False)


@rule(actor=Actor.CUSTOMER, budget="create")
def create(host: Host, vm: VM, controller: Controller) -> None:
    """A customer creates a VM."""
    require(host.status is HostStatus.IN_SERVICE, "the host takes VMs in")
    vm.boot_afresh("create")
    controller.hears_of(vm)


@rule(actor=Actor.CUSTOMER, budget="delete")
def delete(vm: VM, controller: Controller) -> None:
    """A customer deletes a VM that does not run."""
    vm.turn_off("delete")
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
    vm.turn_off("stop")
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
    require(
        vm.status in VM_RUNNING,
        "nothing is being done to the VM",
        stays="libvirt lets one job at a time change a domain",
    )
    vm.hold()
    controller.hears_of(vm)


@rule(actor=Actor.CUSTOMER, occasions=("suspend", "io_error"))
def release(host: Host, vm: VM, controller: Controller) -> None:
    """A customer lets a VM go on that maintenance did not pause."""
    require(
        vm.stopped_by is Holder.OTHER,
        "somebody else paused the VM",
        stays="maintenance holds no VM while nothing is being done beneath it",
    )
    require(host.is_open, "nothing is being done beneath the VM")
    vm.release()
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
    host.has_failed = False


def forgive(alarm: Alarm, vm: VM) -> None:  # noqa: ARG001 (names the head's alarm)
    """VMs that failed were looked at."""
    vm.has_failed = False


@rule(actor=Actor.OPERATOR, each=(go_on, allow_attempts, forgive))
def clear_alarm(alarm: Alarm) -> None:
    """An operator has looked at the failure and lets the rollout go on."""
    require(alarm.is_raised, "a failure waits for an operator")
    alarm.is_raised = False


@rule(actor=Actor.OPERATOR, occasions=("agent_death",))
def mend_agent(vm: VM, alarm: Alarm) -> None:
    """An operator whom an alarm called makes a guest agent answer again."""
    require(not vm.agent_answers, "the agent does not answer")
    require(alarm.is_raised, "a failure waits for an operator")
    vm.agent_answers = True
    vm.in_phase = ZERO


@rule(actor=Actor.OPERATOR, occasions=("power_loss",))
def repair(host: Host) -> None:
    """An operator brings back a host that lost power."""
    host.pull("repair")


RULES = (
    approve,
    poll_late,
    poll_events,
    approve_again,
    approve_for_another,
    create,
    delete,
    start,
    stop,
    move,
    suspend,
    release,
    cancel,
    clear_alarm,
    mend_agent,
    repair,
)
