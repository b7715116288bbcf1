"""What was recorded of a maintenance is explained by steps of the model, or told apart."""

from __future__ import annotations

from random import Random

import pytest

from freezeframe.maintenance.following import follow_all
from freezeframe.maintenance.rulebook import Rulebook
from freezeframe.protocol.policies import load_policy
from tests.fleets import CASES

from .walks import walk


@pytest.mark.parametrize("tells_decisions", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_every_walk_of_the_model_is_explained(name: str, *, tells_decisions: bool) -> None:
    rulebook = Rulebook(CASES[name].fleet, load_policy(CASES[name].policy))
    for seed in range(5):
        found = walk(rulebook, Random(seed), 60, tells_decisions=tells_decisions)
        followed = follow_all(rulebook, found.records)
        assert [str(each) for each in followed.divergences] == []
