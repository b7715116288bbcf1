"""The watchdog acts after the deadlines of the controller and before the last moment."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freezeframe.fleet import Fleet, Limits, Span, Timing, Tolerance, example
from freezeframe.maintenance.watchdog import (
    Beneath,
    Bounds,
    Lease,
    Move,
    WatchdogError,
    bounds_of,
    next_move,
)
from freezeframe.maintenance.watchdog.leases import SLACK_MS_MIN, waits_until_ms
from freezeframe.protocol import Deadline
from freezeframe.protocol.settings import standard_deadlines_ms

BOUNDS = Bounds(roll_back_ms=20_000, resume_ms=25_000)
LATER, EARLIER = Lease("a", "v", 1_000), Lease("a", "w", 900)


def seconds(most: int) -> st.SearchStrategy[Span]:
    return st.integers(0, most).map(lambda longest: Span(0, longest * 1_000))


FLEETS = st.builds(
    lambda rollback, resume, restart, failures, crashes: replace(
        example("one-vm"),
        limits=Limits(pause_ms=30_000),
        timing=replace(Timing(), rollback=rollback, resume=resume, restart=restart),
        tolerance=Tolerance(resume_failure=failures, controller_crash=crashes),
    ),
    seconds(20),
    seconds(8),
    seconds(6),
    st.integers(0, 2),
    st.integers(0, 2),
)


@given(FLEETS)
def test_the_bounds_leave_time_for_the_controller_before_and_for_the_deeds_after(
    fleet: Fleet,
) -> None:
    deadlines_ms = standard_deadlines_ms(fleet)
    resumes_ms = fleet.timing.resume.max_ms * (1 + fleet.tolerance.resume_failure)
    least_ms = SLACK_MS_MIN // 2
    try:
        bounds = bounds_of(fleet, deadlines_ms)
    except WatchdogError:
        needed_ms = fleet.timing.rollback.max_ms + resumes_ms
        slack_ms = fleet.timing.restart.max_ms * fleet.tolerance.controller_crash
        assert slack_ms < SLACK_MS_MIN or needed_ms + slack_ms > 30_000 - SLACK_MS_MIN
        return
    assert bounds.resume_ms >= deadlines_ms[Deadline.ABANDON] + least_ms
    assert bounds.roll_back_ms >= deadlines_ms[Deadline.ABORT] + least_ms
    assert bounds.resume_ms + resumes_ms + least_ms <= 30_000
    assert bounds.roll_back_ms + fleet.timing.rollback.max_ms + resumes_ms + least_ms <= 30_000


def test_a_fleet_that_leaves_a_watchdog_no_time_is_told_what_to_change() -> None:
    fleet = replace(example("one-vm"), tolerance=Tolerance())
    with pytest.raises(WatchdogError, match="found 0 s; set controller_crash = 1 under"):
        bounds_of(fleet, standard_deadlines_ms(fleet))


@pytest.mark.parametrize(
    ("beneath", "bound_ms", "move"),
    [
        (Beneath.SETTLED, 25_000, Move.RESUME),
        (Beneath.UPDATING, 20_000, Move.ROLL_BACK),
        (Beneath.BROKEN, 20_000, Move.ROLL_BACK),
    ],
)
def test_the_oldest_pause_of_a_host_decides_when(
    beneath: Beneath, bound_ms: int, move: Move
) -> None:
    due_ms = EARLIER.since_ms + bound_ms
    assert next_move([LATER, EARLIER], beneath, due_ms - 1, BOUNDS) is None
    assert next_move([LATER, EARLIER], beneath, due_ms, BOUNDS) is move
    assert next_move([LATER], beneath, due_ms, BOUNDS) is None


@pytest.mark.parametrize("beneath", Beneath)
def test_what_was_begun_is_seen_through_at_once(beneath: Beneath) -> None:
    moves = {
        Beneath.SETTLED: Move.RESUME,
        Beneath.UPDATING: Move.ROLL_BACK,
        Beneath.BROKEN: Move.ROLL_BACK,
        Beneath.ROLLING_BACK: None,
    }
    assert next_move([LATER], beneath, LATER.since_ms, BOUNDS, is_acting=True) is moves[beneath]


@pytest.mark.parametrize("beneath", Beneath)
def test_where_nothing_of_ours_is_paused_nothing_is_done(beneath: Beneath) -> None:
    assert next_move([], beneath, 10**9, BOUNDS, is_acting=True) is None


def test_nothing_is_due_before_the_first_bound_of_the_oldest_lease() -> None:
    assert waits_until_ms([], BOUNDS) is None
    assert waits_until_ms([LATER, EARLIER], BOUNDS) == 20_900
