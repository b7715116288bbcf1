"""The components of a fleet while maintenance runs: each a lifecycle state and a few bounded
variables.

A component is a mutable handle over an immutable value, made for one evaluation of a rule. It is
thawed at the first access, so whoever evaluates a rule learns which components the outcome depends
on, and in which order they were read. A clock that measures nothing stands at 0, so equal
situations are equal values.
"""

from __future__ import annotations

from collections.abc import Hashable
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from freezeframe.lifecycles import (
    AVAILABILITY_SET_LIFECYCLE,
    HOST_LIFECYCLE,
    SCHEDULED_EVENT_LIFECYCLE,
    VM_LIFECYCLE,
    EventStatus,
    HostStatus,
    Lifecycle,
    SetStatus,
    VmStatus,
)

from .language import Clock, Deadline, Duration, note_pull

if TYPE_CHECKING:
    from .settings import Settings

Value = tuple[Hashable, ...]
ZERO = Clock(0)

S = TypeVar("S", bound=StrEnum)


class Component:
    """A handle over the value of one component; `FIELDS` gives the order of the value."""

    FIELDS: ClassVar[tuple[str, ...]] = ()
    __slots__ = ("_on_touch", "_position", "_thawed", "_value")

    def __init__(self, value: Value, position: int = 0, on_touch: list[int] | None = None) -> None:
        """Take `value`; the first access appends `position` to `on_touch`."""
        self._value = value
        self._position = position
        self._on_touch = on_touch
        self._thawed = False

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401
            """Thaw: reached only for a field that was not read before."""
            if name not in self.FIELDS or self._thawed:
                raise AttributeError(f"{type(self).__name__} has no {name!r}")
            self._thaw()
            return getattr(self, name)

        def __setattr__(self, name: str, value: object) -> None:
            """Thaw: what is written counts as accessed, though nothing was read before."""
            if name in self.FIELDS and not self._thawed:
                self._thaw()
            object.__setattr__(self, name, value)

    def _thaw(self) -> None:
        self._thawed = True
        if self._on_touch is not None:
            self._on_touch.append(self._position)
        for field, item in zip(self.FIELDS, self._value, strict=True):
            object.__setattr__(self, field, item)

    @classmethod
    def frozen(cls, **fields: Hashable) -> Value:
        """The value with these fields, all of which must be given."""
        return tuple(fields.pop(name) for name in cls.FIELDS)

    def freeze(self) -> Value:
        """The value as it now is."""
        if not self._thawed:
            return self._value
        return tuple(getattr(self, name) for name in self.FIELDS)

    def tick(self, settings: Settings) -> None:
        """Let one unit of time pass; clocks stop counting where no rule can tell any more."""


class Holder(StrEnum):
    """Whose doing it is that a VM does not run."""

    NOBODY = "nobody"
    MAINTENANCE = "maintenance"
    OTHER = "other"
    """Its customer, or the hypervisor after an I/O error."""


class VM(Component):
    """A VM, and what the controller last saw of it."""

    FIELDS = (
        "status",
        "paused_for",
        "in_phase",
        "memory_intact",
        "clock_right",
        "holder",
        "seen",
        "unseen_for",
        "is_deaf",
        "echo",
        "place",
    )
    __slots__ = FIELDS
    status: VmStatus
    paused_for: Clock
    """Since maintenance began to pause it, until it is resumed."""
    in_phase: Clock
    """Since it began to resume, or was resumed."""
    memory_intact: bool
    clock_right: bool
    holder: Holder
    seen: VmStatus
    """Its status as far as the controller knows."""
    unseen_for: Clock
    """Since the controller's knowledge is out of date."""
    is_deaf: bool
    """Its next event will be lost."""
    echo: VmStatus | None
    """An event that was delivered before and will be delivered again."""
    place: int
    """Which of the hosts that it may be on it is on; 0 is where the fleet file puts it."""

    @classmethod
    def initial(cls, status: VmStatus) -> Value:
        """A VM before maintenance."""
        return cls.frozen(
            status=status,
            paused_for=ZERO,
            in_phase=ZERO,
            memory_intact=True,
            clock_right=True,
            holder=Holder.NOBODY,
            seen=status,
            unseen_for=ZERO,
            is_deaf=False,
            echo=None,
            place=0,
        )

    @property
    def is_held_by_maintenance(self) -> bool:
        """Whether maintenance paused it or shut it down, and has not undone that."""
        return self.holder is Holder.MAINTENANCE

    @property
    def is_paused_by_maintenance(self) -> bool:
        """Whether maintenance is pausing it, has paused it, or is resuming it."""
        return self.is_held_by_maintenance and self.status in {
            VmStatus.PAUSING,
            VmStatus.PAUSED,
            VmStatus.RESUMING,
        }

    @property
    def executes(self) -> bool:
        """Whether its virtual CPUs may be running."""
        return self.status in {
            VmStatus.RUNNING,
            VmStatus.PAUSING,
            VmStatus.RESUMING,
            VmStatus.RESUMED,
        }

    @property
    def was_seen_off(self) -> bool:
        """Whether the controller has seen that it has no memory to lose."""
        return self.seen in {VmStatus.STOPPED, VmStatus.FAILED, VmStatus.ABSENT}

    @property
    def was_seen_still(self) -> bool:
        """Whether the controller has seen that its virtual CPUs do not run."""
        return self.seen is VmStatus.PAUSED or self.was_seen_off

    def pull(self, trigger: str) -> None:
        """Take a row of the lifecycle table, which is the first guard of every rule; raises
        `LifecycleError`.
        """
        self.status = _taken(VM_LIFECYCLE, self.status, trigger)
        self.in_phase = ZERO
        if self.seen is self.status:
            self.unseen_for = ZERO

    def observe(self) -> None:
        """Let the controller know the status as it is."""
        self.seen = self.status
        self.unseen_for = ZERO

    def believe(self, status: VmStatus) -> None:
        """Let the controller think that this is the status."""
        self.seen = status
        self.unseen_for = ZERO

    def begin_pause(self) -> None:
        """Maintenance begins to pause it."""
        self.pull("begin_pause")
        self.holder = Holder.MAINTENANCE
        self.observe()

    def begin_resume(self) -> None:
        """Maintenance begins to resume it."""
        self.pull("begin_resume")
        self.observe()

    def shut_down(self) -> None:
        """Maintenance shuts it down; one that others held stays off until they start it."""
        self.pull("shut_down")
        self.paused_for = ZERO
        if self.holder is not Holder.OTHER:
            self.holder = Holder.MAINTENANCE

    def complete_resume(self) -> None:
        """It runs again; its clock is behind by the length of the pause."""
        self.pull("resume_completed")
        self.paused_for = ZERO
        self.clock_right = False
        self.holder = Holder.NOBODY if self.is_held_by_maintenance else self.holder

    def let_go(self, trigger: str) -> None:
        """Take a row that ends a pause otherwise than by resuming; a fresh start sets the clock."""
        self.pull(trigger)
        self.holder = Holder.NOBODY
        self.paused_for = ZERO
        self.clock_right = True

    def boot_afresh(self, trigger: str) -> None:
        """Take a row that starts it with new memory."""
        self.let_go(trigger)
        self.memory_intact = True

    def boot(self) -> None:
        """Maintenance starts it again; whoever else had stopped it still meant it to be stopped."""
        holder = self.holder
        self.boot_afresh("boot")
        self.holder = holder if holder is Holder.OTHER else Holder.NOBODY

    def fail(self) -> None:
        """Crash, if there is anything to crash; memory is lost. Maintenance owes it nothing any
        more.
        """
        if self.status in {VmStatus.STOPPED, VmStatus.FAILED, VmStatus.ABSENT}:
            if self.is_held_by_maintenance:
                self.holder = Holder.NOBODY
            return
        self.let_go("fail")
        self.memory_intact = False

    def tick(self, settings: Settings) -> None:
        """One unit of pause, phase and ignorance."""
        if self.is_paused_by_maintenance:
            self.paused_for = _next(self.paused_for, settings.pause_limit + 1)
        if self.status is VmStatus.RESUMING:
            self.in_phase = _next(self.in_phase, settings.longest(Duration.RESUME))
        elif self.status is VmStatus.RESUMED:
            self.in_phase = _next(self.in_phase, settings.longest(Duration.CLOCK_SYNC))
        if self.seen is not self.status:
            self.unseen_for = _next(self.unseen_for, settings.longest(Duration.POLL))


class Host(Component):
    """A host, and how far its update is."""

    FIELDS = ("status", "in_phase", "is_hung", "has_new_software", "attempts_left")
    __slots__ = FIELDS
    status: HostStatus
    in_phase: Clock
    """Since the update or the rollback began."""
    is_hung: bool
    has_new_software: bool
    attempts_left: int

    @classmethod
    def initial(cls, attempts: int) -> Value:
        """A host in service with the old software."""
        return cls.frozen(
            status=HOST_LIFECYCLE.initial,
            in_phase=ZERO,
            is_hung=False,
            has_new_software=False,
            attempts_left=attempts,
        )

    @property
    def is_open(self) -> bool:
        """Whether VMs may be started on it and moved off it."""
        return self.status in {HostStatus.IN_SERVICE, HostStatus.SCHEDULED}

    @property
    def is_under_maintenance(self) -> bool:
        """Whether its availability sets count it as under maintenance."""
        return self.status not in {HostStatus.IN_SERVICE, HostStatus.OUT_OF_SERVICE}

    def pull(self, trigger: str) -> None:
        """Take a row of the lifecycle table; raises `LifecycleError` if there is none."""
        self.status = _taken(HOST_LIFECYCLE, self.status, trigger)
        self.in_phase = ZERO
        self.is_hung = False

    def tick(self, settings: Settings) -> None:
        """One unit of update or rollback; only a hung update can take longer than the longest."""
        if self.status is HostStatus.UPDATING:
            longest = settings.longest(Duration.UPDATE)
            self.in_phase = _next(self.in_phase, longest + 1 if self.is_hung else longest)
        elif self.status is HostStatus.ROLLING_BACK:
            self.in_phase = _next(self.in_phase, settings.longest(Duration.ROLLBACK))


class AvailabilitySet(Component):
    """An availability set: the domain of it that is under maintenance, and on how many hosts."""

    FIELDS = ("status", "lane", "hosts", "in_phase")
    __slots__ = FIELDS
    status: SetStatus
    lane: int | None
    """The domain under maintenance, numbered as the policy does; None if there is none."""
    hosts: int
    in_phase: Clock
    """Since it began to recover."""

    @classmethod
    def initial(cls) -> Value:
        """A set of which nothing is under maintenance."""
        return cls.frozen(
            status=AVAILABILITY_SET_LIFECYCLE.initial, lane=None, hosts=0, in_phase=ZERO
        )

    def pull(self, trigger: str) -> None:
        """Take a row of the lifecycle table; raises `LifecycleError` if there is none."""
        self.status = _taken(AVAILABILITY_SET_LIFECYCLE, self.status, trigger)
        self.in_phase = ZERO

    def enter(self, lane: int) -> None:
        """One more host of the domain `lane` is under maintenance."""
        self.pull("enter")
        self.lane = lane
        self.hosts += 1

    def leave(self) -> None:
        """One host less is under maintenance."""
        self.pull("leave" if self.hosts > 1 else "finish_domain")
        self.hosts -= 1
        self.lane = self.lane if self.hosts else None

    def tick(self, settings: Settings) -> None:
        """One unit of recovery."""
        if self.status is SetStatus.RECOVERING:
            self.in_phase = _next(self.in_phase, settings.longest(Duration.RECOVERY))


class ScheduledEvent(Component):
    """The event that tells one tenant of the maintenance of one host."""

    FIELDS = ("status", "announced_for", "was_approved")
    __slots__ = FIELDS
    status: EventStatus
    announced_for: Clock
    """Since it was announced, until it is approved, started or cancelled."""
    was_approved: bool

    @classmethod
    def initial(cls) -> Value:
        """An event that nobody was told of."""
        return cls.frozen(
            status=SCHEDULED_EVENT_LIFECYCLE.initial, announced_for=ZERO, was_approved=False
        )

    @property
    def is_current(self) -> bool:
        """Whether its tenant is shown it."""
        return self.status in {EventStatus.SCHEDULED, EventStatus.APPROVED, EventStatus.STARTED}

    def pull(self, trigger: str) -> None:
        """Take a row of the lifecycle table; raises `LifecycleError` if there is none."""
        self.status = _taken(SCHEDULED_EVENT_LIFECYCLE, self.status, trigger)
        if self.status is not EventStatus.STARTED:
            self.announced_for = ZERO
            self.was_approved = self.status is EventStatus.APPROVED

    def withdraw(self) -> None:
        """End it whatever it is; an event that has started had its impact and is completed."""
        if self.is_current:
            self.pull("complete" if self.status is EventStatus.STARTED else "cancel")

    def tick(self, settings: Settings) -> None:
        """One unit of notice."""
        if self.status is EventStatus.SCHEDULED:
            self.announced_for = _next(self.announced_for, settings.deadlines[Deadline.NOTICE])


class Controller(Component):
    """The process that maintains the fleet; what it decided is in its journal and survives it."""

    FIELDS = ("is_up", "down_for")
    __slots__ = FIELDS
    is_up: bool
    down_for: Clock

    @classmethod
    def initial(cls) -> Value:
        """A controller that acts."""
        return cls.frozen(is_up=True, down_for=ZERO)

    def hears_of(self, vm: VM) -> None:
        """Receive the event that tells a VM's new status, if it is up and the event is not lost."""
        if vm.is_deaf:
            vm.is_deaf = False
        elif self.is_up:
            vm.observe()

    def tick(self, settings: Settings) -> None:
        """One unit of restarting."""
        if not self.is_up:
            self.down_for = _next(self.down_for, settings.longest(Duration.RESTART))


class Alarm(Component):
    """The health signal: a VM or a host failed, and no operator has said to go on."""

    FIELDS = ("is_raised",)
    __slots__ = FIELDS
    is_raised: bool

    @classmethod
    def initial(cls) -> Value:
        """No failure."""
        return cls.frozen(is_raised=False)

    def sound(self) -> None:
        """Tell of a failure; once is enough."""
        self.is_raised = self.is_raised or True


class Budget(Component):
    """How often something may still happen, in the whole fleet."""

    FIELDS = ("left",)
    __slots__ = FIELDS
    left: int

    @classmethod
    def initial(cls, count: int) -> Value:
        """A budget of `count`."""
        return cls.frozen(left=count)


def _taken(lifecycle: Lifecycle[S], state: S, trigger: str) -> S:
    destination = lifecycle.destination(state, trigger)
    note_pull(lifecycle.name, state.value, trigger)
    return destination


def _next(clock: Clock, longest: int) -> Clock:
    return Clock(min(clock + 1, longest))
