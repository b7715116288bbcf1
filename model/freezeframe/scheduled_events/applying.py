"""What follows from what happens to scheduled events: `apply(state, change, now) -> state`.

Owns every change of state. Which change an event allows is declared in its lifecycle, never here.
It is pure: time is a value, and ids follow from the state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from freezeframe.lifecycles import SCHEDULED_EVENT_LIFECYCLE, EventStatus, LifecycleError

from .changes import (
    Announce,
    Approve,
    Call,
    Cancel,
    Change,
    Complete,
    EventChange,
    Fail,
    Revise,
    Start,
)
from .contract import DISABLED_AFTER_MS, MINIMUM_NOTICE_MS, ScheduledEventsError, is_guid
from .document import entries
from .state import Edition, Event, State

CALL_GRAIN_MS: Final = 60_000
"""How exactly it is known when a tenant last called; spares a change of state for every poll."""

_TRIGGERS: Final = {Start: "start", Complete: "complete", Cancel: "cancel"}


def apply(state: State, change: Change, now_ms: int) -> State:
    """Return the state after a change at `now_ms`.

    Raises:
        ScheduledEventsError: The contract or the lifecycle forbids the change.

    """
    if isinstance(change, Call):
        return _called(state, change, now_ms)
    before = _without_ended(state)
    after = _happened(before, change, now_ms)
    return replace(after, editions=_editions(before, after))


def _happened(state: State, change: EventChange, now_ms: int) -> State:
    """What became of the events."""
    match change:
        case Announce():
            return _announced(state, change, now_ms)
        case Fail(occasion, resources, type_, description):
            told = Announce(occasion, resources, type_, description=description, notice_ms=0)
            announced = _announced(state, told, now_ms)
            return _moved(announced, Start(occasion, _tenant(state, resources)))
        case Approve():
            return _approved(state, change)
        case Revise():
            return _revised(state, change)
        case Start(occasion, is_due=False):
            _refuse_early(state, occasion, now_ms)
    return _moved(state, change)


def _called(state: State, change: Call, now_ms: int) -> State:
    tenant = _tenant(state, [change.vm])
    edition = state.editions.get(tenant)
    # Not a moment too early, although the last call may be later than is known.
    if edition is None or now_ms - edition.called_ms >= DISABLED_AFTER_MS + CALL_GRAIN_MS:
        edition = Edition(incarnation=1, called_ms=now_ms)
    elif now_ms - edition.called_ms >= CALL_GRAIN_MS:
        edition = replace(edition, called_ms=now_ms)
    else:
        return state
    return replace(state, editions=MappingProxyType({**state.editions, tenant: edition}))


def _announced(state: State, change: Announce, now_ms: int) -> State:
    tenant = _tenant(state, change.resources)
    _refuse_two_domains(state, change)
    current = state.events.get((change.occasion, tenant))
    status = current.status if current else SCHEDULED_EVENT_LIFECYCLE.initial
    event = Event(
        event_id=_new_id(state, change),
        occasion=change.occasion,
        tenant=tenant,
        type=change.type,
        resources=change.resources,
        status=_destination(status, "announce", change.occasion),
        not_before_ms=now_ms + _notice_ms(change),
        duration_seconds=change.duration_seconds,
        description=change.description,
        source=change.source,
    )
    return replace(_with(state, [event]), announced=state.announced + 1)


def _new_id(state: State, change: Announce) -> str:
    if change.event_id is None:
        return state.next_event_id()
    new = change.event_id.upper()
    if not is_guid(new) or any(event.event_id == new for event in state.events.values()):
        raise ScheduledEventsError(
            f"{change.occasion}: expected a new GUID as the id of an event, found {new!r}"
        )
    return new


def _notice_ms(change: Announce) -> int:
    if change.notice_ms is None:
        return MINIMUM_NOTICE_MS[change.type]
    if change.notice_ms < 0:
        raise ScheduledEventsError(
            f"{change.occasion}: expected a notice of 0 ms or more, found {change.notice_ms}"
        )
    return change.notice_ms


def _tenant(state: State, vms: Sequence[str]) -> str:
    """To whom all of `vms` belong."""
    unknown = [name for name in vms if name not in state.placements]
    if unknown or not vms:
        raise ScheduledEventsError(
            f"expected VMs of the fleet, found {', '.join(unknown) or 'none'}"
        )
    tenants = {state.placements[name].tenant for name in vms}
    if len(tenants) > 1 or len(set(vms)) < len(vms):
        raise ScheduledEventsError(
            f"expected different VMs of one tenant in an event, found {', '.join(vms)} "
            f"of {', '.join(sorted(tenants))}; announce one event for each tenant"
        )
    return tenants.pop()


def _refuse_two_domains(state: State, change: Announce) -> None:
    """Source: an older edition of the Scheduled Events page, quoted in azure-docs issue 66115."""
    domains = sorted({str(state.placements[name].update_domain) for name in change.resources})
    if len(domains) > 1:
        raise ScheduledEventsError(
            f"{change.occasion}: expected resources of one update domain in an event, found "
            f"{', '.join(change.resources)} of the domains {', '.join(domains)}"
        )


def _approved(state: State, change: Approve) -> State:
    tenant = _tenant(state, [change.vm])
    wanted = {event_id.upper() for event_id in change.event_ids}
    return _with(
        state,
        [
            _pulled(event, "approve")
            for event in state.shown_to(tenant)
            if event.event_id in wanted and event.status is EventStatus.SCHEDULED
        ],
    )


def _refuse_early(state: State, occasion: str, now_ms: int) -> None:
    for event in state.of(occasion):
        if event.status is EventStatus.SCHEDULED and not event.is_ready(now_ms):
            raise ScheduledEventsError(
                f"{occasion}: expected the approval of {event.tenant}, or its notice time to have "
                f"passed; found {event.not_before_ms - now_ms} ms of it left"
            )


def _moved(state: State, change: Start | Complete | Cancel) -> State:
    trigger = _TRIGGERS[type(change)]
    return _with(state, [_pulled(event, trigger) for event in _meant(state, change)])


def _revised(state: State, change: Revise) -> State:
    names = ("type", "duration_seconds", "description")
    given = {name: value for name in names if (value := getattr(change, name)) is not None}
    return _with(state, [replace(each, **given) for each in _meant(state, change)])


def _meant(state: State, change: Start | Revise | Complete | Cancel) -> tuple[Event, ...]:
    """The current events that a change is about."""
    events = tuple(
        event
        for event in state.of(change.occasion)
        if change.tenant is None or event.tenant == change.tenant
    )
    if not events:
        whose = f" of {change.tenant}" if change.tenant is not None else ""
        raise ScheduledEventsError(
            f"{change.occasion}: expected an event{whose} that was announced and has not ended, "
            "found none"
        )
    return events


def _pulled(event: Event, trigger: str) -> Event:
    return replace(event, status=_destination(event.status, trigger, event.occasion))


def _destination(status: EventStatus, trigger: str, occasion: str) -> EventStatus:
    try:
        return SCHEDULED_EVENT_LIFECYCLE.destination(status, trigger)
    except LifecycleError as error:
        raise ScheduledEventsError(f"{occasion}: {error}") from error


def _with(state: State, events: Sequence[Event]) -> State:
    if not events:
        return state
    changed = {event.key: event for event in events}
    return replace(state, events=MappingProxyType({**state.events, **changed}))


def _without_ended(state: State) -> State:
    if all(event.is_current for event in state.events.values()):
        return state
    current = {key: event for key, event in state.events.items() if event.is_current}
    return replace(state, events=MappingProxyType(current))


def _editions(before: State, after: State) -> Mapping[str, Edition]:
    """A new incarnation for each document that shows something else than before."""
    touched = {key[1] for key, event in after.events.items() if before.events.get(key) is not event}
    changed = {
        tenant: replace(after.editions[tenant], incarnation=after.editions[tenant].incarnation + 1)
        for tenant in touched
        if tenant in after.editions and entries(before, tenant) != entries(after, tenant)
    }
    return MappingProxyType({**after.editions, **changed}) if changed else after.editions
