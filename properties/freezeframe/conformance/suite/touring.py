"""Scenarios that come from the model: every edge of the lifecycle of a VM, and all in one life."""

from __future__ import annotations

import pytest

from freezeframe.adapters import Capability
from freezeframe.conformance.needs import needs
from freezeframe.conformance.rig import Rig
from freezeframe.conformance.tours import (
    WAYS,
    edge_id,
    edges_that_can_be_taken,
    grand_tour,
    tour_of,
)
from freezeframe.conformance.walking import shown_changes, walk
from freezeframe.lifecycles import VmStatus

from .base import SuiteBase
from .hearing import Ear


def possible_triggers(rig: Rig) -> frozenset[str]:
    """The triggers of the table that can be brought about here."""
    bench = rig.bench
    return frozenset(
        trigger
        for trigger, way in WAYS.items()
        if way.needs.lacks(bench.claims, rig.means, bench.vms) is None
    )


class TouringTests(SuiteBase):
    """A VM is led along its lifecycle, and shown as the table says at every step."""

    @needs(Capability.PAUSE)
    @pytest.mark.parametrize("edge", edges_that_can_be_taken(), ids=edge_id)
    def test_tour(self, rig: Rig, edge: tuple[VmStatus, str]) -> None:
        """A VM that takes this edge on a walk from running and back is shown as the table says."""
        bench = rig.bench
        lacks = WAYS[edge[1]].needs.lacks(bench.claims, rig.means, bench.vms)
        if lacks is not None:
            pytest.skip(lacks)
        tour = tour_of(edge, possible_triggers(rig))
        if tour is None:
            pytest.skip("no walk leads there and back with what can be done here")
        walk(rig, rig.vm, tour)

    @needs(Capability.PAUSE, Capability.CHANGES)
    def test_grand_tour(self, rig: Rig) -> None:
        """A VM that takes every edge in one life is told to have changed just so."""
        ear = Ear(rig)
        tour = grand_tour(possible_triggers(rig))
        walk(rig, rig.vm, tour)
        expected = shown_changes(tour)
        ear.listen(len(expected))
        assert ear.statuses(rig.vm) == expected
