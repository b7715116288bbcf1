"""What the controller may do: maintain hosts, keep the pause limit, halt after a failure.

Which host may begin is the policy's affair (`policies`); these guards hold under every policy. A
guard that reads what the controller saw (`seen`) relies on events; one that reads a status asks the
hypervisor at that moment.
"""

from __future__ import annotations

from freezeframe.fleet import UpdateKind
from freezeframe.lifecycles import EventStatus, HostStatus, VmStatus

from .components import VM, Alarm, AvailabilitySet, Controller, Host, ScheduledEvent
from .language import (
    Actor,
    Deadline,
    Duration,
    by,
    exceeded,
    promptly,
    reached,
    refuse,
    require,
    rule,
    takes,
)

_REFUSED = (
    "the hypervisor refuses what the VM's lifecycle does not allow; asking in vain costs time"
)


def suffer(host: Host, vm: VM, kind: UpdateKind) -> None:  # noqa: ARG001 (names the head's host)
    """What runs while the hosting environment is replaced beneath it loses its memory; no rule can
    prevent that.
    """
    if kind is UpdateKind.NO_IMPACT:
        return
    if vm.executes or (kind is UpdateKind.DISRUPTIVE and vm.status is VmStatus.PAUSED):
        vm.memory_intact = False


def announce(host: Host, event: ScheduledEvent) -> None:  # noqa: ARG001 (names the head's host)
    """Tell each tenant of the host."""
    event.pull("announce")


@rule(actor=Actor.CONTROLLER, each=(announce,), is_journalled=True)
def schedule(host: Host, alarm: Alarm) -> None:
    """Choose a host for maintenance and announce it."""
    host.go("schedule")
    require(not host.has_new_software, "the host runs the old software")
    require(
        host.attempts_left > 0,
        "the host has an attempt left",
        stays="using up the attempts raises the alarm, which stops every host anyway",
    )
    require(not alarm.is_raised, "no failure waits for an operator")


def leave_set(host: Host, availability_set: AvailabilitySet) -> None:  # noqa: ARG001 (names the head's host)
    """Each set of the host counts one host less under maintenance."""
    availability_set.leave()


def withdraw_event(host: Host, event: ScheduledEvent) -> None:  # noqa: ARG001 (names the head's host)
    """Tell each tenant that the event is over."""
    event.withdraw()


@rule(actor=Actor.CONTROLLER, each=(leave_set, withdraw_event), is_journalled=True)
def withdraw(host: Host, alarm: Alarm) -> None:
    """Take back a scheduled host, because something failed meanwhile."""
    host.go("withdraw")
    require(alarm.is_raised, "a failure waits for an operator")


def start_event(host: Host, event: ScheduledEvent) -> None:  # noqa: ARG001 (names the head's host)
    """Each tenant's event starts."""
    require(
        event.status is EventStatus.APPROVED or reached(event.announced_for, Deadline.NOTICE),
        "each tenant approved, or had its notice",
    )
    event.pull("start")


@rule(actor=Actor.CONTROLLER, each=(start_event,), is_journalled=True)
def quiesce(host: Host, alarm: Alarm) -> None:
    """Begin to impact the VMs of a scheduled host."""
    host.go("quiesce")
    require(not alarm.is_raised, "no failure waits for an operator")


@rule(actor=Actor.CONTROLLER, is_journalled=True)
def pause(host: Host, vm: VM, kind: UpdateKind) -> None:
    """Begin to stop a VM's virtual CPUs; its memory stays in RAM."""
    require(host.phase is HostStatus.QUIESCING, "the host is quiescing")
    require(kind is UpdateKind.VM_PRESERVING, "the update preserves the VM")
    require(vm.seen is VmStatus.RUNNING, "the VM was seen running", stays=_REFUSED)
    vm.begin_pause()
    promptly()


@rule(actor=Actor.CONTROLLER, is_journalled=True)
def shut_down(host: Host, vm: VM, kind: UpdateKind, controller: Controller) -> None:
    """Shut down a VM that the update cannot preserve, be it that others paused it."""
    require(host.phase is HostStatus.QUIESCING, "the host is quiescing")
    require(kind is UpdateKind.DISRUPTIVE, "the update cannot preserve the VM")
    require(
        vm.seen in {VmStatus.RUNNING, VmStatus.PAUSED},
        "the VM was seen running or paused",
        stays=_REFUSED,
    )
    vm.shut_down()
    controller.hears_of(vm)
    promptly()


def stand_still(host: Host, vm: VM, kind: UpdateKind) -> None:
    """Whatever the update would harm stands still."""
    if kind is not UpdateKind.NO_IMPACT:
        is_safe = vm.is_off if kind is UpdateKind.DISRUPTIVE else vm.stands_still
        require(is_safe, "every VM on the host was seen to stand still")
    if vm.is_paused_by_maintenance:
        is_late = reached(vm.paused_for, Deadline.ABORT)
        require(not is_late, "there is time to roll back and resume")
    suffer(host, vm, kind)


@rule(actor=Actor.CONTROLLER, each=(stand_still,), is_journalled=True)
def begin_update(host: Host) -> None:
    """Replace the hosting environment beneath the VMs."""
    host.go("begin_update")
    promptly()


@rule(actor=Actor.CONTROLLER)
def abandon(host: Host, vm: VM) -> None:
    """Give up a quiescing host while there is just time to resume."""
    host.go("abandon")
    if not vm.is_paused_by_maintenance:
        refuse()
    require(reached(vm.paused_for, Deadline.ABANDON), "the time left is just enough to resume")
    by(vm.paused_for, Deadline.ABANDON)


@rule(actor=Actor.CONTROLLER, is_journalled=True)
def abort(host: Host, vm: VM) -> None:
    """Roll an update back while there is just time to roll back and resume."""
    host.go("abort")
    if not vm.is_paused_by_maintenance:
        refuse()
    require(
        reached(vm.paused_for, Deadline.ABORT),
        "the time left is just enough to roll back and resume",
    )
    by(vm.paused_for, Deadline.ABORT)


@rule(actor=Actor.CONTROLLER, is_journalled=True)
def give_up(host: Host) -> None:
    """Roll back an update that takes longer than an update ever should, though no pause is at
    stake.
    """
    require(exceeded(host.in_phase, Duration.UPDATE), "the update is overdue")
    host.go("abort")
    promptly()


@rule(actor=Actor.CONTROLLER, is_journalled=True)
def resume(host: Host, vm: VM) -> None:
    """Begin to start a VM's virtual CPUs again."""
    require(host.phase is HostStatus.RESTORING, "the host is being restored")
    require(vm.seen is VmStatus.PAUSED, "the VM was seen paused", stays=_REFUSED)
    require(vm.is_held_by_maintenance, "maintenance paused the VM")
    vm.begin_resume()
    promptly()


@rule(actor=Actor.CONTROLLER, is_journalled=True)
def boot(host: Host, vm: VM, controller: Controller) -> None:
    """Start a VM that maintenance had shut down."""
    require(host.phase is HostStatus.RESTORING, "the host is being restored")
    require(vm.seen is VmStatus.STOPPED, "the VM was seen stopped", stays=_REFUSED)
    require(vm.is_held_by_maintenance, "maintenance shut the VM down")
    vm.boot_afresh("boot")
    controller.hears_of(vm)
    promptly()


@rule(actor=Actor.CONTROLLER)
def set_clock(vm: VM) -> None:
    """Set a resumed VM's clock from the host's time, through its guest agent."""
    if not vm.agent_answers:
        refuse()
    require(vm.seen is VmStatus.RESUMED, "the VM was seen resumed", stays=_REFUSED)
    takes(vm.in_phase, Duration.CLOCK_SYNC)
    vm.set_clock()
    vm.observe()


@rule(actor=Actor.CONTROLLER, occasions=("agent_death",))
def report_agent(vm: VM, alarm: Alarm) -> None:
    """Raise the alarm over a guest agent that takes longer than one ever should."""
    require(
        vm.status is VmStatus.RESUMED,
        "the VM is resumed",
        stays="the time in a phase is the agent's only while the VM waits for its clock",
    )
    require(
        exceeded(vm.in_phase, Duration.CLOCK_SYNC),
        "the guest agent is overdue",
        stays="an alarm over an agent that has time left would halt the rollout for nothing",
    )
    require(not alarm.is_raised, "no failure waits for an operator", stays="one alarm is enough")
    alarm.sound()
    promptly()


def be_ready(host: Host, vm: VM) -> None:  # noqa: ARG001 (names the head's host)
    """No VM of the host still needs the controller."""
    require(not vm.is_held_by_maintenance, "maintenance holds no VM of the host")
    require(
        vm.seen not in {VmStatus.RESUMING, VmStatus.RESUMED},
        "every resumed VM was seen with its clock set",
    )


@rule(actor=Actor.CONTROLLER, each=(be_ready, leave_set, withdraw_event), is_journalled=True)
def return_to_service(host: Host, alarm: Alarm) -> None:
    """Put a host back in service; one that used up its attempts in vain raises the alarm."""
    host.go("return_to_service")
    if not host.has_new_software and host.attempts_left == 0:
        alarm.sound()
    promptly()


def be_back(availability_set: AvailabilitySet, vm: VM) -> None:  # noqa: ARG001 (names the head's set)
    """No VM of the set is down for maintenance."""
    require(
        not vm.is_held_by_maintenance,
        "maintenance holds no VM of the set",
        stays="a host that returned to service too early would be noticed here",
    )


@rule(actor=Actor.CONTROLLER, each=(be_back,))
def settle(availability_set: AvailabilitySet) -> None:
    """Let the next domain of a set begin."""
    clock = availability_set.in_phase
    availability_set.pull("settle")
    takes(clock, Duration.RECOVERY)


@rule(actor=Actor.CONTROLLER)
def halt(availability_set: AvailabilitySet, alarm: Alarm) -> None:
    """Begin no further domain of a set, because something failed."""
    availability_set.pull("halt")
    require(alarm.is_raised, "a failure waits for an operator")
    promptly()


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
    report_agent,
    return_to_service,
    settle,
    halt,
)
