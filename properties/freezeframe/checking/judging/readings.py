"""A view of what was recorded, and what a predicate reads of it.

It must not know any promise, nor where records come from.
"""

from __future__ import annotations

from typing import Any

_DURATION = "_seconds"
"""How the name of every duration of a view ends."""


class HiddenError(Exception):
    """A predicate asked for what nobody could record."""


class Reading:
    """A view that notes which durations are read of it, and whether one of them grows with time.

    Reading anything of a view that is not `told` raises `HiddenError`.
    """

    def __init__(self, view: Any, *, is_told: bool) -> None:  # noqa: ANN401 (any view)
        """Stand for `view`, as long as nothing else is recorded."""
        self._view, self._is_told = view, is_told
        self.seconds: list[float] = []
        self.is_ageing = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever the view has)
        """What the view says."""
        if not self._is_told:
            raise HiddenError
        value = getattr(self._view, name)
        if name.endswith(_DURATION):
            self.seconds.append(value)
            self.is_ageing = self.is_ageing or getattr(self._view.aged(1), name) != value
        return value
