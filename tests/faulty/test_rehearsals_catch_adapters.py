"""The runner driven over every wrong adapter: a rehearsal tells each that a maintenance can show,
and the same rehearsal with the right adapter is clean.
"""

from __future__ import annotations

from collections.abc import Collection

import pytest

from .adapter_trials import (
    CIRCUMSTANCES,
    MASKED,
    TRIALS,
    Circumstance,
    rehearsed_right,
    told_right,
)
from .adapters.catalogue import WRONG_ADAPTERS, WrongAdapter


def _of(names: Collection[str]) -> list[WrongAdapter]:
    return [wrong for wrong in WRONG_ADAPTERS if wrong.name in names]


def _name(wrong: WrongAdapter) -> str:
    return wrong.name


@pytest.mark.parametrize("circumstance", CIRCUMSTANCES)
def test_the_right_adapter_is_not_told(circumstance: Circumstance) -> None:
    assert told_right(circumstance) == set()


@pytest.mark.parametrize("wrong", _of(TRIALS), ids=_name)
def test_is_told_by_the_signs_meant_for_it(wrong: WrongAdapter) -> None:
    """Which tell neither the right adapter nor, alone, what else is wrong in its trial."""
    trial = TRIALS[wrong.name]
    assert trial.signs
    assert trial.signs <= trial.told(wrong.adapter)
    assert told_right(trial.circumstance) == set()
    assert trial.signs.isdisjoint(trial.told_beside())


@pytest.mark.parametrize("wrong", _of(MASKED), ids=_name)
def test_changes_nothing_that_happens(wrong: WrongAdapter) -> None:
    """Whoever makes the runner depend on it finds it here, and is to give it a trial."""
    for circumstance in CIRCUMSTANCES:
        found, right = circumstance.rehearsed(wrong.adapter), rehearsed_right(circumstance)
        assert found.world.kept == right.world.kept
        assert found.world.observer.records == right.world.observer.records


def test_every_wrong_adapter_is_placed_once() -> None:
    assert sorted([*TRIALS, *MASKED]) == sorted(wrong.name for wrong in WRONG_ADAPTERS)
