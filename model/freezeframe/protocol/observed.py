"""What an observer of the model would have recorded of a run of it.

Owns which facts a step makes visible: what the components show, and what maintenance asked for and
was answered. It must not know what the records are for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from freezeframe.lifecycles import EventStatus, Holder, VmStatus
from freezeframe.observation import (
    AlarmSeen,
    ClockMeasured,
    Ended,
    EventSeen,
    Fact,
    HostSeen,
    MemoryChecked,
    Operation,
    Outcome,
    Reason,
    Record,
    Repeats,
    StepTaken,
    Told,
    VmSeen,
)

from .components import VM, Alarm, Host, ScheduledEvent
from .instances import Instance
from .language import Actor
from .system import State, System

SOURCE: Final = "model"
EPOCH_MS: Final = 0
"""Wall time at which every run of the model begins, in milliseconds of the Unix epoch."""

_Told = tuple[Fact, str | None, str | None]
"""A fact, and the host and the VM that it is about."""

_S = VmStatus
_ANSWERS: Final = {
    (_S.RUNNING, _S.PAUSING): (Operation.PAUSE, Outcome.REQUESTED),
    (_S.PAUSING, _S.PAUSED): (Operation.PAUSE, Outcome.COMPLETED),
    (_S.PAUSING, _S.RUNNING): (Operation.PAUSE, Outcome.FAILED),
    (_S.PAUSED, _S.RESUMING): (Operation.RESUME, Outcome.REQUESTED),
    (_S.RESUMING, _S.RESUMED): (Operation.RESUME, Outcome.COMPLETED),
    (_S.RESUMING, _S.PAUSED): (Operation.RESUME, Outcome.FAILED),
    (_S.RESUMED, _S.RUNNING): (Operation.SET_CLOCK, Outcome.COMPLETED),
}
"""What a change of a VM's status tells of an operation that maintenance asked for."""

_CUT_SHORT: Final = {(_S.PAUSING, _S.PAUSED), (_S.RESUMING, _S.PAUSED)}
"""Changes of a VM's status by which an I/O error may take an operation of maintenance over."""

_AT_ONCE: Final = {
    (_S.RUNNING, _S.STOPPED): Operation.SHUT_DOWN,
    (_S.PAUSED, _S.STOPPED): Operation.SHUT_DOWN,
    (_S.STOPPED, _S.RUNNING): Operation.BOOT,
}
"""Operations that the model completes as soon as the controller asks for them."""

_REASONS: Final = {
    _S.RUNNING: Reason.UNPAUSED,
    _S.PAUSED: Reason.USER,
    _S.STOPPED: Reason.SHUT_DOWN,
    _S.FAILED: Reason.CRASHED,
}
_SHOWN: Final = {_S.PAUSING: _S.RUNNING, _S.RESUMING: _S.PAUSED, _S.RESUMED: _S.RUNNING}
"""What a hypervisor shows of a status that only whoever asked for it knows."""

_AFRESH: Final = frozenset({_S.STOPPED, _S.FAILED, _S.ABSENT})


def records_of(
    system: System,
    moves: Sequence[Instance | None],
    states: Sequence[State],
    loop_moves: int | None = None,
) -> Iterator[Record]:
    """Yield what is recorded of a run: its moves, None for one unit of time, and the states before
    each of them and after the last.

    The steps are recorded too, each before what it makes visible. The last `loop_moves` moves
    repeat for ever; None for a run that just ends.
    """
    sequence = at_ms = 0

    def record(told: _Told) -> Record:
        nonlocal sequence
        sequence += 1
        return Record(SOURCE, sequence, at_ms, EPOCH_MS + at_ms, *told)

    yield from map(record, _at_first(system, states[0]))
    loop_from = None if loop_moves is None else len(moves) - loop_moves
    before_loop = sequence
    for number, (move, before, after) in enumerate(zip(moves, states, states[1:], strict=False)):
        if number == loop_from:
            before_loop = sequence
        if move is None:
            at_ms += system.settings.tick_ms
        else:
            yield record((StepTaken(move.rule.actor.value, str(move)), None, None))
        yield from map(record, _seen_between(system, before, after, move))
    if loop_from is not None:
        yield record((Repeats(sequence - before_loop if loop_moves else 0), None, None))
    yield record((Ended(), None, None))


def _at_first(system: System, state: State) -> Iterator[_Told]:
    for slot, value in zip(system.slots, state, strict=True):
        if slot.kind is Host:
            yield _host_seen(slot.names[0], Host(value))
        elif slot.kind is VM:
            vm = VM(value)
            reason = Reason.BOOTED if vm.status is VmStatus.RUNNING else Reason.UNKNOWN
            yield VmSeen(_shown(vm), reason), _place(system, slot.names[0], vm), slot.names[0]


def _seen_between(
    system: System, before: State, after: State, move: Instance | None
) -> Iterator[_Told]:
    alarm: list[_Told] = []
    by_controller = move is not None and move.rule.actor is Actor.CONTROLLER
    for slot, was, now in zip(system.slots, before, after, strict=True):
        if was == now:
            continue
        if slot.kind is VM:
            name, vm = slot.names[0], VM(now)
            for fact in _vm_facts(VM(was), vm, by_controller=by_controller):
                yield fact, _place(system, name, vm), name
        elif slot.kind is Host:
            seen = _host_seen(slot.names[0], Host(now))
            if seen != _host_seen(slot.names[0], Host(was)):
                yield seen
        elif slot.kind is ScheduledEvent:
            status = _told(ScheduledEvent(now))
            if status is not _told(ScheduledEvent(was)):
                yield EventSeen(slot.names[1], slot.label, status), slot.names[0], None
        elif slot.kind is Alarm:
            alarm.append((AlarmSeen(Alarm(now).is_raised), None, None))
    yield from alarm  # last, for what began in the same step began before it was raised


def _vm_facts(was: VM, now: VM, *, by_controller: bool) -> Iterator[Fact]:
    change = (was.status, now.status)
    if change in _CUT_SHORT and now.stopped_by is Holder.OTHER is not was.stopped_by:
        yield VmSeen(VmStatus.PAUSED, Reason.IO_ERROR)
        return
    at_once = _AT_ONCE.get(change) if by_controller else None
    if at_once is not None:
        yield Told(at_once, Outcome.REQUESTED)
    status = _shown(now)
    if status is not _shown(was) or now.place != was.place:
        is_afresh = was.status in _AFRESH and status is VmStatus.RUNNING
        reason = Reason.BOOTED if is_afresh else _REASONS.get(status, Reason.UNKNOWN)
        yield VmSeen(status, reason)
    elif _went_down_with_its_host(was, now):
        yield VmSeen(VmStatus.STOPPED, Reason.POWER_LOSS)
    if at_once is not None:
        yield Told(at_once, Outcome.COMPLETED)
    if change in _ANSWERS:
        yield Told(*_ANSWERS[change])
    if was.memory_intact and not now.memory_intact:
        yield MemoryChecked(is_intact=False)
    if now.clock_right and not was.clock_right and now.status is VmStatus.RUNNING:
        yield ClockMeasured(0, 0)


def _told(event: ScheduledEvent) -> EventStatus:
    """What an event's tenant knows of it: whether it approved it knows best."""
    is_mistaken = event.status is EventStatus.APPROVED and not event.was_approved
    return EventStatus.SCHEDULED if is_mistaken else event.status


def _shown(vm: VM) -> VmStatus:
    return _SHOWN.get(vm.status, vm.status)


def _went_down_with_its_host(was: VM, now: VM) -> bool:
    """Whether a VM that maintenance had shut down would be off now even without that."""
    is_forgiven = was.stopped_by is Holder.MAINTENANCE and now.stopped_by is Holder.NOBODY
    return is_forgiven and now.status is VmStatus.STOPPED


def _host_seen(name: str, host: Host) -> _Told:
    return HostSeen(host.status, host.has_new_software), name, None


def _place(system: System, name: str, vm: VM) -> str:
    return system.topology.places(name)[vm.place]
