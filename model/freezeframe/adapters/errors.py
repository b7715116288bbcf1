"""What can go wrong with a hypervisor, by whose fault it is and what is known of the outcome.

Owns the error classes. Each names host, VM and operation, says what was expected and found, and
tells by its class whether anything may have changed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from freezeframe.fleet import FreezeframeError

if TYPE_CHECKING:
    from freezeframe.adapters.values import VmState


class AdapterError(FreezeframeError):
    """Something was asked of a hypervisor and was not done.

    `host`, `vm` (None if it is about the host) and `operation` say what was asked.
    """

    def __init__(self, text: str, *, host: str, operation: str, vm: str | None = None) -> None:
        """Report `text`, which says what was expected and found."""
        self.host, self.vm, self.operation, self.text = host, vm, operation, text
        place = host if vm is None else f"{vm} on {host}"
        super().__init__(f"{place}: {operation}: {text}")


class Unreachable(AdapterError):  # noqa: N818 (the noun says more than an Error would)
    """The host cannot be reached, so nothing was begun. The environment's fault; try later."""


class Refusal(StrEnum):
    """Why a request was refused."""

    UNKNOWN_VM = "unknown VM"
    NOT_MARKED = "not marked for freezeframe"
    ILLEGAL_STATE = "illegal in this state"
    NOT_OURS = "paused or stopped by somebody else"


class Refused(AdapterError):  # noqa: N818 (as above)
    """The request was not legal, so nothing was tried. The caller's fault.

    `reason` says why, and `found` is the VM's state then, None if there is no such VM.
    """

    def __init__(
        self,
        text: str,
        *,
        reason: Refusal,
        host: str,
        operation: str,
        vm: str | None = None,
        found: VmState | None = None,
    ) -> None:
        """Report `text` with the reason before it."""
        super().__init__(f"{reason}: {text}", host=host, operation=operation, vm=vm)
        self.reason, self.found = reason, found


class Failed(AdapterError):  # noqa: N818 (as above)
    """It was tried and had no effect. The hypervisor's fault; it may work the next time."""


class CapabilityError(AdapterError):
    """The hypervisor, or this VM, cannot do it at all; the text tells what is missing."""


class OutcomeUnknown(AdapterError):  # noqa: N818 (as above)
    """It may have been done, or may yet be done; look at the state before anything else."""


class TimedOut(OutcomeUnknown):
    """There was no answer by the deadline."""


class ConnectionLost(OutcomeUnknown):
    """The connection broke before the answer came."""


class AdapterUriError(FreezeframeError):
    """A URI names no adapter, or an adapter that does not understand the rest of it."""
