"""Rules read as they are meant: guards have names, durations have ends, and who acts is relied upon
or not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from freezeframe.protocol.language import (
    Actor,
    Blocked,
    Clock,
    Deadline,
    Duration,
    Evaluation,
    Rule,
    Waiting,
    by,
    evaluating,
    exceeded,
    promptly,
    reached,
    refuse,
    require,
    rule,
    takes,
)
from freezeframe.protocol.policies import STANDARD_RULES

SPANS: Mapping[Duration, tuple[int, int]] = dict.fromkeys(Duration, (2, 4))
YES, NO = True, False
DEADLINES: Mapping[Deadline, int] = dict.fromkeys(Deadline, 3)


def evaluated(function: Callable[[], object], without: frozenset[str] = frozenset()) -> Evaluation:
    with evaluating(Evaluation("try", SPANS, DEADLINES, without)) as evaluation:
        function()
    return evaluation


def test_a_guard_that_holds_lets_the_rule_go_on_and_is_noted() -> None:
    assert evaluated(lambda: require(YES, "all is well")).guards == [("try/all-is-well", True)]


def test_a_guard_that_does_not_hold_blocks_the_rule_and_is_noted() -> None:
    evaluation = Evaluation("try", SPANS, DEADLINES, frozenset())
    with pytest.raises(Blocked) as blocked, evaluating(evaluation):
        require(NO, "all is well")
    assert blocked.value.guard == "try/all-is-well"
    assert evaluation.guards == [("try/all-is-well", False)]


def test_a_guard_that_is_switched_off_blocks_nothing_and_is_noted_all_the_same() -> None:
    evaluation = evaluated(lambda: require(NO, "all is well"), frozenset({"try/all-is-well"}))
    assert evaluation.guards == [("try/all-is-well", False)]


def test_what_is_refused_is_no_guard() -> None:
    evaluation = Evaluation("try", SPANS, DEADLINES, frozenset())
    with pytest.raises(Blocked), evaluating(evaluation):
        refuse()
    assert evaluation.guards == []


@pytest.mark.parametrize(
    ("clock", "is_possible", "is_due"),
    [(0, False, False), (1, False, False), (2, True, False), (3, True, False), (4, True, True)],
)
def test_an_operation_may_end_from_its_least_time_on_and_must_by_its_longest(
    *, clock: int, is_possible: bool, is_due: bool
) -> None:
    if is_possible:
        assert evaluated(lambda: takes(Clock(clock), Duration.UPDATE)).due is is_due
    else:
        with pytest.raises(Waiting):
            evaluated(lambda: takes(Clock(clock), Duration.UPDATE))


@pytest.mark.parametrize("clock", [0, 2, 3, 4])
def test_a_deadline_is_due_and_reached_from_its_moment_on(clock: int) -> None:
    answers: list[bool] = []
    evaluation = evaluated(lambda: by(Clock(clock), Deadline.ABORT))
    evaluated(lambda: answers.append(reached(Clock(clock), Deadline.ABORT)))
    assert [evaluation.due, *answers] == [clock >= 3, clock >= 3]


@pytest.mark.parametrize("clock", [3, 4, 5])
def test_an_operation_is_overdue_only_after_its_longest_time(clock: int) -> None:
    answers: list[bool] = []
    evaluated(lambda: answers.append(exceeded(Clock(clock), Duration.UPDATE)))
    assert answers == [clock > 4]


def test_what_is_done_promptly_is_due_at_once() -> None:
    assert evaluated(promptly).due
    assert not evaluated(lambda: None).due


def test_evaluations_do_not_reach_beyond_their_end() -> None:
    evaluated(promptly)
    with pytest.raises(LookupError):
        promptly()


def test_rule_names_are_unique_and_their_sentences_say_something() -> None:
    assert len({each.name for each in STANDARD_RULES}) == len(STANDARD_RULES)
    assert all(each.sentence.endswith(".") for each in STANDARD_RULES)


def test_a_rule_must_say_what_it_does() -> None:
    def silent() -> None:
        pass

    with pytest.raises(TypeError, match="rule silent: expected a docstring"):
        rule(actor=Actor.FAULT)(silent)


def test_the_first_line_of_the_docstring_is_the_sentence() -> None:
    @rule(actor=Actor.GUEST)
    def wave() -> None:
        """A guest waves.

        Nobody sees it.
        """

    assert (wave.name, wave.actor, wave.sentence) == ("wave", Actor.GUEST, "A guest waves.")


@pytest.mark.parametrize("actor", Actor)
def test_only_what_is_promised_is_relied_upon(actor: Actor) -> None:
    reliable = {Actor.CONTROLLER, Actor.HYPERVISOR, Actor.OPERATOR, Actor.TIME}
    free = Rule("free", actor, "Do it.", lambda: None)
    budgeted = Rule("budgeted", actor, "Do it.", lambda: None, budget="cancel")
    assert free.is_fair is (actor in reliable)
    assert not budgeted.is_fair


def test_a_rule_with_more_functions_keeps_those_it_has() -> None:
    def one() -> None: ...
    def two() -> None: ...

    plain = Rule("plain", Actor.CONTROLLER, "Do it.", lambda: None, each=(one,))
    assert plain.also(two).each == (one, two)
    assert plain.each == (one,)
