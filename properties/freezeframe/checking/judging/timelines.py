"""What was last recorded of each VM, host and event, to be shown with a violation.

It must not know what is promised of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, KeysView
from typing import Final

from freezeframe.observation import Record

from .components import Key

TIMELINE_MAX: Final = 200
"""How many records are kept of each."""


class Timelines:
    """The last records about each component, in the order in which they were told."""

    def __init__(self) -> None:
        """Begin before the first record."""
        self._kept: dict[Key, deque[tuple[int, Record]]] = {}

    def keep(self, key: Key, number: int, record: Record) -> None:
        """Remember that `record`, the one with this number of all, is about a component."""
        self._kept.setdefault(key, deque(maxlen=TIMELINE_MAX)).append((number, record))

    def of(self, keys: Iterable[Key]) -> tuple[Record, ...]:
        """What is kept of these components together."""
        found = [each for key in keys for each in self._kept.get(key, ())]
        return tuple(record for _, record in sorted(found, key=lambda each: each[0]))

    def known(self) -> KeysView[Key]:
        """The components of which anything was told, in the order of the first word of each."""
        return self._kept.keys()
