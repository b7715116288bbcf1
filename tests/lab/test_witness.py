"""Hand-written heartbeats are read and judged, by sums that are worked out here, plainly."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from .witness import (
    Beat,
    ClockStep,
    Pause,
    Stall,
    WitnessError,
    observe,
    parse,
    recorded,
)

SEED = 0x0123456789ABCDEF
PAGES = 2
EPOCH_MS = 1_700_000_000_000
LINE = (
    "witness 1 seed=0123456789abcdef seq=7 mono_ms=800 wall_ms=1700000000123 tsc=99 pages=2 "
    "rewrites=0 sum=fedcba9876543210 wrong=0"
)


def drawn(index: int) -> int:
    """Number `index` of splitmix64, as its author writes it: one word at a time."""
    word = (SEED + 0x9E3779B97F4A7C15 * (index + 1)) % 2**64
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB % 2**64
    return word ^ (word >> 31)


def checksum(rewrites: int) -> int:
    """Sum up a table of PAGES pages, each word by word, after rewriting one page after another."""
    generations = [0] * PAGES
    for number in range(rewrites):
        generations[number % PAGES] += 1
    total = 0
    for page, generation in enumerate(generations):
        for word in range(512):
            value = drawn((generation * PAGES + page) * 512 + word)
            total = (total * 0x5851F42D4C957F2D + value) % 2**64
    return total


SUMS = [checksum(rewrites) for rewrites in range(6)]


def beat(seq: int, lead_ms: int = 1000, *, clock_ms: int = 0, late_ms: int = 0) -> Beat:
    """A sound heartbeat at 100 ms times `seq`; `clock_ms` is how far its wall clock was set."""
    mono_ms = 100 * seq
    arrival_ms = mono_ms + lead_ms + late_ms
    rewrites = seq % len(SUMS)
    return Beat(
        arrival_ms=arrival_ms,
        arrival_wall_ms=EPOCH_MS + arrival_ms,
        seed=SEED,
        seq=seq,
        mono_ms=mono_ms,
        wall_ms=EPOCH_MS + 1000 + mono_ms + clock_ms,
        tsc=mono_ms,
        pages=PAGES,
        rewrites=rewrites,
        checksum=SUMS[rewrites],
        wrong=0,
    )


def series(*lengths_and_leads: tuple[int, int]) -> list[Beat]:
    """So many heartbeats each of which arrives so much ahead of the guest's clock, and so on."""
    leads = [lead for count, lead in lengths_and_leads for _ in range(count)]
    return [beat(seq, lead) for seq, lead in enumerate(leads)]


def test_a_line_is_read_field_by_field() -> None:
    assert parse(LINE, 5, 6) == Beat(
        arrival_ms=5,
        arrival_wall_ms=6,
        seed=SEED,
        seq=7,
        mono_ms=800,
        wall_ms=1_700_000_000_123,
        tsc=99,
        pages=2,
        rewrites=0,
        checksum=0xFEDCBA9876543210,
        wrong=0,
    )


@pytest.mark.parametrize(
    "line",
    [
        "",
        LINE[:-1] + "x",
        LINE[1:],
        LINE + " more=1",
        LINE.replace("witness 1", "witness 2"),
        LINE.replace("seq=7", "seq=-7"),
        LINE.replace("seq=7", "seq=\u0667"),
        LINE.replace("sum=f", "sum="),
        LINE.replace("pages=2", "pages=0"),
        LINE + "\n",
    ],
)
def test_a_line_of_another_form_is_refused(line: str) -> None:
    with pytest.raises(WitnessError, match="expected a heartbeat of version 1, found"):
        parse(line, 0, 0)


def test_a_record_is_read_but_for_a_line_that_is_still_being_written() -> None:
    text = f"100 200 {LINE}\n150 250 {LINE}\n199 299 witness 1 se"
    assert [(each.arrival_ms, each.arrival_wall_ms) for each in recorded(text)] == [
        (100, 200),
        (150, 250),
    ]


@pytest.mark.parametrize("line", ["oops", f"x 200 {LINE}", "100 200 witness 1 se"])
def test_a_damaged_record_is_told_with_its_line(line: str) -> None:
    with pytest.raises(WitnessError, match=r"^line 2: "):
        recorded(f"100 200 {LINE}\n{line}\n")


def test_sound_heartbeats_show_nothing() -> None:
    seen = observe(series((40, 1000)))
    assert seen.starts == 1
    assert not any((seen.pauses, seen.stalls, seen.clock_steps, seen.missing, seen.returned))
    assert seen.memory_faults == ()


def test_nothing_was_seen_of_a_guest_that_said_nothing() -> None:
    seen = observe([])
    assert (seen.starts, seen.pauses, seen.memory_faults) == (0, (), ())


def test_a_pause_is_a_lasting_step_whose_height_is_its_length() -> None:
    (pause,) = observe(series((20, 1000), (20, 3050))).pauses
    assert pause == Pause(19, 20, 2900, 5050, 2050)


def test_each_of_several_pauses_is_told_even_close_together_and_at_the_end() -> None:
    seen = observe(series((20, 1000), (2, 1400), (30, 6400), (1, 36400)))
    assert [(each.after_seq, each.length_ms) for each in seen.pauses] == [
        (19, 400),
        (21, 5000),
        (51, 30000),
    ]


def test_what_merely_arrives_late_is_no_pause() -> None:
    beats = series((40, 1000))
    for seq, late_ms in enumerate((900, 800, 700, 600, 500, 400, 300, 200, 100), start=15):
        beats[seq] = beat(seq, late_ms=late_ms)  # held up by a busy reader, then all at once
    assert observe(beats).pauses == ()


def test_lateness_within_a_pauses_first_lines_does_not_lengthen_it() -> None:
    beats = series((20, 1000), (20, 3000))
    beats[20], beats[21] = beat(20, 3000, late_ms=150), beat(21, 3000, late_ms=50)
    beats[19] = beat(19, 1000, late_ms=80)
    (pause,) = observe(beats).pauses
    assert pause.length_ms == 2000


def test_lateness_of_the_first_lines_hides_no_pause() -> None:
    beats = series((20, 1000), (20, 1500))
    beats[:3] = [beat(seq, late_ms=900) for seq in range(3)]
    (pause,) = observe(beats).pauses
    assert pause.length_ms == 500


def test_clocks_that_drift_apart_are_no_pause() -> None:
    assert observe([beat(seq, 1000 + seq) for seq in range(600)]).pauses == ()


def test_pauses_shorter_than_asked_for_are_not_told() -> None:
    beats = series((20, 1000), (20, 1249))
    assert observe(beats).pauses == ()
    assert [each.length_ms for each in observe(beats, gap_ms_min=249).pauses] == [249]


def test_a_guest_whose_clock_went_on_was_stalled_not_paused() -> None:
    beats = series((10, 1000))
    later = [replace(each, mono_ms=each.mono_ms + 700) for each in series((20, 1700))[10:]]
    later = [replace(each, wall_ms=each.wall_ms + 700) for each in later]
    seen = observe([*beats, *later])
    assert (seen.pauses, seen.stalls) == ((), (Stall(9, 800),))
    assert seen.clock_steps == ()


def test_the_clock_is_behind_by_the_pause_until_it_is_set() -> None:
    before = series((20, 1000))
    after = [beat(seq, 3000) for seq in range(20, 25)]
    synced = [beat(seq, 3000, clock_ms=2000) for seq in range(25, 30)]
    assert {each.clock_offset_ms for each in before} == {0}
    assert {each.clock_offset_ms for each in after} == {-2000}
    assert {each.clock_offset_ms for each in synced} == {0}
    assert observe([*before, *after, *synced]).clock_steps == (ClockStep(24, 2000),)


def test_lost_and_returning_heartbeats_are_told() -> None:
    beats = [beat(seq) for seq in (0, 1, 9, 10)] + [beat(seq, 1200) for seq in (3, 4)]
    seen = observe(beats)
    assert (seen.missing, seen.returned) == (((1, 9),), ((10, 3),))
    assert seen.stalls == ()


def test_a_new_start_of_the_guest_is_neither_pause_nor_return() -> None:
    again = [replace(each, seed=SEED + 1) for each in series((5, 9000))]
    seen = observe([*series((5, 1000)), *again])
    assert seen.starts == 2
    assert (seen.pauses, seen.missing, seen.returned) == ((), (), ())


def test_memory_is_wrong_where_the_sum_is_not_what_it_must_be() -> None:
    beats = series((12, 1000))
    beats[3] = replace(beats[3], checksum=beats[3].checksum ^ 1)
    (fault,) = observe(beats).memory_faults
    assert fault.seq == 3
    assert fault.text == f"expected the checksum {SUMS[3]:016x}, found {SUMS[3] ^ 1:016x}"


def test_memory_is_right_after_heartbeats_were_lost() -> None:
    """More rewritings are left out than there are pages, then some are gone back."""
    beats = [beat(seq) for seq in (0, 5, 2)]
    assert observe(beats).memory_faults == ()


def test_memory_is_wrong_where_a_page_was_not_rewritten() -> None:
    beats = series((6, 1000))
    beats[5] = replace(beats[5], checksum=SUMS[4])
    assert [each.seq for each in observe(beats).memory_faults] == [5]


def test_memory_is_wrong_where_the_guest_found_it_so() -> None:
    beats = [replace(each, wrong=2 * (each.seq >= 4)) for each in series((10, 1000))]
    (fault,) = observe(beats).memory_faults
    assert (fault.seq, fault.text) == (4, "the guest found 2 pages wrong")


def test_the_guests_own_program_is_judged_sound(tmp_path: Path) -> None:
    """The C program runs here, outside of a guest, round its table more than once."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("needs gcc")
    source, program = Path(__file__).parent / "guest/witness.c", tmp_path / "witness"
    subprocess.run([compiler, "-O2", "-o", program, source], check=True)
    said = tmp_path / "said"
    subprocess.run([program, said, "70", "1"], check=True)
    lines = said.read_text(encoding="ascii").splitlines()
    beats = [parse(line, 0, 0) for line in lines]
    assert [each.rewrites for each in beats] == [16 * number for number in range(1, 71)]
    assert {each.pages for each in beats} == {256}
    assert observe(beats).memory_faults == ()
    spoilt = [replace(each, seed=each.seed ^ 1) for each in beats]
    assert len(observe(spoilt).memory_faults) == 70
