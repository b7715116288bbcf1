"""What libvirt's numbers for states and events mean in our words.

Owns the two tables. The numbers are part of libvirt's stable interface (virDomainState and the
reasons of each, virDomainEventType and the details of each), so the binding is not needed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Reason

Seen = tuple[VmStatus, Reason]

_PAUSED: Final[Mapping[int, Reason]] = {
    1: Reason.USER,
    2: Reason.MIGRATION,
    3: Reason.SAVE,
    4: Reason.DUMP,
    5: Reason.IO_ERROR,
    6: Reason.WATCHDOG,
    7: Reason.SNAPSHOT,
    8: Reason.SHUTTING_DOWN,
    9: Reason.SNAPSHOT,
    10: Reason.CRASHED,
    12: Reason.MIGRATION,
    13: Reason.MIGRATION,
}
_RUNNING: Final[Mapping[int, Reason]] = {
    1: Reason.BOOTED,
    2: Reason.MIGRATION,
    3: Reason.RESTORED,
    4: Reason.SNAPSHOT,
    5: Reason.UNPAUSED,
    6: Reason.MIGRATION,
    7: Reason.SAVE,
    8: Reason.UNPAUSED,
    9: Reason.CRASHED,
    10: Reason.MIGRATION,
}
_OFF: Final[Mapping[int, Seen]] = {
    1: (VmStatus.STOPPED, Reason.SHUT_DOWN),
    2: (VmStatus.STOPPED, Reason.DESTROYED),
    3: (VmStatus.FAILED, Reason.CRASHED),
    4: (VmStatus.STOPPED, Reason.MIGRATION),
    5: (VmStatus.STOPPED, Reason.SAVE),
    6: (VmStatus.FAILED, Reason.UNKNOWN),
    7: (VmStatus.STOPPED, Reason.SNAPSHOT),
}
_SHUT_OFF: Final = 5
_STARTING_UP: Final = (3, 11)
"""Its CPUs have not run yet, though libvirt has it as paused: nobody paused it, and it is still
off. A VM that is started to be paused is of reason USER.
"""
_STATUS: Final[Mapping[int, VmStatus]] = {
    1: VmStatus.RUNNING,
    2: VmStatus.RUNNING,  # blocked on a resource
    3: VmStatus.PAUSED,
    4: VmStatus.RUNNING,
    _SHUT_OFF: VmStatus.STOPPED,
    6: VmStatus.FAILED,
    7: VmStatus.PAUSED,
}
_REASONS: Final[Mapping[int, Mapping[int, Reason]]] = {1: _RUNNING, 2: _RUNNING, 3: _PAUSED}
_ONLY_REASON: Final[Mapping[int, Reason]] = {
    4: Reason.SHUTTING_DOWN,
    6: Reason.CRASHED,
    7: Reason.GUEST_SLEEP,
}
_STARTED: Final[Mapping[int, Reason]] = {
    0: Reason.BOOTED,
    1: Reason.MIGRATION,
    2: Reason.RESTORED,
    3: Reason.SNAPSHOT,
    4: Reason.UNPAUSED,
}
_SUSPENDED: Final[Mapping[int, Reason]] = {
    0: Reason.USER,
    1: Reason.MIGRATION,
    2: Reason.IO_ERROR,
    3: Reason.WATCHDOG,
    4: Reason.RESTORED,
    5: Reason.SNAPSHOT,
    7: Reason.MIGRATION,
    8: Reason.MIGRATION,
}
_RESUMED: Final[Mapping[int, Reason]] = {
    0: Reason.UNPAUSED,
    1: Reason.MIGRATION,
    2: Reason.SNAPSHOT,
    3: Reason.MIGRATION,
}


def of_state(state: int, reason: int) -> Seen:
    """What `virDomainGetState` tells."""
    if (state, reason) == _STARTING_UP:
        return VmStatus.STOPPED, Reason.STARTING_UP
    status = _STATUS.get(state, VmStatus.STOPPED)
    if state in _REASONS:
        return status, _REASONS[state].get(reason, Reason.UNKNOWN)
    if state == _SHUT_OFF:
        return _OFF.get(reason, (status, Reason.UNKNOWN))
    return status, _ONLY_REASON.get(state, Reason.UNKNOWN)


def of_event(event: int, detail: int) -> Seen | None:
    """What a lifecycle event tells; None if the state is not changed by it.

    That a domain was defined or undefined does not say whether it runs, so these are left to the
    caller.
    """
    by_event: Mapping[int, Seen] = {
        2: (VmStatus.RUNNING, _STARTED.get(detail, Reason.UNKNOWN)),
        3: (VmStatus.PAUSED, _SUSPENDED.get(detail, Reason.UNKNOWN)),
        4: (VmStatus.RUNNING, _RESUMED.get(detail, Reason.UNKNOWN)),
        # Details of STOPPED are the reasons of shut off, less one.
        5: _OFF.get(detail + 1, (VmStatus.STOPPED, Reason.UNKNOWN)),
        7: (VmStatus.PAUSED, Reason.GUEST_SLEEP),
        8: (VmStatus.FAILED, Reason.CRASHED),
    }
    return by_event.get(event)


def may_be_ours(status: VmStatus, reason: Reason) -> bool:
    """Whether a VM stands as one that we paused or shut down; the mark on it then tells.

    A daemon that was restarted no longer knows why a VM is off.
    """
    return (status, reason) in {
        (VmStatus.PAUSED, Reason.USER),
        (VmStatus.STOPPED, Reason.SHUT_DOWN),
        (VmStatus.STOPPED, Reason.UNKNOWN),
    }
