"""Tours take every edge of the lifecycle that can be taken, and no other."""

from __future__ import annotations

from itertools import pairwise

import pytest

from freezeframe.conformance.tours import (
    EDGES,
    START,
    WAYS,
    edge_id,
    edges_that_can_be_taken,
    grand_tour,
    tour_of,
)
from freezeframe.lifecycles import VM_LIFECYCLE, VmStatus

ALL = frozenset(WAYS)
PAUSING = frozenset(
    {"begin_pause", "pause_completed", "begin_resume", "resume_completed", "clock_set"}
)


def test_every_trigger_of_the_table_has_a_way() -> None:
    """A row that is added to the table needs one here."""
    assert {row.trigger for row in VM_LIFECYCLE.rows} == ALL


def test_just_what_is_refused_or_cannot_be_timed_is_left_out() -> None:
    """Adapters refuse to shut down a paused VM, and nobody can act for certain while a call is
    under way; everything else can be taken.
    """
    under_way = {
        (status, trigger)
        for status in (VmStatus.PAUSING, VmStatus.RESUMING)
        for trigger in ("hold", "fail")
    }
    left_out = set(EDGES) - set(edges_that_can_be_taken())
    assert left_out == {(VmStatus.PAUSED, "shut_down"), *under_way}


@pytest.mark.parametrize("edge", edges_that_can_be_taken(), ids=edge_id)
def test_tour_takes_its_edge_and_comes_back(edge: tuple[VmStatus, str]) -> None:
    """Each step begins where the one before it ended, and is a row of the table."""
    tour = tour_of(edge, ALL)
    assert tour is not None
    assert edge in {step.edge for step in tour}
    assert (tour[0].before, tour[-1].after) == (START, START)
    assert all(one.after == two.before for one, two in pairwise(tour))
    for step in tour:
        moved = VM_LIFECYCLE.destination(step.before.status, step.trigger)
        assert moved is step.after.status


def test_grand_tour_takes_every_edge() -> None:
    """All edges in one walk from running and back."""
    tour = grand_tour(ALL)
    assert {step.edge for step in tour} == set(edges_that_can_be_taken())
    assert (tour[0].before, tour[-1].after) == (START, START)
    assert all(one.after == two.before for one, two in pairwise(tour))


def test_what_cannot_be_done_is_not_walked() -> None:
    """Without a customer's hand only maintenance's own edges are left."""
    assert tour_of((VmStatus.RUNNING, "hold"), PAUSING) is None
    assert {step.trigger for step in grand_tour(PAUSING)} == PAUSING


def test_names_of_edges_differ() -> None:
    """They name tests."""
    assert len({edge_id(edge) for edge in EDGES}) == len(EDGES)
