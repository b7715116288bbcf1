"""What a witness guest says on its serial port, and what that shows when stamped from outside.

Owns the format and the judgement. It must not know how the guest is run or how its lines got here.

Version 1 is one line a heartbeat, every 100 ms of the guest's monotonic clock:

```
witness 1 seed=HEX seq=N mono_ms=N wall_ms=N tsc=N pages=N rewrites=N sum=HEX wrong=N
```

| field | meaning |
|---|---|
| seed | 64 bits drawn at each start of the guest, 16 hexadecimal digits |
| seq | number of the heartbeat since that start, from 0 |
| mono_ms, wall_ms | CLOCK_MONOTONIC and CLOCK_REALTIME when the line was made, milliseconds |
| tsc | the processor's time stamp counter at that time, as the guest sees it |
| pages | pages of 512 words of 64 bits in the guest's table |
| rewrites | pages written again since the start |
| sum | checksum of the whole table as it is in memory now |
| wrong | pages found other than they were written, since the start |

Word w of page p, written for the g-th time (from 0), is number (g·pages + p)·512 + w of the
sequence that splitmix64 draws from the seed. The r-th rewriting is of page r modulo pages. So
what the table must be follows from seed and rewrites alone, and `Table` works it out without the
guest. The checksum is the polynomial, modulo 2⁶⁴, whose coefficients are the words in order, the
last one being constant, at 0x5851F42D4C957F2D.

While a guest is paused its clocks stand still. So a pause shows as a lasting step in how far the
arrival of the lines is ahead of `mono_ms`. A line that only arrives late is no pause: those after
it arrive on time again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from .table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PERIOD_MS = 100
"""The guest's time from a heartbeat to the next."""

GAP_MS_MIN = 250
"""The shortest pause or stall that is told from ordinary lateness."""

_NEXT = 10
"""Heartbeats that all have to be late before it is called a pause, where there are as many."""

_BEFORE = 50
"""Heartbeats that tell how late lines are ordinarily."""

_LINE = re.compile(
    r"witness 1 seed=([0-9a-f]{16}) seq=(\d+) mono_ms=(\d+) wall_ms=(-?\d+) tsc=(\d+) "
    r"pages=([1-9]\d*) rewrites=(\d+) sum=([0-9a-f]{16}) wrong=(\d+)",
    re.ASCII,
)


class WitnessError(ValueError):
    """A line is not of the format; the text says which and what was expected."""


@dataclass(frozen=True)
class Beat:
    """A heartbeat: when it arrived by this machine's two clocks, and what it said."""

    arrival_ms: int
    arrival_wall_ms: int
    seed: int
    seq: int
    mono_ms: int
    wall_ms: int
    tsc: int
    pages: int
    rewrites: int
    checksum: int
    wrong: int

    @property
    def clock_offset_ms(self) -> int:
        """How far the guest's wall clock is ahead of this machine's; negative if behind.

        It includes the way of the line, which makes it too small by some milliseconds.
        """
        return self.wall_ms - self.arrival_wall_ms

    @property
    def lead_ms(self) -> int:
        """How far arrival is ahead of the guest's monotonic clock; grows by the pauses' length."""
        return self.arrival_ms - self.mono_ms


@dataclass(frozen=True)
class Pause:
    """The guest's clock stood still between two heartbeats, given by their numbers.

    `began_ms` is the arrival of the last heartbeat before, `ended_ms` of the first after.
    """

    after_seq: int
    next_seq: int
    began_ms: int
    ended_ms: int
    length_ms: int


@dataclass(frozen=True)
class Stall:
    """The guest's clock went on between two heartbeats, but the witness was not run in time."""

    after_seq: int
    length_ms: int


@dataclass(frozen=True)
class ClockStep:
    """The guest's wall clock was set between two heartbeats, by so much."""

    after_seq: int
    step_ms: int


@dataclass(frozen=True)
class MemoryFault:
    """At this heartbeat the table was not what it must be, or pages were found wrong since."""

    seq: int
    text: str


@dataclass(frozen=True)
class Observation:
    """What a series of heartbeats shows.

    `starts` counts the starts of the guest. `missing` are pairs of numbers between which
    heartbeats were lost; `returned` are such where the later number is not greater, as when
    an old copy of the guest is run. `memory_faults` is empty if all of the table's memory was
    right at every heartbeat.
    """

    starts: int
    pauses: tuple[Pause, ...]
    stalls: tuple[Stall, ...]
    clock_steps: tuple[ClockStep, ...]
    missing: tuple[tuple[int, int], ...]
    returned: tuple[tuple[int, int], ...]
    memory_faults: tuple[MemoryFault, ...]


def parse(line: str, arrival_ms: int, arrival_wall_ms: int) -> Beat:
    """Read one line that arrived at these times.

    Raises:
        WitnessError: It is not of version 1 of the format.

    """
    found = _LINE.fullmatch(line)
    if found is None:
        raise WitnessError(f"expected a heartbeat of version 1, found {line[:200]!r}")
    seed, *numbers, checksum, wrong = found.groups()
    seq, mono_ms, wall_ms, tsc, pages, rewrites = map(int, numbers)
    return Beat(
        arrival_ms=arrival_ms,
        arrival_wall_ms=arrival_wall_ms,
        seed=int(seed, 16),
        seq=seq,
        mono_ms=mono_ms,
        wall_ms=wall_ms,
        tsc=tsc,
        pages=pages,
        rewrites=rewrites,
        checksum=int(checksum, 16),
        wrong=int(wrong),
    )


def recorded(text: str) -> list[Beat]:
    """Read what `recorder.py` wrote: lines of `ARRIVAL_MS WALL_MS LINE`.

    A last line without its end is still being written and left out.

    Raises:
        WitnessError: A line is not of that form; the text has its number.

    """
    beats = []
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        try:
            arrival_ms, wall_ms, said = line.split(" ", 2)
            beats.append(parse(said, int(arrival_ms), int(wall_ms)))
        except ValueError as error:
            raise WitnessError(f"line {number}: {error}") from error
    return beats


def observe(beats: Sequence[Beat], *, gap_ms_min: int = GAP_MS_MIN) -> Observation:
    """Judge heartbeats, given in the order of their arrival.

    Pauses and stalls shorter than `gap_ms_min` are not told.
    """
    runs = [list(run) for _, run in groupby(beats, key=lambda beat: beat.seed)]
    steps = [pair for run in runs for pair in pairwise(run)]
    pairs = [(one.seq, two.seq) for one, two in steps]
    return Observation(
        starts=len({beat.seed for beat in beats}),
        pauses=tuple(pause for run in runs for pause in _pauses(run, gap_ms_min)),
        stalls=tuple(
            Stall(one.seq, two.mono_ms - one.mono_ms)
            for one, two in steps
            if two.seq == one.seq + 1 and two.mono_ms - one.mono_ms >= PERIOD_MS + gap_ms_min
        ),
        clock_steps=tuple(
            ClockStep(one.seq, step_ms)
            for one, two in steps
            if abs(step_ms := (two.wall_ms - one.wall_ms) - (two.mono_ms - one.mono_ms))
            >= _STEP_MS_MIN
        ),
        missing=tuple(pair for pair in pairs if pair[1] > pair[0] + 1),
        returned=tuple(pair for pair in pairs if pair[1] <= pair[0]),
        memory_faults=tuple(fault for run in runs for fault in _memory_faults(run)),
    )


_STEP_MS_MIN = 3
"""The two clocks are read one after the other and rounded, so they may differ by less."""


def _pauses(run: Sequence[Beat], gap_ms_min: int) -> Iterator[Pause]:
    """Find the lasting steps in how far arrival is ahead of the guest's clock."""
    since = 0  # the first heartbeat after the last pause
    for index in range(1, len(run)):
        before = run[max(since, index - _BEFORE) : index]
        ordinary_ms = min(beat.lead_ms for beat in before)
        if run[index].lead_ms - ordinary_ms < gap_ms_min:
            continue
        lasting_ms = min(beat.lead_ms for beat in run[index : index + _NEXT])
        if lasting_ms - ordinary_ms >= gap_ms_min:
            last, first = run[index - 1], run[index]
            length_ms = lasting_ms - ordinary_ms
            yield Pause(last.seq, first.seq, last.arrival_ms, first.arrival_ms, length_ms)
            since = index


def _memory_faults(run: Sequence[Beat]) -> Iterator[MemoryFault]:
    """Compare each heartbeat with what the table must be, worked out here."""
    table: Table | None = None
    wrong = 0
    for beat in run:
        if table is None or not table.can_reach(beat.rewrites):
            table = Table(beat.seed, beat.pages)
        must = table.checksum_after(beat.rewrites)
        if beat.checksum != must:
            text = f"expected the checksum {must:016x}, found {beat.checksum:016x}"
            yield MemoryFault(beat.seq, text)
        if beat.wrong > wrong:
            yield MemoryFault(beat.seq, f"the guest found {beat.wrong - wrong} pages wrong")
        wrong = beat.wrong
