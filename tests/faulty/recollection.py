"""Wrong controllers that know the wrong thing: of VMs, of events, and of what they did before a
crash.

They know what the protocol offers to users' own policies, and use nothing else.
"""

from __future__ import annotations

from freezeframe.fleet import UpdateKind
from freezeframe.lifecycles import Holder, HostStatus, VmStatus
from freezeframe.protocol import controller, knowledge
from freezeframe.protocol.components import VM, Controller, Host
from freezeframe.protocol.language import Actor, refuse, require, rule

from .changed import Changed


class NeverLooks(Changed):
    """Relies on events alone."""

    dropped = ("poll",)


class RestartsBlindly(Changed):
    """Goes on after a crash with what it knew before, and relies on events."""

    dropped = ("poll",)
    changes = {"restart_controller": {"each": ()}}  # noqa: RUF012 (never written)


def _believe_all(vm: VM) -> None:
    echo = vm.echo
    if echo is None:
        refuse()
    vm.believe(echo)
    vm.echo = None


class BelievesOldEvents(Changed):
    """Takes a repeated event for news."""

    changes = {"believe": {"head": _believe_all}}  # noqa: RUF012 (never written)


def _update_as_far_as_known(host: Host, vm: VM, kind: UpdateKind) -> None:
    is_still = vm.seen not in {VmStatus.RUNNING, VmStatus.PAUSING, VmStatus.RESUMING}
    require(is_still, "every VM was seen to stand still, some time ago")
    controller.suffer(host, vm, kind)


class UpdatesOnOldNews(Changed):
    """Begins an update without looking once more whether all VMs stand still."""

    changes = {"begin_update": {"each": (_update_as_far_as_known,)}}  # noqa: RUF012 (never written)


# After a crash


def _take_for_done(controller: Controller, vm: VM) -> None:  # noqa: ARG001 (names the head's controller)
    done = {VmStatus.PAUSING: VmStatus.PAUSED, VmStatus.RESUMING: VmStatus.RESUMED}
    vm.believe(done.get(vm.seen, vm.seen))


class TakesWhatItJournalledForDone(Changed):
    """Looks at no VM after a crash: what its journal says that it began, it takes for done."""

    changes = {  # noqa: RUF012 (never written)
        "restart_controller": {"each": (_take_for_done, knowledge.look_at_host)},
        "begin_update": {"each": (_update_as_far_as_known,)},
    }


def _take_for_undone(controller: Controller, vm: VM) -> None:
    was_pausing = vm.seen is VmStatus.PAUSING
    controller.hears_of(vm)
    if was_pausing:
        vm.holder = Holder.NOBODY


class TakesWhatItBeganForUndone(Changed):
    """Strikes from its journal, after a crash, what it began and did not see done."""

    changes = {  # noqa: RUF012 (never written)
        "restart_controller": {"each": (_take_for_undone, knowledge.look_at_host)},
    }


@rule(actor=Actor.FAULT, budget="controller_crash")
def _pause_and_die(host: Host, vm: VM, controller: Controller) -> None:
    """The controller dies after it began to pause a VM, and before it writes that down."""
    require(controller.is_up and host.status is HostStatus.QUIESCING, "it is pausing VMs")
    vm.pull("begin_pause")
    controller.is_up = False


class JournalsWhatItDidAfterwards(Changed):
    """Writes down that it paused a VM once it has."""

    added = (_pause_and_die,)


class TakesPhasesOfHostsFromItsJournal(Changed):
    """Looks at no host after a crash: where its journal says that a host stands, it takes it to
    stand.
    """

    changes = {"restart_controller": {"each": (knowledge.look,)}}  # noqa: RUF012 (never written)
