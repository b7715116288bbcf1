"""Follows one witness, so that asking it again costs only what came since.

Owns what was read so far. `witness.py` knows what heartbeats mean. It must not know who asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from freezeframe.conformance import WitnessReport

from .table import Table
from .witness import Beat, recorded

if TYPE_CHECKING:
    from pathlib import Path


class Watcher:
    """The witness whose heartbeats are recorded in a file."""

    def __init__(self, beats_file: Path) -> None:
        """Begin with nothing read."""
        self._file, self._place = beats_file, 0
        self._last: Beat | None = None
        self._table: Table | None = None
        self._is_intact = True

    def report(self) -> WitnessReport:
        """What the guest tells of itself by now; all zeros if nothing was ever heard of it."""
        with self._file.open("rb") as file:
            file.seek(self._place)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._place += len(whole)
        for beat in recorded(whole.decode("ascii")):
            self._take(beat)
        last = self._last
        if last is None:
            return WitnessReport("", 0, memory_is_intact=True, clock_offset_ms=None)
        return WitnessReport(
            boot=f"{last.seed:016x}",
            heartbeats=last.seq + 1,
            memory_is_intact=self._is_intact,
            clock_offset_ms=last.clock_offset_ms,
        )

    def _take(self, beat: Beat) -> None:
        before, self._last = self._last, beat
        if self._table is None or before is None or before.seed != beat.seed:
            self._table, self._is_intact = Table(beat.seed, beat.pages), True
        # An older state of the table than was seen before is a memory that went back.
        is_right = self._table.can_reach(beat.rewrites) and (
            beat.checksum == self._table.checksum_after(beat.rewrites)
        )
        self._is_intact = self._is_intact and is_right and beat.wrong == 0
