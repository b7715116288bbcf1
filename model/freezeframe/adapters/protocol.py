"""What a hypervisor adapter does for freezeframe: small protocols, one ability each.

Owns the protocols; the values are in `values`, the errors in `errors`. It must not know any
hypervisor.

An adapter stands for one host. What takes time is asked for and answered apart: the method returns
a `Call` at once, and `Call.result()` waits, so many VMs can be paused together. Deadlines are whole
milliseconds from the moment of asking; a call that has not ended by then has an unknown outcome and
raises `TimedOut`, whatever it may still do. Illegal requests raise `Refused` and change nothing.
Every method may raise the errors of `errors`; errors of a `Call` come from its `result()`, never
from the method that began it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeVar, runtime_checkable

from freezeframe.adapters.values import (
    Capability,
    Change,
    ClockReading,
    Fingerprint,
    Sampling,
    Sight,
    Support,
    VmState,
)
from freezeframe.observation import Operation

T_co = TypeVar("T_co", covariant=True)


@runtime_checkable
class Call(Protocol[T_co]):
    """Something that was asked for."""

    @property
    def is_done(self) -> bool:
        """Whether `result` would return or raise at once."""

    def result(self) -> T_co:
        """Wait until it is done or its deadline has come; the same answer however often asked.

        Raises:
            AdapterError: It was refused, failed, or its outcome is unknown.

        """


class Clock(Protocol):
    """The time of an adapter's host as far as the adapter goes; a simulated one is virtual."""

    def monotonic_ms(self) -> int:
        """Milliseconds since some fixed moment; never goes back."""

    def wall_ms(self) -> int:
        """Milliseconds of the Unix epoch."""

    def wait_ms(self, duration_ms: int) -> None:
        """Let `duration_ms` pass."""


class Subscription(Protocol):
    """Changes from a moment on: first every VM's state as `FOUND`, then what happens."""

    def take(self, *, deadline_ms: int) -> Change | Sight | None:
        """The next of them; None when nothing came within `deadline_ms`, 0 for at once."""

    def close(self) -> None:
        """End it; what was not taken is dropped."""


@runtime_checkable
class Adapter(Protocol):
    """One host's hypervisor; every adapter is one. It may be used by several threads at once."""

    @property
    def host(self) -> str:
        """The host's own name."""

    @property
    def uri(self) -> str:
        """What it was opened by."""

    @property
    def clock(self) -> Clock:
        """The clock by which deadlines are counted and changes are dated."""

    def capabilities(self, vm: str | None = None) -> Mapping[Capability, Support]:
        """What it can do, or can do for one VM; every capability is among them."""

    def close(self) -> None:
        """Let go of the host; VMs stay as they are. A second time does nothing."""


@runtime_checkable
class Observes(Protocol):
    """Sees VMs, marked or not."""

    def vms(self, *, deadline_ms: int) -> tuple[VmState, ...]:
        """Every VM of the host, running or not, by name."""

    def state(self, vm: str, *, deadline_ms: int) -> VmState:
        """One VM; one that the host does not know is refused as unknown."""


@runtime_checkable
class TellsChanges(Protocol):
    """Tells what happens to VMs."""

    def subscribe(self, *, deadline_ms: int) -> Subscription:
        """Begin to tell."""


@runtime_checkable
class Pauses(Protocol):
    """Stops VMs and lets them go on."""

    def pause(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """Stop a running VM's virtual CPUs; when it completes they stand still, with reason USER.

        Refused unless the VM is marked and running: also one that is paused already, by whomever.
        """

    def resume(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """Start the virtual CPUs of a VM that `pause` stopped, be it before a restart.

        Refused unless the VM is marked and paused, and by us: one that others paused is left alone.
        Its clock is behind by the length of the pause, until it is set.
        """


@runtime_checkable
class ReadsClock(Protocol):
    """Reads guests' clocks."""

    def read_clock(self, vm: str, *, deadline_ms: int) -> Call[ClockReading]:
        """Compare a guest's clock with the host's; refused unless marked and running."""


@runtime_checkable
class SetsClock(Protocol):
    """Sets guests' clocks."""

    def set_clock(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """Set a running guest's clock to the host's time; refused unless marked and running."""


@runtime_checkable
class FingerprintsMemory(Protocol):
    """Looks at guests' memory without changing it."""

    def fingerprint(
        self, vm: str, *, deadline_ms: int, sampling: Sampling | None = None
    ) -> Call[Fingerprint]:
        """A digest of all memory, or of sampled pages; refused unless marked and paused."""


@runtime_checkable
class Saves(Protocol):
    """Writes VMs to disk and back."""

    def save(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """Write a running VM to disk and stop it; refused unless marked and running."""

    def restore(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """Start a VM that `save` stopped, with its memory; refused if it was not saved."""


@runtime_checkable
class Stops(Protocol):
    """Shuts VMs down for an update that cannot preserve them, and boots them again."""

    def shut_down(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """Have a running guest shut itself down; when it completes the VM is off.

        Refused unless marked and running. A VM is never cut off: a guest that does not follow ends
        the call with `TimedOut`, and may yet shut down. Its mark outlasts whoever asked.
        """

    def boot(self, vm: str, *, deadline_ms: int) -> Call[None]:
        """Start a VM that `shut_down` shut down, be it before a restart; when it completes it runs.

        Refused unless the VM is marked and off, and by us: one that others stopped stays off.
        """


@runtime_checkable
class UpdatesHost(Protocol):
    """Replaces the hosting environment."""

    @property
    def has_new_software(self) -> bool:
        """Whether the hosting environment is the new one."""

    def update(self, *, deadline_ms: int) -> Call[None]:
        """Bring up the new hosting environment; a failure leaves none until `roll_back`."""

    def roll_back(self, *, deadline_ms: int) -> Call[None]:
        """Bring up the old hosting environment, also under an update that hangs.

        Done at once if it is up.
        """


@runtime_checkable
class AttendsUpdate(Protocol):
    """Knows what was begun on the host by whoever is gone, and waits for it."""

    @property
    def under_way(self) -> Operation | None:
        """`UPDATE` or `ROLL_BACK` while one is under way, whoever began it."""

    def attend(self, *, deadline_ms: int) -> Call[None] | None:
        """A call for what was begun last; None if nothing was."""
