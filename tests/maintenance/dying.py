"""Controllers that may die at any of their moments, by themselves or around what they ask for.

Owns where a death can come. It must not know what a controller does, nor who takes over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class ControllerDies(BaseException):
    """The controller's process ends here, without another word."""


class Doom:
    """Says at which of its moments a controller dies; the moments are counted from 0."""

    def __init__(self, *moments: int) -> None:
        """Die at each of `moments`, counted over all controllers."""
        self._moments = set(moments)
        self.passed: list[int] = []
        """Of each moment so far, how many records were about to be written."""
        self.deaths = 0

    def spare(self) -> None:
        """Let controllers live from now on."""
        self._moments.clear()

    def moment(self, writing: int = 0) -> None:
        """Something that a death may come before or after; with `writing`, in the midst of it."""
        self.passed.append(writing)
        if len(self.passed) - 1 in self._moments:
            self.deaths += 1
            raise ControllerDies


class Mortal:
    """A connection of a controller that may die before and after it asks for something."""

    def __init__(self, adapter: Any, doom: Doom) -> None:
        """Pass everything on to `adapter`."""
        self._adapter, self._doom = adapter, doom

    @property
    def under_way(self) -> Any:
        """See `AttendsUpdate`."""
        return self._adapter.under_way

    def attend(self, *, deadline_ms: int) -> Any:
        """See `AttendsUpdate`."""
        return self._adapter.attend(deadline_ms=deadline_ms)

    def __getattr__(self, name: str) -> Any:
        """Die around what changes something."""
        found = getattr(self._adapter, name)
        return self._around(found) if name in _ACTS else found

    def _around(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def dying(*args: Any, **options: Any) -> Any:
            self._doom.moment()
            call = act(*args, **options)
            self._doom.moment()
            return call

        return dying


_ACTS = frozenset(
    {"pause", "resume", "set_clock", "shut_down", "boot", "update", "roll_back", "fingerprint"}
)
