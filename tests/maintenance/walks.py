"""Walks through the model, told as an observer who sees all would tell them.

Owns the way from steps to records. It knows nothing of how records are followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from freezeframe.lifecycles import Holder, VmStatus
from freezeframe.maintenance.board import Board
from freezeframe.maintenance.rulebook import Rulebook
from freezeframe.observation import (
    ControllerStarted,
    Fact,
    HostTold,
    Operation,
    Outcome,
    Reason,
    Record,
    StepTaken,
    Told,
    VmSeen,
)
from freezeframe.protocol import Actor, Instance, State
from freezeframe.protocol.components import VM

UNTOLD = {
    *("lose_event", "repeat_event", "poll", "believe", "discard", "crash_controller", "move"),
    *("kill_agent", "poll_late", "poll_events", "approve_again", "approve_for_another"),
}
"""Steps of which no record tells, or that this observer leaves out."""

_SHOWN = {
    VmStatus.RUNNING: VmStatus.RUNNING,
    VmStatus.PAUSING: VmStatus.RUNNING,
    VmStatus.PAUSED: VmStatus.PAUSED,
    VmStatus.RESUMING: VmStatus.PAUSED,
    VmStatus.RESUMED: VmStatus.RUNNING,
    VmStatus.STOPPED: VmStatus.STOPPED,
    VmStatus.FAILED: VmStatus.FAILED,
    VmStatus.ABSENT: VmStatus.ABSENT,
}
_REASONS = {"stop_at_io_error": Reason.IO_ERROR, "lose_power": Reason.POWER_LOSS}
_TOLD = {
    "pause": (Operation.PAUSE, Outcome.REQUESTED),
    "pause_completed": (Operation.PAUSE, Outcome.COMPLETED),
    "fail_pause": (Operation.PAUSE, Outcome.FAILED),
    "resume": (Operation.RESUME, Outcome.REQUESTED),
    "resume_completed": (Operation.RESUME, Outcome.COMPLETED),
    "fail_resume": (Operation.RESUME, Outcome.FAILED),
    "silence_agent": (Operation.SET_CLOCK, Outcome.FAILED),
    "set_clock": (Operation.SET_CLOCK, Outcome.COMPLETED),
    "shut_down": (Operation.SHUT_DOWN, Outcome.COMPLETED),
    "boot": (Operation.BOOT, Outcome.COMPLETED),
}
_HOST_TOLD = {
    "update_completed": (Operation.UPDATE, Outcome.COMPLETED),
    "fail_update": (Operation.UPDATE, Outcome.FAILED),
    "rollback_completed": (Operation.ROLL_BACK, Outcome.COMPLETED),
}


@dataclass
class Walk:
    """States and steps from the beginning, and the records that tell of them."""

    rulebook: Rulebook
    state: State
    now_ms: int
    steps: list[str]
    records: list[Record]
    board: Board

    def tell(self, fact: Fact, host: str | None = None, vm: str | None = None) -> None:
        number = len(self.records) + 1
        self.records.append(Record("walk", number, self.now_ms, self.now_ms, fact, host, vm))

    def take(self, instance: Instance, *, tells_decisions: bool) -> None:
        before, name = self.state, instance.rule.name
        after = self.rulebook.take(before, instance)
        assert after is not None
        self.state = after
        self.steps.append(str(instance))
        is_silent = name in _TOLD or instance in self.rulebook.quiet
        if tells_decisions and instance.rule.actor is Actor.CONTROLLER and not is_silent:
            self.tell(StepTaken(instance.rule.actor, str(instance)))
        self._tell_vms(before, instance)
        if name in _HOST_TOLD:
            self.tell(HostTold(*_HOST_TOLD[name]), instance.subjects[0])
        for fact, host in self.board.take_due(after, self.now_ms):
            self.tell(fact, host)
        if name == "restart_controller":
            self.tell(ControllerStarted())

    def _tell_vms(self, before: State, instance: Instance) -> None:
        vms = self.rulebook.components(before, VM)
        for names, vm in self.rulebook.components(self.state, VM).items():
            host = self.rulebook.system.topology.places(names[0])[vm.place]
            if names[0] in instance.subjects and instance.rule.name in _TOLD:
                self.tell(Told(*_TOLD[instance.rule.name]), host, names[0])
            if _SHOWN[vm.status] is not _SHOWN[vms[names].status]:
                reason = _REASONS.get(instance.rule.name, Reason.USER)
                is_held = vm.stopped_by is Holder.MAINTENANCE
                self.tell(VmSeen(_SHOWN[vm.status], reason, is_held=is_held), host, names[0])


def walk(rulebook: Rulebook, random: Random, steps: int, *, tells_decisions: bool = True) -> Walk:
    """A walk of so many steps through the rules, never beyond what the fleet file declares."""
    found = Walk(rulebook, rulebook.initial, 0, [], [], Board(rulebook))
    for _ in range(steps):
        options = list(_options(rulebook, found.state))
        due, alters_in = rulebook.outlook(found.state)
        if not due and alters_in and (not options or random.random() < 0.3):
            by_ms = random.randint(1, alters_in)
            found.state, found.now_ms = rulebook.passed(found.state, by_ms), found.now_ms + by_ms
        elif options:
            found.take(random.choice(options), tells_decisions=tells_decisions)
        else:
            break
    return found


def _is_untold(instance: Instance) -> bool:
    return instance.rule.name in UNTOLD or instance.rule.cut_short is not None


def _is_amid_a_call(rulebook: Rulebook, state: State, instance: Instance) -> bool:
    """Whether an I/O error stops a VM that is just being paused or resumed: only the answer to that
    call tells, and this observer hears none then.
    """
    vms = rulebook.components(state, VM).items()
    under_way = {
        names[0] for names, vm in vms if vm.status in {VmStatus.PAUSING, VmStatus.RESUMING}
    }
    return instance.rule.name == "stop_at_io_error" and not under_way.isdisjoint(instance.subjects)


def _options(rulebook: Rulebook, state: State) -> Iterator[Instance]:
    quiet = [each for each in rulebook.quiet if rulebook.take(state, each)]
    if quiet:  # taken at once, for nobody sees when they are
        yield quiet[0]
        return
    for instance in rulebook.enabled(state, set(Actor)):
        after = rulebook.take(state, instance)
        assert after is not None
        is_told = not (_is_untold(instance) or _is_amid_a_call(rulebook, state, instance))
        if is_told and not rulebook.undeclared(after, instance):
            yield instance
