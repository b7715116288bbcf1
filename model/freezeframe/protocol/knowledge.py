"""How the controller comes to know of VMs: by events, and by looking for itself.

It must not know what the controller does with what it knows (`controller`).
"""

from __future__ import annotations

from .components import VM, Controller, Host
from .language import Actor, Duration, refuse, require, rule, takes


@rule(actor=Actor.CONTROLLER, occasions=("event_lost", "event_repeated", "controller_crash"))
def poll(vm: VM) -> None:
    """See for itself what no event told it."""
    require(
        vm.seen is not vm.status,
        "the controller's knowledge is out of date",
        stays="otherwise there is nothing to learn",
    )
    takes(vm.unseen_for, Duration.POLL)
    vm.observe()


@rule(actor=Actor.CONTROLLER, occasions=("event_repeated",))
def believe(vm: VM) -> None:
    """Take an event at its word."""
    echo = vm.echo
    if echo is None:
        refuse()
    require(echo is vm.seen, "the event is not older than what was seen")
    vm.believe(echo)
    vm.echo = None


@rule(actor=Actor.CONTROLLER, occasions=("event_repeated",))
def discard(vm: VM) -> None:
    """Drop an event that is older than what was seen since."""
    if vm.echo is None:
        refuse()
    require(
        vm.echo is not vm.seen,
        "the event is older than what was seen",
        stays="an event that tells what is known may be believed or dropped alike",
    )
    vm.echo = None


def look(controller: Controller, vm: VM) -> None:  # noqa: ARG001 (names the head's controller)
    """A controller that starts looks at every VM before it acts."""
    vm.observe()


def look_at_host(controller: Controller, host: Host) -> None:  # noqa: ARG001 (names the head's controller)
    """What it had written down of a host and did not do, it decides anew."""
    host.intended = None


RULES = (poll, believe, discard)
