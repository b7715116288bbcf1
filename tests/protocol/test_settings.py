"""Time is counted in units that fit every duration, and deadlines leave just the time it takes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freezeframe.fleet import Limits, Span, Timing, Tolerance
from freezeframe.protocol.language import Deadline, Duration
from freezeframe.protocol.settings import (
    resume_reserve_ms,
    settings_of,
    standard_deadlines_ms,
)
from tests.fleets import COARSE, FINE, one_vm, span

GRID_MS = st.integers(0, 20).map(lambda count: count * 250)


@st.composite
def timings(draw: st.DrawFn) -> Timing:
    spans = {}
    for duration in Duration:
        least, longest = sorted((draw(GRID_MS), draw(GRID_MS)))
        spans[duration.value] = Span(least, longest)
    return Timing(**spans)


@given(timings(), st.integers(1, 200).map(lambda count: count * 250))
def test_the_unit_is_the_largest_that_fits_every_duration(timing: Timing, pause_ms: int) -> None:
    fleet = one_vm(timing=timing, limits=Limits(pause_ms=pause_ms, notice_ms=0))
    deadlines = standard_deadlines_ms(fleet)
    settings = settings_of(fleet, deadlines)
    every_ms = {*fleet.durations_ms, *deadlines.values()}
    assert all(ms % settings.tick_ms == 0 for ms in every_ms)
    # Nothing larger fits: that would have to divide all of them as well.
    larger = (n for n in range(settings.tick_ms + 1, max(every_ms) + 1))
    assert not any(all(ms % n == 0 for ms in every_ms) for n in larger)
    for duration in Duration:
        given_span = getattr(timing, duration.value)
        least, longest = settings.spans[duration]
        assert settings.seconds(least) * 1000 == given_span.min_ms
        assert settings.seconds(longest) * 1000 == given_span.max_ms
        assert settings.longest(duration) == longest
    for deadline, ms in deadlines.items():
        assert settings.deadlines[deadline] * settings.tick_ms == ms
    assert settings.pause_limit * settings.tick_ms == pause_ms


def test_no_duration_at_all_is_counted_in_seconds() -> None:
    still = Timing(**{each.value: span(0, 0) for each in Duration})
    fleet = one_vm(timing=still, limits=Limits(pause_ms=0, notice_ms=0))
    assert settings_of(fleet, standard_deadlines_ms(fleet)).tick_ms == 1000


@pytest.mark.parametrize(
    ("tolerance", "reserve_ms", "abort_ms"),
    [
        # Usual durations: resume 2 s, restart 2 s, poll 1 s, rollback 5 s, of 30 s in all.
        (Tolerance(), 2_000, 23_000),
        (Tolerance(resume_failure=1), 4_000, 21_000),
        (Tolerance(resume_failure=3), 8_000, 17_000),
        (Tolerance(controller_crash=2), 6_000, 19_000),
        (Tolerance(event_lost=2), 4_000, 21_000),
        (Tolerance(resume_failure=1, controller_crash=1, event_lost=1), 7_000, 18_000),
        (Tolerance(resume_failure=11), 24_000, 1_000),
        (Tolerance(resume_failure=12), 26_000, 0),
        (Tolerance(resume_failure=99), 200_000, 0),
    ],
)
def test_deadlines_leave_time_for_what_is_tolerated(
    tolerance: Tolerance, reserve_ms: int, abort_ms: int
) -> None:
    fleet = one_vm(timing=FINE, limits=Limits(notice_ms=900_000), tolerance=tolerance)
    assert resume_reserve_ms(fleet) == reserve_ms
    assert standard_deadlines_ms(fleet) == {
        Deadline.ABANDON: max(0, 30_000 - reserve_ms),
        Deadline.ABORT: abort_ms,
        Deadline.NOTICE: 900_000,
    }


@given(timings(), st.integers(0, 60_000), st.builds(Tolerance, *[st.integers(0, 3)] * 3))
def test_aborting_in_time_and_then_all_that_is_tolerated_is_within_the_limit(
    timing: Timing, pause_ms: int, tolerance: Tolerance
) -> None:
    """The worst that may follow, added up one thing after another."""
    fleet = one_vm(timing=timing, limits=Limits(pause_ms=pause_ms), tolerance=tolerance)
    deadlines = standard_deadlines_ms(fleet)
    then_ms = timing.resume.max_ms
    for _ in range(tolerance.resume_failure):
        then_ms += timing.resume.max_ms
    for _ in range(tolerance.controller_crash):
        then_ms += timing.restart.max_ms
    for _ in range(tolerance.event_lost):
        then_ms += timing.poll.max_ms
    for deadline, before_ms in (
        (Deadline.ABANDON, 0),
        (Deadline.ABORT, timing.rollback.max_ms),
    ):
        if deadlines[deadline]:
            assert deadlines[deadline] + before_ms + then_ms == pause_ms
        else:
            assert before_ms + then_ms >= pause_ms


def test_a_shorter_unit_changes_no_deadline() -> None:
    fleet = one_vm(timing=replace(COARSE, poll=span(0, 1)))
    settings = settings_of(fleet, standard_deadlines_ms(fleet))
    assert settings.tick_ms == 1_000
    assert settings.deadlines[Deadline.ABORT] == 20
