"""Calls that end otherwise than the call beneath them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from freezeframe.adapters import AdapterError, Call

T = TypeVar("T")


class Mapped(Generic[T]):
    """A call whose value is changed once it has come."""

    def __init__(self, call: Call[T], change: Callable[[T], T]) -> None:
        """Stand for `call`."""
        self._call, self._change = call, change
        self._values: list[T] = []

    @property
    def is_done(self) -> bool:
        return self._call.is_done

    def result(self) -> T:
        if not self._values:
            self._values.append(self._change(self._call.result()))
        return self._values[0]


class Rescued(Generic[T]):
    """A call whose error becomes a value, or another error that `mend` raises."""

    def __init__(self, call: Call[T], mend: Callable[[AdapterError], T]) -> None:
        """Stand for `call`."""
        self._call, self._mend = call, mend

    @property
    def is_done(self) -> bool:
        return self._call.is_done

    def result(self) -> T:
        try:
            return self._call.result()
        except AdapterError as error:
            return self._mend(error)


class Done(Generic[T]):
    """A call that has its value at once."""

    is_done = True

    def __init__(self, value: T) -> None:
        """Be done."""
        self._value = value

    def result(self) -> T:
        return self._value
