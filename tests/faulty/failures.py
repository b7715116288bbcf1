"""Wrong controllers that take a failure, an agent that does not answer, or an end, wrongly.

They know what the protocol offers to users' own policies, and use nothing else.
"""

from __future__ import annotations

from freezeframe.lifecycles import VmStatus
from freezeframe.protocol import controller
from freezeframe.protocol.components import VM, Host
from freezeframe.protocol.language import Duration, Rule, exceeded, promptly, require

from .changed import Changed, changed


def _schedule_anyway(host: Host) -> None:
    host.pull("schedule")
    require(not host.has_new_software, "the host runs the old software")
    require(host.attempts_left > 0, "the host has an attempt left")


class ContinuesAfterFailure(Changed):
    """Goes on with the next host, whatever happened to the last."""

    changes = {"schedule": {"head": _schedule_anyway}}  # noqa: RUF012 (never written)


def _return_in_silence(host: Host) -> None:
    host.pull("return_to_service")
    promptly()


class SoundsNoAlarm(Changed):
    """Tells nobody that a host has used up its attempts."""

    changes = {"return_to_service": {"head": _return_in_silence}}  # noqa: RUF012 (never written)


class WaitsForTheAgentForEver(Changed):
    """Tells nobody that a guest agent does not answer."""

    dropped = ("report_agent",)


def _be_ready_or_overdue(host: Host, vm: VM) -> None:  # noqa: ARG001 (names the head's host)
    require(not vm.is_held_by_maintenance, "maintenance holds no VM of the host")
    is_behind = vm.seen in {VmStatus.RESUMING, VmStatus.RESUMED}
    is_overdue = exceeded(vm.in_phase, Duration.CLOCK_SYNC)
    require(is_overdue or not is_behind, "every clock is set, or its agent is overdue")


class PretendsThatTheClockIsSet(Changed):
    """Puts a host back in service although the agent of a VM on it does not answer."""

    changes = {  # noqa: RUF012 (never written)
        "return_to_service": {
            "each": (_be_ready_or_overdue, controller.leave_set, controller.withdraw_event)
        },
    }


# Without end


def _schedule_at_once(host: Host) -> None:
    host.pull("schedule")
    require(not host.has_new_software, "the host runs the old software")
    promptly()


def _think_again(host: Host) -> None:
    host.pull("withdraw")
    promptly()


class ChangesItsMind(Changed):
    """Takes back at once what it scheduled, and schedules it at once again: time never passes."""

    changes = {"withdraw": {"head": _think_again}}  # noqa: RUF012 (never written)

    def rules(self) -> tuple[Rule, ...]:
        return changed(super().rules(), "schedule", head=_schedule_at_once)
