"""What all components have in common: a mutable handle over an immutable value.

A handle is made for one evaluation of a rule and thawed at the first access, so whoever evaluates
a rule learns which components the outcome depends on, and in which order they were read. A clock
that measures nothing stands at 0, so equal situations are equal values.
"""

from __future__ import annotations

from collections.abc import Hashable
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from freezeframe.lifecycles import Lifecycle
from freezeframe.protocol.language import Clock, note_pull

if TYPE_CHECKING:
    from freezeframe.protocol.settings import Settings

Value = tuple[Hashable, ...]
ZERO = Clock(0)

S = TypeVar("S", bound=StrEnum)


class Component:
    """A handle over the value of one component; `FIELDS` gives the order of the value."""

    FIELDS: ClassVar[tuple[str, ...]] = ()
    _CLOCKS: ClassVar[frozenset[int]] = frozenset()
    """Where in a value the clocks stand: the fields that are declared as such."""
    __slots__ = ("_on_touch", "_position", "_thawed", "_value")
    _value: Value
    _position: int
    _on_touch: list[int] | None
    _thawed: bool

    def __init__(self, value: Value, position: int = 0, on_touch: list[int] | None = None) -> None:
        """Take `value`; the first access appends `position` to `on_touch`."""
        write = object.__setattr__  # handles are made by the million, and these are no fields
        write(self, "_value", value)
        write(self, "_position", position)
        write(self, "_on_touch", on_touch)
        write(self, "_thawed", False)  # noqa: FBT003 (a value)

    def __init_subclass__(cls) -> None:
        """Find the clocks."""
        declared = cls.__annotations__
        cls._CLOCKS = frozenset(
            index for index, name in enumerate(cls.FIELDS) if declared.get(name) == Clock.__name__
        )

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

    def touch(self) -> None:
        """Count as accessed, whatever is read of it."""
        if not self._thawed:
            self._thaw()

    def _thaw(self) -> None:
        object.__setattr__(self, "_thawed", True)
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

    @classmethod
    def without_clocks(cls, value: Value) -> Value:
        """All of a value that time alone cannot change."""
        return tuple(item for index, item in enumerate(value) if index not in cls._CLOCKS)

    @classmethod
    def journalled(cls, before: Value, after: Value) -> Value:  # noqa: ARG003 (for those with a journal)
        """What `before` becomes when the change to `after` is journalled and not made."""
        return before

    def tick(self, settings: Settings, units: int) -> None:
        """Let `units` of time pass; clocks stop counting where no rule can tell any more."""


def taken(lifecycle: Lifecycle[S], state: S, trigger: str) -> S:
    """Where a row of `lifecycle` leads, noted; raises `LifecycleError` if there is none."""
    destination = lifecycle.destination(state, trigger)
    note_pull(lifecycle.name, state.value, trigger)
    return destination


def counted(clock: Clock, longest: int, units: int) -> Clock:
    """`units` more on `clock`, which stops at `longest`."""
    return Clock(min(clock + units, longest))
