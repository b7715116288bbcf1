"""Adapters that tell changes twice, not at all, in the wrong order, or wrongly."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from freezeframe.adapters import Change, Origin, Sight, Subscription
from freezeframe.adapters.simulated import SimulatedAdapter
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Reason

Told = Change | Sight


class _Retold:
    """A subscription whose changes are told otherwise, and numbered anew."""

    step = 1

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription
        self._waiting: deque[Told] = deque()
        self._sequence = 0

    def retell(self, told: Told) -> Iterable[Told]:
        """What is told instead."""
        return (told,)

    def take(self, *, deadline_ms: int) -> Told | None:
        while not self._waiting:
            told = self._subscription.take(deadline_ms=deadline_ms)
            if told is None:
                return None
            self._waiting.extend(self.retell(told))
        self._sequence += self.step
        return replace(self._waiting.popleft(), sequence=self._sequence)

    def close(self) -> None:
        self._subscription.close()


class _TellsTwice(_Retold):
    def retell(self, told: Told) -> Iterable[Told]:
        is_news = isinstance(told, Change) and told.origin is Origin.TOLD
        return (told, told) if is_news else (told,)


class _LosesPauses(_Retold):
    def retell(self, told: Told) -> Iterable[Told]:
        if isinstance(told, Change) and told.origin is Origin.TOLD:
            return () if told.status is VmStatus.PAUSED else (told,)
        return (told,)


class _HoldsBack(_Retold):
    """Each pause is told after what came next."""

    _held: Change | None = None

    def retell(self, told: Told) -> Iterable[Told]:
        if self._held is not None:
            late, self._held = self._held, None
            return (told, late)
        if isinstance(told, Change) and told.status is VmStatus.PAUSED:
            self._held = told
            return ()
        return (told,)


class _SkipsNumbers(_Retold):
    step = 2


class _BeginsEmpty(_Retold):
    def retell(self, told: Told) -> Iterable[Told]:
        return () if isinstance(told, Change) and told.origin is Origin.FOUND else (told,)


class _DoesNotLookAgain(_Retold):
    """What happened while the host was out of sight is never told."""

    _was_lost = False

    def retell(self, told: Told) -> Iterable[Told]:
        if isinstance(told, Sight):
            self._was_lost = True
        is_found = isinstance(told, Change) and told.origin is Origin.FOUND
        return () if self._was_lost and is_found else (told,)


class _HidesOutages(_Retold):
    def retell(self, told: Told) -> Iterable[Told]:
        return () if isinstance(told, Sight) else (told,)


class _TellsAnotherReason(_Retold):
    def retell(self, told: Told) -> Iterable[Told]:
        if isinstance(told, Change) and told.is_held:
            return (replace(told, reason=Reason.IO_ERROR),)
        return (told,)


class _DatesEarlier(_Retold):
    def retell(self, told: Told) -> Iterable[Told]:
        return (replace(told, monotonic_ms=max(0, told.monotonic_ms - 10_000)),)


class _Retells(SimulatedAdapter):
    """A correct adapter but for what its subscriptions tell."""

    retold: Callable[[Subscription], _Retold]

    def subscribe(self, *, deadline_ms: int) -> Any:
        return type(self).retold(super().subscribe(deadline_ms=deadline_ms))


class TellsTwice(_Retells):
    """Each event comes twice."""

    retold = _TellsTwice


class LosesPauses(_Retells):
    """That a VM was paused is never told."""

    retold = _LosesPauses


class TellsInTheWrongOrder(_Retells):
    """A pause is told after the resume."""

    retold = _HoldsBack


class SkipsNumbers(_Retells):
    """The numbers of what it tells have gaps, as if something had been lost."""

    retold = _SkipsNumbers


class BeginsWithNothing(_Retells):
    """A subscription does not begin with what there is."""

    retold = _BeginsEmpty


class DoesNotLookAgain(_Retells):
    """What happened while the connection was lost is never told."""

    retold = _DoesNotLookAgain


class HidesOutages(_Retells):
    """That the host was out of sight is not told."""

    retold = _HidesOutages


class TellsAnotherReason(_Retells):
    """A pause of ours is told as an I/O error."""

    retold = _TellsAnotherReason


class DatesWrongly(_Retells):
    """Changes bear a time long before they happened."""

    retold = _DatesEarlier


class LosesConcurrentChanges(SimulatedAdapter):
    """With a second subscription, the first is told nothing any more."""

    def subscribe(self, *, deadline_ms: int) -> Any:
        for earlier in self._subscriptions:
            earlier.close()
        return super().subscribe(deadline_ms=deadline_ms)
