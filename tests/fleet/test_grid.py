"""Durations that nobody chose, and that make the unit of time finer, are named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.fleets import COARSE, LONG_NOTICE, one_vm, span

from freezeframe.fleet import Limits, example, example_names, finer_by_default
from freezeframe.fleet.model import Timing
from freezeframe.protocol.settings import settings_of, standard_deadlines_ms


@pytest.mark.parametrize("name", example_names())
def test_the_examples_chose_all_that_matters(name: str) -> None:
    assert finer_by_default(example(name)) is None


def test_a_fleet_that_chose_nothing_is_told_nothing() -> None:
    assert finer_by_default(one_vm(timing=Timing(), limits=Limits())) is None


def test_defaults_that_spoil_a_coarse_grid_are_named() -> None:
    timing = replace(COARSE, restart=Timing().restart, poll=Timing().poll)
    found = finer_by_default(one_vm(timing=timing, limits=LONG_NOTICE))
    assert found is not None
    assert found.coarser_ms == 5_000
    assert found.keys == ("timing.restart", "timing.poll")


def test_to_do_as_told_makes_the_unit_as_coarse_as_told() -> None:
    spoilt = one_vm(timing=replace(COARSE, poll=Timing().poll), limits=LONG_NOTICE)
    found = finer_by_default(spoilt)
    assert found is not None
    mended = replace(spoilt, timing=replace(spoilt.timing, poll=span(0, 5)))
    for fleet, unit_ms in ((spoilt, 1_000), (mended, found.coarser_ms)):
        assert settings_of(fleet, standard_deadlines_ms(fleet)).tick_ms == unit_ms


def test_the_tolerance_of_clocks_makes_no_unit_finer() -> None:
    fleet = one_vm(limits=replace(LONG_NOTICE, clock_tolerance_ms=1))
    assert finer_by_default(fleet) is None
    assert settings_of(fleet, standard_deadlines_ms(fleet)).tick_ms == 5_000
