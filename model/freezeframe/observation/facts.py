"""What an observer can have seen: one value for each kind of fact, and the words that they use.

Owns the vocabulary of recorded histories; knows neither how it is written (`records`) nor what
follows from it (`ledger`). Times are whole milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from freezeframe.lifecycles import EventStatus, HostStatus, VmStatus

VISIBLE: Final = frozenset(
    {VmStatus.RUNNING, VmStatus.PAUSED, VmStatus.STOPPED, VmStatus.FAILED, VmStatus.ABSENT}
)
"""The statuses of a VM that a hypervisor shows; the others are known only to who asked for them."""


class Reason(StrEnum):
    """Why a VM is in the status in which it is seen.

    Source: the reasons of virDomainGetState. Only `USER` can be a pause of ours.
    """

    BOOTED = "booted"
    UNPAUSED = "unpaused"
    RESTORED = "restored"
    USER = "user"
    MIGRATION = "migration"
    SAVE = "save"
    DUMP = "dump"
    IO_ERROR = "I/O error"
    WATCHDOG = "watchdog"
    SNAPSHOT = "snapshot"
    GUEST_SLEEP = "guest sleep"
    STARTING_UP = "starting up"
    SHUTTING_DOWN = "shutting down"
    SHUT_DOWN = "shut down"
    DESTROYED = "destroyed"
    CRASHED = "crashed"
    POWER_LOSS = "power loss"
    UNKNOWN = "unknown"


class Operation(StrEnum):
    """What can be asked of a hypervisor or a guest."""

    PAUSE = "pause"
    RESUME = "resume"
    SET_CLOCK = "set clock"
    READ_CLOCK = "read clock"
    FINGERPRINT = "fingerprint memory"
    SAVE = "save"
    RESTORE = "restore"
    SHUT_DOWN = "shut down"
    BOOT = "boot"
    UPDATE = "update"
    ROLL_BACK = "roll back"


class Outcome(StrEnum):
    """How far an operation has come."""

    REQUESTED = "requested"
    COMPLETED = "completed"
    REFUSED = "refused"
    """Nothing was tried."""
    FAILED = "failed"
    """It was tried and had no effect."""
    UNKNOWN = "unknown"
    """It may have had its effect, or may yet have it."""


class Subject(StrEnum):
    """What a fact is about; says which of host and VM a record must name."""

    FLEET = "fleet"
    HOST = "host"
    VM = "vm"

    @property
    def keys(self) -> tuple[str, ...]:
        """The names that a record must tell beside the fact: those of `host` and `vm`."""
        return {Subject.FLEET: (), Subject.HOST: ("host",), Subject.VM: ("host", "vm")}[self]


@dataclass(frozen=True)
class VmSeen:
    """A VM was seen in `status`, which is one of `VISIBLE`.

    `is_held` tells that it bears the mark of a pause or shutdown for maintenance. To the promises
    it counts only for a VM of which nothing was known before, or where nobody tells what
    maintenance asked for; to the rules a VM is not shut down for maintenance without it.
    """

    status: VmStatus
    reason: Reason = Reason.UNKNOWN
    is_held: bool = False


@dataclass(frozen=True)
class Told:
    """Maintenance asked a VM for `operation`, or was told how it went; `why` may be empty."""

    operation: Operation
    outcome: Outcome
    why: str = ""


@dataclass(frozen=True)
class HostTold:
    """Maintenance asked a host for `operation`, or was told how it went; `why` may be empty."""

    operation: Operation
    outcome: Outcome
    why: str = ""


@dataclass(frozen=True)
class ClockMeasured:
    """A guest's clock was `offset_ms` ahead of its host's, give or take `uncertainty_ms`."""

    offset_ms: int
    uncertainty_ms: int


@dataclass(frozen=True)
class MemoryFingerprinted:
    """A VM's memory had `digest`; only digests of equal `coverage` can be compared."""

    digest: str
    coverage: str
    took_ms: int


@dataclass(frozen=True)
class MemoryChecked:
    """A guest found its own memory as it had left it, or not."""

    is_intact: bool


@dataclass(frozen=True)
class HostSeen:
    """A host was seen in a phase, with the old or the new software."""

    phase: HostStatus
    has_new_software: bool


@dataclass(frozen=True)
class EventSeen:
    """The event of `tenant` for a host was shown by the metadata service, or was taken down."""

    tenant: str
    event_id: str
    status: EventStatus


@dataclass(frozen=True)
class AlarmSeen:
    """The health signal was raised or cleared."""

    is_raised: bool
    why: str = ""


@dataclass(frozen=True)
class SightChanged:
    """An observer lost a host from sight, or sees it again."""

    is_in_sight: bool
    why: str = ""


@dataclass(frozen=True)
class StepTaken:
    """Whoever acts says which step of the protocol it took: `actor`, and rule and subjects.

    A claim, by which nobody is judged.
    """

    actor: str
    step: str


@dataclass(frozen=True)
class Repeats:
    """The last `records` records before this one come again and again, for ever.

    With 0, nothing that can be relied upon ever happens again. Only who knows every run can tell.
    """

    records: int


@dataclass(frozen=True)
class ControllerStarted:
    """A controller began to act; the one before it, if any, has ended in whatever way."""


@dataclass(frozen=True)
class Ended:
    """An observer stopped looking: whatever lasts, lasts at least until here."""


Fact = (
    VmSeen
    | Told
    | HostTold
    | ClockMeasured
    | MemoryFingerprinted
    | MemoryChecked
    | HostSeen
    | EventSeen
    | AlarmSeen
    | SightChanged
    | StepTaken
    | Repeats
    | ControllerStarted
    | Ended
)

KINDS: Final[dict[str, tuple[type[Fact], Subject]]] = {
    "vm seen": (VmSeen, Subject.VM),
    "vm operation": (Told, Subject.VM),
    "host operation": (HostTold, Subject.HOST),
    "clock measured": (ClockMeasured, Subject.VM),
    "memory fingerprinted": (MemoryFingerprinted, Subject.VM),
    "memory checked": (MemoryChecked, Subject.VM),
    "host seen": (HostSeen, Subject.HOST),
    "event seen": (EventSeen, Subject.HOST),
    "alarm seen": (AlarmSeen, Subject.FLEET),
    "sight changed": (SightChanged, Subject.HOST),
    "step taken": (StepTaken, Subject.FLEET),
    "repeats": (Repeats, Subject.FLEET),
    "controller started": (ControllerStarted, Subject.FLEET),
    "ended": (Ended, Subject.FLEET),
}
"""Every kind of fact by the name that it has in a file, with what it is about."""

KIND_OF: Final[dict[type[Fact], str]] = {fact: kind for kind, (fact, _) in KINDS.items()}
"""The name that each kind of fact has in a file."""
