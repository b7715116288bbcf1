"""What may go wrong, as often as the fleet file says."""

from __future__ import annotations

from freezeframe.lifecycles import HostStatus, VmStatus

from .components import VM, ZERO, Alarm, AvailabilitySet, Controller, Host, ScheduledEvent
from .language import Actor, require, rule

_TOLD_BY_EVENTS = frozenset({VmStatus.PAUSED, VmStatus.RESUMED, VmStatus.STOPPED, VmStatus.FAILED})
"""What no VM is at first, and nobody but an event told. An event that a VM runs says nothing new
where it was always thought to."""


@rule(actor=Actor.FAULT, budget="update_hang")
def hang_update(host: Host) -> None:
    """An update stops making progress."""
    require(host.status is HostStatus.UPDATING and not host.is_hung, "an update makes progress")
    host.is_hung = True


@rule(actor=Actor.FAULT, budget="update_failure")
def fail_update(host: Host) -> None:
    """An update fails, and the old hosting environment is put back."""
    host.pull("update_failed")


@rule(actor=Actor.FAULT, budget="pause_failure")
def fail_pause(vm: VM, controller: Controller) -> None:
    """A VM goes on running although it was to be paused."""
    vm.run_on()
    controller.hears_of(vm)


@rule(actor=Actor.FAULT, budget="resume_failure")
def fail_resume(vm: VM, controller: Controller) -> None:
    """A VM stays paused although it was to be resumed."""
    vm.pull("resume_failed")
    controller.hears_of(vm)


@rule(actor=Actor.FAULT, budget="agent_silent")
def silence_agent(vm: VM) -> None:
    """A guest agent does not answer in time, so its VM's clock has to be set once more."""
    require(vm.status is VmStatus.RESUMED, "the VM is resumed")
    vm.in_phase = ZERO


@rule(actor=Actor.FAULT, budget="agent_death")
def kill_agent(vm: VM) -> None:
    """A guest agent will never answer again; it matters once its VM's clock is to be set."""
    require(vm.status is VmStatus.RESUMED and vm.agent_answers, "the agent is asked, and answers")
    vm.agent_answers = False


@rule(actor=Actor.FAULT, budget="vm_crash")
def crash_vm(vm: VM, alarm: Alarm, controller: Controller) -> None:
    """A paused VM crashes."""
    require(vm.status is VmStatus.PAUSED, "the VM is paused")
    vm.fail()
    controller.hears_of(vm)
    alarm.sound()


def lose_vm(host: Host, vm: VM, controller: Controller) -> None:  # noqa: ARG001 (names the head's host)
    """Whatever was on the host is lost with it."""
    vm.fail()
    controller.hears_of(vm)


def lose_host(host: Host, availability_set: AvailabilitySet) -> None:
    """The host is no longer under maintenance, if it was."""
    if host.is_under_maintenance:
        availability_set.leave()


def end_event(host: Host, event: ScheduledEvent) -> None:  # noqa: ARG001 (names the head's host)
    """There is nothing left to announce."""
    event.withdraw()


@rule(actor=Actor.FAULT, each=(lose_vm, lose_host, end_event), budget="power_loss")
def lose_power(host: Host, alarm: Alarm) -> None:
    """A host loses power, and its VMs fail."""
    host.pull("lose_power")
    alarm.sound()


@rule(actor=Actor.FAULT, budget="controller_crash")
def crash_controller(controller: Controller) -> None:
    """The controller dies; it will know no more than its journal and what it then observes.

    It dies between steps, or after it journalled one and before it took it (`Rule.cut`), but never
    half-way through one: a step is one durable write, and what several tenants are shown of it
    follows from that write, however late.
    """
    require(controller.is_up, "the controller is up")
    controller.is_up = False


@rule(actor=Actor.FAULT, budget="event_lost")
def lose_event(vm: VM) -> None:
    """The event that tells of a VM's next change will not arrive."""
    require(not vm.is_deaf, "its next event is not lost yet")
    vm.is_deaf = True


@rule(actor=Actor.FAULT, budget="event_repeated")
def repeat_event(vm: VM) -> None:
    """The event that told what is known of a VM will be delivered once more, late."""
    require(vm.seen in _TOLD_BY_EVENTS, "an event told of the VM")
    require(vm.echo is None, "no event is delivered again")
    vm.echo = vm.seen


@rule(actor=Actor.FAULT, budget="io_error")
def stop_at_io_error(vm: VM, controller: Controller) -> None:
    """The hypervisor pauses a VM whose disk failed."""
    vm.hold()
    controller.hears_of(vm)


RULES = (
    hang_update,
    fail_update,
    fail_pause,
    fail_resume,
    silence_agent,
    kill_agent,
    crash_vm,
    lose_power,
    crash_controller,
    lose_event,
    repeat_event,
    stop_at_io_error,
)
