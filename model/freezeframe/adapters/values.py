"""What freezeframe and a hypervisor adapter tell each other: capabilities, states, findings.

Owns the values; `protocol` owns what is asked for. It must not know any hypervisor. Times are whole
milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Reason


class Capability(StrEnum):
    """What an adapter may be able to do."""

    OBSERVE = "observe"
    CHANGES = "changes"
    PAUSE = "pause"
    READ_CLOCK = "read clock"
    SET_CLOCK = "set clock"
    FINGERPRINT = "fingerprint memory"
    SAVE = "save"
    STOP = "shut down and boot"
    UPDATE_HOST = "update host"

    @property
    def meaning(self) -> str:
        """What an adapter that has it can do."""
        return _MEANINGS[self]


_MEANINGS: Mapping[Capability, str] = {
    Capability.OBSERVE: "lists the VMs of its host, and tells status and reason of each",
    Capability.CHANGES: "tells every change of a VM's state, in order, soon after it happened",
    Capability.PAUSE: "stops a VM's virtual CPUs with its memory in RAM, and starts them again",
    Capability.READ_CLOCK: "tells how far a guest's clock is from its host's",
    Capability.SET_CLOCK: "sets a guest's clock to its host's time",
    Capability.FINGERPRINT: "tells a digest of a VM's memory, whole or sampled",
    Capability.SAVE: "writes a VM to disk and starts it from there with the same memory",
    Capability.STOP: "has a guest shut itself down, and boots it again later",
    Capability.UPDATE_HOST: "replaces the hosting environment beneath the VMs, and puts it back",
}


@dataclass(frozen=True)
class Support:
    """Whether a capability is there; `why` tells what is missing, empty if nothing is."""

    is_offered: bool
    why: str = ""


@dataclass(frozen=True)
class VmIdentity:
    """Which VM it is: its name on the host, and what tells it from a later one of that name."""

    name: str
    uuid: str


@dataclass(frozen=True)
class VmState:
    """A VM as its hypervisor shows it.

    `status` is one of `freezeframe.observation.VISIBLE`. `is_marked` tells whether freezeframe may
    touch it at all, `is_held` whether it bears the mark of a pause or of a shutdown of ours.
    """

    identity: VmIdentity
    status: VmStatus
    reason: Reason
    is_marked: bool
    is_held: bool = False

    @property
    def name(self) -> str:
        """Its name on the host."""
        return self.identity.name

    def __str__(self) -> str:
        """Status and reason, as errors tell them."""
        return f"{self.status} ({self.reason})"


class Origin(StrEnum):
    """How an adapter came to know of a change."""

    TOLD = "told"
    """The hypervisor told it, in order."""
    FOUND = "found"
    """It was found by looking: at the beginning, or after the host was out of sight. What happened
    in between is not known."""


@dataclass(frozen=True)
class Change:
    """A VM's state changed; `sequence` counts what a subscription tells from 1 without gaps."""

    sequence: int
    monotonic_ms: int
    vm: str
    status: VmStatus
    reason: Reason
    origin: Origin = Origin.TOLD
    is_held: bool = False


@dataclass(frozen=True)
class Sight:
    """The host was lost from sight, or is seen again; numbered like `Change`."""

    sequence: int
    monotonic_ms: int
    is_in_sight: bool
    why: str = ""


@dataclass(frozen=True)
class ClockReading:
    """A guest's clock was `offset_ms` ahead of its host's, give or take `uncertainty_ms`."""

    offset_ms: int
    uncertainty_ms: int


@dataclass(frozen=True)
class Sampling:
    """Which pages a fingerprint looks at: `pages` of them, chosen by `seed` and nothing else."""

    pages: int
    seed: int


@dataclass(frozen=True)
class Fingerprint:
    """A digest of memory, with how it was taken and what it cost.

    `read_bytes` of `total_bytes` were looked at by `method` in `took_ms`; `sampling` is None when
    all that the method can reach was read.
    """

    digest: str
    method: str
    read_bytes: int
    total_bytes: int
    took_ms: int
    sampling: Sampling | None = None

    @property
    def coverage(self) -> str:
        """What was looked at; digests can be compared exactly when this is equal."""
        extent = f"{self.method}, {self.read_bytes} of {self.total_bytes} bytes"
        return extent if self.sampling is None else f"{extent}, seed {self.sampling.seed}"
