"""Hypervisors, seen and handled through one protocol.

It owns the names that others may use. Adapters are in the packages below it, or in packages of
others that register one; libvirt is imported only when a URI asks for it.
"""

from freezeframe.adapters.errors import (
    AdapterError,
    AdapterUriError,
    CapabilityError,
    ConnectionLost,
    Failed,
    OutcomeUnknown,
    Refusal,
    Refused,
    TimedOut,
    Unreachable,
)
from freezeframe.adapters.protocol import (
    Adapter,
    Call,
    Clock,
    FingerprintsMemory,
    Observes,
    Pauses,
    ReadsClock,
    Saves,
    SetsClock,
    Stops,
    Subscription,
    TellsChanges,
    UpdatesHost,
)
from freezeframe.adapters.recording import Recorder
from freezeframe.adapters.registry import known_schemes, open_adapter
from freezeframe.adapters.values import (
    Capability,
    Change,
    ClockReading,
    Fingerprint,
    Origin,
    Sampling,
    Sight,
    Support,
    VmIdentity,
    VmState,
)

__all__ = [
    "Adapter",
    "AdapterError",
    "AdapterUriError",
    "Call",
    "Capability",
    "CapabilityError",
    "Change",
    "Clock",
    "ClockReading",
    "ConnectionLost",
    "Failed",
    "Fingerprint",
    "FingerprintsMemory",
    "Observes",
    "Origin",
    "OutcomeUnknown",
    "Pauses",
    "ReadsClock",
    "Recorder",
    "Refusal",
    "Refused",
    "Sampling",
    "Saves",
    "SetsClock",
    "Sight",
    "Stops",
    "Subscription",
    "Support",
    "TellsChanges",
    "TimedOut",
    "Unreachable",
    "UpdatesHost",
    "VmIdentity",
    "VmState",
    "known_schemes",
    "open_adapter",
]
