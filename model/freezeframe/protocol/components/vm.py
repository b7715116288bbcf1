"""A VM while maintenance runs: what it is, and what the controller last saw of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freezeframe.lifecycles import VM_LIFECYCLE, VM_OFF, VM_PAUSED, Holder, VmStatus
from freezeframe.protocol.language import Clock, Duration

from .base import ZERO, Component, Value, counted, taken

if TYPE_CHECKING:
    from freezeframe.protocol.settings import Settings


_STOPS = {
    "begin_pause": Holder.MAINTENANCE,
    "shut_down": Holder.MAINTENANCE,
    "hold": Holder.OTHER,
    "stop": Holder.OTHER,
}
_FORGIVES = frozenset(
    {"pause_failed", "release", "release_behind", "start", "create", "delete", "fail"}
)
_UNDOES = frozenset({"resume_completed", "boot"})


class VM(Component):
    """A VM, and what the controller last saw of it."""

    FIELDS = (
        "status",
        "paused_for",
        "in_phase",
        "memory_intact",
        "clock_right",
        "was_held_meanwhile",
        "holder",
        "stopped_by",
        "seen",
        "unseen_for",
        "is_deaf",
        "echo",
        "place",
        "has_failed",
        "agent_answers",
    )
    __slots__ = FIELDS
    status: VmStatus
    paused_for: Clock
    """Since maintenance began to pause it, until it is resumed."""
    in_phase: Clock
    """Since it began to resume, or was resumed, or its guest agent was asked once more."""
    memory_intact: bool
    clock_right: bool
    """Maintenance owes it nothing since its last pause; what others do to a clock is theirs."""
    was_held_meanwhile: bool
    """Somebody else stopped it after maintenance had paused it and before its clock was set."""
    holder: Holder
    """Who stopped it, as the controller's journal says: written before maintenance stops it, and
    brought in line with what the controller sees."""
    stopped_by: Holder
    """Who stopped it, as observers saw; only the lifecycle changes it, and no guard of the
    controller reads it."""
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
    has_failed: bool
    """It failed, and no operator has said to go on since; no guard reads it."""
    agent_answers: bool
    """Whether its guest agent will ever answer again."""

    @classmethod
    def initial(cls, status: VmStatus) -> Value:
        """A VM before maintenance."""
        return cls.frozen(
            status=status,
            paused_for=ZERO,
            in_phase=ZERO,
            memory_intact=True,
            clock_right=True,
            was_held_meanwhile=False,
            holder=Holder.NOBODY,
            stopped_by=Holder.NOBODY,
            seen=status,
            unseen_for=ZERO,
            is_deaf=False,
            echo=None,
            place=0,
            has_failed=False,
            agent_answers=True,
        )

    @classmethod
    def journalled(cls, before: Value, after: Value) -> Value:
        """What is to be is written down, a claim at once, its end only when it is seen."""
        vm, done = cls(before), cls(after)
        vm.believe(done.seen)
        if done.is_held_by_maintenance:
            vm.holder = Holder.MAINTENANCE
        return vm.freeze()

    @property
    def is_held_by_maintenance(self) -> bool:
        """Whether maintenance paused it or shut it down, and has not undone that."""
        return self.holder is Holder.MAINTENANCE

    @property
    def is_paused_by_maintenance(self) -> bool:
        """Whether maintenance is pausing it, has paused it, or is resuming it."""
        return self.is_held_by_maintenance and self.status in VM_PAUSED

    @property
    def was_paused_by_maintenance(self) -> bool:
        """Whether observers saw maintenance pause it, and not yet resume it."""
        return self.stopped_by is Holder.MAINTENANCE and self.status in VM_PAUSED

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
    def is_off(self) -> bool:
        """Whether it has no memory to lose."""
        return self.status in VM_OFF

    @property
    def stands_still(self) -> bool:
        """Whether its virtual CPUs do not run."""
        return self.status is VmStatus.PAUSED or self.is_off

    def pull(self, trigger: str) -> None:
        """Take a row of the lifecycle table, which is the first guard of every rule; raises
        `LifecycleError`.
        """
        self.status = taken(VM_LIFECYCLE, self.status, trigger)
        self.in_phase = ZERO
        self._note_who(trigger)
        if self.seen is self.status:
            self.unseen_for = ZERO

    def _note_who(self, trigger: str) -> None:
        is_others = self.stopped_by is Holder.OTHER
        if trigger in _STOPS and not (trigger == "shut_down" and is_others):
            self.stopped_by = _STOPS[trigger]
        elif trigger in _FORGIVES or (trigger in _UNDOES and not is_others):
            self.stopped_by = Holder.NOBODY

    def observe(self) -> None:
        """Let the controller know the status as it is, and who else is to thank for it.

        Customers ask the platform for what they do, and the hypervisor tells of an I/O error as the
        reason; that maintenance stopped a VM is in the journal alone.
        """
        self.seen = self.status
        self.unseen_for = ZERO
        if self.stopped_by is not Holder.MAINTENANCE:
            self.holder = self.stopped_by

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
        """Maintenance looks who holds it and shuts it down; one that others held stays off until
        they start it.
        """
        self.observe()
        self.turn_off("shut_down")
        if self.holder is not Holder.OTHER:
            self.holder = Holder.MAINTENANCE

    def complete_pause(self) -> None:
        """Its virtual CPUs stand still, and its clock with them."""
        self.pull("pause_completed")
        self.clock_right = False
        self.was_held_meanwhile = False

    def complete_resume(self) -> None:
        """It runs again; its clock is behind by the length of the pause."""
        self.pull("resume_completed")
        self.paused_for = ZERO

    def set_clock(self) -> None:
        """Its guest takes over the host's time."""
        self.pull("clock_set")
        self.clock_right = True
        self.was_held_meanwhile = False

    def run_on(self) -> None:
        """It could not be paused, and runs as before."""
        self.pull("pause_failed")
        self.paused_for = ZERO

    def hold(self) -> None:
        """Somebody else stops it, be it that maintenance was about to pause or resume it."""
        self.pull("hold")
        self.paused_for = ZERO
        self.was_held_meanwhile = not self.clock_right

    def release(self) -> None:
        """Whoever held it lets it go; a clock that maintenance left behind is not set by that."""
        self.pull("release" if self.clock_right else "release_behind")
        self.paused_for = ZERO

    def turn_off(self, trigger: str) -> None:
        """Take a row that leaves it off; a guest that boots has its clock from the hardware's."""
        self.pull(trigger)
        self.paused_for = ZERO
        self.clock_right = True
        self.was_held_meanwhile = False

    def boot_afresh(self, trigger: str) -> None:
        """Take a row that starts it with new memory."""
        self.pull(trigger)
        self.memory_intact = True
        self.agent_answers = True

    def fail(self) -> None:
        """Crash, if there is anything to crash; memory is lost. Maintenance owes it nothing any
        more.
        """
        if self.is_off:
            if self.stopped_by is Holder.MAINTENANCE:
                self.stopped_by = Holder.NOBODY
            return
        self.turn_off("fail")
        self.memory_intact = False
        self.has_failed = True

    def tick(self, settings: Settings, units: int) -> None:
        """Units of pause, phase and ignorance."""
        if self.was_paused_by_maintenance:
            self.paused_for = counted(self.paused_for, settings.longest_pause, units)
        if self.status is VmStatus.RESUMING:
            self.in_phase = counted(self.in_phase, settings.longest(Duration.RESUME), units)
        elif self.status is VmStatus.RESUMED:
            longest = settings.longest(Duration.CLOCK_SYNC) + (not self.agent_answers)
            self.in_phase = counted(self.in_phase, longest, units)
        if self.seen is not self.status:
            self.unseen_for = counted(self.unseen_for, settings.longest(Duration.POLL), units)
