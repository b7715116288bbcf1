"""What an error of libvirt means: whose fault it is, and whether anything may have happened.

Owns the reading of libvirt's error codes. It must not know what was asked.
"""

from __future__ import annotations

from typing import Final

from freezeframe.adapters.errors import (
    AdapterError,
    CapabilityError,
    ConnectionLost,
    Failed,
    OutcomeUnknown,
    Refusal,
    Refused,
    TimedOut,
)
from freezeframe.adapters.libvirt.binding import Error

INTERNAL_ERROR, NO_SUPPORT, NO_DOMAIN, OPERATION_INVALID = 1, 3, 42, 55
OPERATION_TIMEOUT, ARGUMENT_UNSUPPORTED, OPERATION_UNSUPPORTED, AGENT_UNRESPONSIVE = 68, 74, 84, 86
"""virErrorNumber, a part of libvirt's stable interface."""

FROM_RPC: Final = 7
"""virErrorDomain of what fails on the way to a daemon or back; as stable."""

_LACKING: Final = frozenset({NO_SUPPORT, ARGUMENT_UNSUPPORTED, OPERATION_UNSUPPORTED})


def one_line(error: BaseException) -> str:
    """The text of an error, without line breaks."""
    return " ".join(str(error).split())


def is_of_the_way(error: Error) -> bool:
    """Whether it is of the way to a daemon, by any connection, so the answer may be lost."""
    return bool(error.get_error_domain() == FROM_RPC)


def translated(error: Error, *, host: str, operation: str, vm: str | None) -> AdapterError:
    """An error of libvirt as one of ours; for errors of a connection that is still alive."""
    code, text = error.get_error_code(), one_line(error)
    if code is None:  # wiped out by the binding, see `marks`
        text = f"expected an answer, found an error that says nothing more: {text}"
        return OutcomeUnknown(text, host=host, operation=operation, vm=vm)
    if code == NO_DOMAIN:
        text = f"expected a VM of this host, found: {text}"
        return Refused(text, reason=Refusal.UNKNOWN_VM, host=host, operation=operation, vm=vm)
    if code == OPERATION_INVALID:
        text = f"expected it to be legal, found: {text}"
        return Refused(text, reason=Refusal.ILLEGAL_STATE, host=host, operation=operation, vm=vm)
    is_absent = code == AGENT_UNRESPONSIVE and "not connected" in text
    is_unknown_to_agent = code == INTERNAL_ERROR and "not currently supported" in text
    if code in _LACKING or is_absent or is_unknown_to_agent:
        text = f"expected it to be supported, found: {text}"
        return CapabilityError(text, host=host, operation=operation, vm=vm)
    if code in {AGENT_UNRESPONSIVE, OPERATION_TIMEOUT}:
        text = f"expected an answer, found: {text}; its outcome is unknown"
        return TimedOut(text, host=host, operation=operation, vm=vm)
    text = f"expected it to be done, found: {text}"
    return Failed(text, host=host, operation=operation, vm=vm)


def lost(why: str, *, host: str, operation: str, vm: str | None) -> ConnectionLost:
    """The error of a call whose connection broke."""
    text = f"expected an answer, found the connection broken: {why}; its outcome is unknown"
    return ConnectionLost(text, host=host, operation=operation, vm=vm)
