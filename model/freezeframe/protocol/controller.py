"""What the controller may do: maintain hosts, keep the pause limit, halt after a failure.

Which host may begin is the policy's affair (`policies`); these guards hold under every policy. A guard that reads
what the controller saw (`seen`) relies on events; one that reads a status asks the hypervisor at that moment.
"""

from __future__ import annotations

from freezeframe.fleet import UpdateKind
from freezeframe.lifecycles import EventStatus, HostStatus, SetStatus, VmStatus

from .components import VM, Alarm, AvailabilitySet, Controller, Host, ScheduledEvent
from .language import (
    Actor,
    Deadline,
    Duration,
    by,
    exceeded,
    promptly,
    reached,
    require,
    rule,
    takes,
)


def announce(host: Host, event: ScheduledEvent) -> None:  # noqa: ARG001 (names the head's host)
    """Tell each tenant of the host."""
    event.pull("announce")


@rule(actor=Actor.CONTROLLER, each=(announce,))
def schedule(host: Host, alarm: Alarm) -> None:
    """Choose a host for maintenance and announce it."""
    require(host.status is HostStatus.IN_SERVICE, "the host is in service")
    require(not host.has_new_software, "the host runs the old software")
    require(host.attempts_left > 0, "the host has an attempt left")
    require(not alarm.is_raised, "no failure waits for an operator")
    host.pull("schedule")


def leave_set(host: Host, availability_set: AvailabilitySet) -> None:  # noqa: ARG001 (names the head's host)
    """Each set of the host counts one host less under maintenance."""
    availability_set.leave()


def withdraw_event(host: Host, event: ScheduledEvent) -> None:  # noqa: ARG001 (names the head's host)
    """Tell each tenant that the event is over."""
    event.withdraw()


@rule(actor=Actor.CONTROLLER, each=(leave_set, withdraw_event))
def withdraw(host: Host, alarm: Alarm) -> None:
    """Take back a scheduled host, because something failed meanwhile."""
    require(host.status is HostStatus.SCHEDULED, "the host is scheduled")
    require(alarm.is_raised, "a failure waits for an operator")
    host.pull("withdraw")


def start_event(host: Host, event: ScheduledEvent) -> None:  # noqa: ARG001 (names the head's host)
    """Each tenant's event starts."""
    require(
        event.status is EventStatus.APPROVED or reached(event.announced_for, Deadline.NOTICE),
        "each tenant approved, or had its notice",
    )
    event.pull("start")


@rule(actor=Actor.CONTROLLER, each=(start_event,))
def quiesce(host: Host, alarm: Alarm) -> None:
    """Begin to impact the VMs of a scheduled host."""
    require(host.status is HostStatus.SCHEDULED, "the host is scheduled")
    require(not alarm.is_raised, "no failure waits for an operator")
    host.pull("quiesce")
    host.attempts_left -= 1


@rule(actor=Actor.CONTROLLER)
def pause(host: Host, vm: VM, kind: UpdateKind) -> None:
    """Begin to stop a VM's virtual CPUs; its memory stays in RAM."""
    require(host.status is HostStatus.QUIESCING, "the host is quiescing")
    require(kind is UpdateKind.VM_PRESERVING, "the update preserves the VM")
    require(vm.seen is VmStatus.RUNNING, "the VM was seen running")
    vm.begin_pause()
    promptly()


@rule(actor=Actor.CONTROLLER)
def shut_down(host: Host, vm: VM, kind: UpdateKind, controller: Controller) -> None:
    """Shut down a VM that the update cannot preserve."""
    require(host.status is HostStatus.QUIESCING, "the host is quiescing")
    require(kind is UpdateKind.DISRUPTIVE, "the update cannot preserve the VM")
    require(vm.seen is VmStatus.RUNNING, "the VM was seen running")
    vm.shut_down()
    controller.hears_of(vm)
    promptly()


def stand_still(host: Host, vm: VM, kind: UpdateKind) -> None:  # noqa: ARG001 (names the head's host)
    """What runs while the hosting environment is replaced beneath it loses its memory."""
    if kind is UpdateKind.NO_IMPACT:
        return
    require(vm.was_seen_still, "every VM on the host was seen to stand still")
    if vm.executes or (kind is UpdateKind.DISRUPTIVE and vm.status is VmStatus.PAUSED):
        vm.memory_intact = False


@rule(actor=Actor.CONTROLLER, each=(stand_still,))
def begin_update(host: Host) -> None:
    """Replace the hosting environment beneath the VMs."""
    require(host.status is HostStatus.QUIESCING, "the host is quiescing")
    host.pull("begin_update")
    promptly()


@rule(actor=Actor.CONTROLLER)
def abandon(host: Host, vm: VM) -> None:
    """Give up a quiescing host while there is just time to resume."""
    require(host.status is HostStatus.QUIESCING, "the host is quiescing")
    require(vm.is_held_by_maintenance, "maintenance holds the VM")
    require(reached(vm.paused_for, Deadline.ABANDON), "the time left is just enough to resume")
    host.pull("abandon")
    by(vm.paused_for, Deadline.ABANDON)


@rule(actor=Actor.CONTROLLER)
def abort(host: Host, vm: VM) -> None:
    """Roll an update back while there is just time to roll back and resume."""
    require(host.status is HostStatus.UPDATING, "the host is updating")
    require(vm.is_held_by_maintenance, "maintenance holds the VM")
    require(
        reached(vm.paused_for, Deadline.ABORT),
        "the time left is just enough to roll back and resume",
    )
    host.pull("abort")
    by(vm.paused_for, Deadline.ABORT)


@rule(actor=Actor.CONTROLLER)
def give_up(host: Host) -> None:
    """Roll back an update that takes longer than an update ever should, though no pause is at stake."""
    require(host.status is HostStatus.UPDATING, "the host is updating")
    require(exceeded(host.in_phase, Duration.UPDATE), "the update is overdue")
    host.pull("abort")
    promptly()


@rule(actor=Actor.CONTROLLER)
def resume(host: Host, vm: VM) -> None:
    """Begin to start a VM's virtual CPUs again."""
    require(host.status is HostStatus.RESTORING, "the host is being restored")
    require(vm.seen is VmStatus.PAUSED, "the VM was seen paused")
    require(vm.is_held_by_maintenance, "maintenance paused the VM")
    vm.begin_resume()
    promptly()


@rule(actor=Actor.CONTROLLER)
def boot(host: Host, vm: VM, controller: Controller) -> None:
    """Start a VM that maintenance had shut down."""
    require(host.status is HostStatus.RESTORING, "the host is being restored")
    require(vm.seen is VmStatus.STOPPED, "the VM was seen stopped")
    require(vm.is_held_by_maintenance, "maintenance shut the VM down")
    vm.boot_afresh("boot")
    controller.hears_of(vm)
    promptly()


@rule(actor=Actor.CONTROLLER)
def set_clock(vm: VM) -> None:
    """Set a resumed VM's clock from the host's time, through its guest agent."""
    require(vm.seen is VmStatus.RESUMED, "the VM was seen resumed")
    takes(vm.in_phase, Duration.CLOCK_SYNC)
    vm.pull("clock_set")
    vm.clock_right = True
    vm.observe()


def be_ready(host: Host, vm: VM) -> None:  # noqa: ARG001 (names the head's host)
    """No VM of the host still needs the controller."""
    require(not vm.is_held_by_maintenance, "maintenance holds no VM of the host")
    require(
        vm.seen not in {VmStatus.RESUMING, VmStatus.RESUMED},
        "every resumed VM was seen with its clock set",
    )


@rule(actor=Actor.CONTROLLER, each=(be_ready, leave_set, withdraw_event))
def return_to_service(host: Host, alarm: Alarm) -> None:
    """Put a host back in service; one that used up its attempts in vain raises the alarm."""
    require(host.status is HostStatus.RESTORING, "the host is being restored")
    host.pull("return_to_service")
    if not host.has_new_software and host.attempts_left == 0:
        alarm.sound()
    promptly()


def be_back(availability_set: AvailabilitySet, vm: VM) -> None:  # noqa: ARG001 (names the head's set)
    """No VM of the set is down for maintenance."""
    require(not vm.is_held_by_maintenance, "maintenance holds no VM of the set")


@rule(actor=Actor.CONTROLLER, each=(be_back,))
def settle(availability_set: AvailabilitySet) -> None:
    """Let the next domain of a set begin."""
    require(availability_set.status is SetStatus.RECOVERING, "the set is recovering")
    takes(availability_set.in_phase, Duration.RECOVERY)
    availability_set.pull("settle")


@rule(actor=Actor.CONTROLLER)
def halt(availability_set: AvailabilitySet, alarm: Alarm) -> None:
    """Begin no further domain of a set, because something failed."""
    require(alarm.is_raised, "a failure waits for an operator")
    availability_set.pull("halt")
    promptly()


@rule(actor=Actor.CONTROLLER)
def poll(vm: VM) -> None:
    """See for itself what no event told it."""
    require(vm.seen is not vm.status, "the controller's knowledge is out of date")
    takes(vm.unseen_for, Duration.POLL)
    vm.observe()


@rule(actor=Actor.CONTROLLER)
def believe(vm: VM) -> None:
    """Take an event at its word."""
    require(vm.echo is not None, "an event is delivered again")
    require(vm.echo is vm.seen, "the event is not older than what was seen")
    if vm.echo is not None:
        vm.believe(vm.echo)
    vm.echo = None


@rule(actor=Actor.CONTROLLER)
def discard(vm: VM) -> None:
    """Drop an event that is older than what was seen since."""
    require(vm.echo is not None, "an event is delivered again")
    require(vm.echo is not vm.seen, "the event is older than what was seen")
    vm.echo = None


def look(controller: Controller, vm: VM) -> None:  # noqa: ARG001 (names the head's controller)
    """A controller that starts looks at every VM before it acts."""
    vm.observe()


RULES = (
    schedule,
    withdraw,
    quiesce,
    pause,
    shut_down,
    begin_update,
    abandon,
    abort,
    give_up,
    resume,
    boot,
    set_clock,
    return_to_service,
    settle,
    halt,
    poll,
    believe,
    discard,
)
