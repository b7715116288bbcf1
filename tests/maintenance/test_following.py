"""What was recorded of a maintenance is explained by steps of the model, or told apart."""

from __future__ import annotations

from random import Random

import pytest

from freezeframe.maintenance.course import Course, Deviation, Divergence
from freezeframe.maintenance.following import STANDARD_TOLERANCE, follow_all
from freezeframe.maintenance.passing import let_pass
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


def course_before(case: str, step: str) -> tuple[Rulebook, Course]:
    """A course at whose state `step` is free, reached by some walk."""
    rulebook = Rulebook(CASES[case].fleet, load_policy(CASES[case].policy))
    for seed in range(100):
        found = walk(rulebook, Random(seed), 60)
        for length in range(len(found.records)):
            course = follow_all(rulebook, found.records[:length]).course
            if step in {each.rule.name for each in rulebook.free(course.state)}:
                return rulebook, course
    raise AssertionError(f"expected a walk that comes to {step}")


def late(rulebook: Rulebook, course: Course, after_ms: int) -> list[Divergence]:
    followed = let_pass(rulebook, course, (course.at_ms or 0) + after_ms, STANDARD_TOLERANCE)
    return [each for each in followed.divergences if each.deviation is Deviation.LATE]


@pytest.mark.parametrize("step", ["shut_down", "boot"])
def test_shutting_down_and_booting_may_take_their_time(step: str) -> None:
    rulebook, course = course_before("an update that preserves nothing", step)
    timing, limits = rulebook.fleet.timing, rulebook.fleet.limits
    longest_ms = limits.pause_ms if step == "shut_down" else timing.resume.max_ms
    reaction_ms = STANDARD_TOLERANCE.reaction_ms
    assert not [each for each in late(rulebook, course, longest_ms) if each.step.startswith(step)]
    found = late(rulebook, course, longest_ms + reaction_ms + 1)
    assert any(each.step.startswith(step) for each in found)


@pytest.mark.parametrize("name", CASES)
def test_time_passes_however_long_nothing_is_heard(name: str) -> None:
    """What is overdue is excused once at most, else a controller would stand still for ever."""
    rulebook = Rulebook(CASES[name].fleet, load_policy(CASES[name].policy))
    for seed in range(5):
        course = follow_all(rulebook, walk(rulebook, Random(seed), 40).records).course
        passed = let_pass(rulebook, course, (course.at_ms or 0) + 100_000, STANDARD_TOLERANCE)
        assert passed.course.at_ms == (course.at_ms or 0) + 100_000
