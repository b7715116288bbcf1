"""What an adapter must answer follows from the table, also where calls overlap."""

from __future__ import annotations

import pytest

from freezeframe.adapters import Refusal
from freezeframe.conformance.twin import Asked, Twin, explained
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation

RUNNING = Twin()
OURS = Twin(VmStatus.PAUSED, is_ours=True)
THEIRS = Twin(VmStatus.PAUSED)
RESUMED = Twin(VmStatus.RESUMED)
ILLEGAL = Refusal.ILLEGAL_STATE


@pytest.mark.parametrize(
    ("twin", "operation", "answer", "after"),
    [
        (RUNNING, Operation.PAUSE, None, OURS),
        (RESUMED, Operation.PAUSE, None, OURS),
        (OURS, Operation.PAUSE, ILLEGAL, OURS),
        (THEIRS, Operation.PAUSE, ILLEGAL, THEIRS),
        (RUNNING, Operation.RESUME, ILLEGAL, RUNNING),
        (OURS, Operation.RESUME, None, RESUMED),
        (THEIRS, Operation.RESUME, Refusal.NOT_OURS, THEIRS),
        (RESUMED, Operation.SET_CLOCK, None, RUNNING),
        (OURS, Operation.SET_CLOCK, ILLEGAL, OURS),
        (OURS, Operation.READ_CLOCK, ILLEGAL, OURS),
        (OURS, Operation.FINGERPRINT, None, OURS),
        (RUNNING, Operation.FINGERPRINT, ILLEGAL, RUNNING),
        (Twin(VmStatus.STOPPED), Operation.PAUSE, ILLEGAL, Twin(VmStatus.STOPPED)),
    ],
)
def test_answers_as_the_contract_says(
    twin: Twin, operation: Operation, answer: Refusal | None, after: Twin
) -> None:
    assert twin.asked(operation) == (answer, after)


def test_two_pauses_at_once_cannot_both_be_done() -> None:
    """One of them must be refused, whichever."""
    both = [Asked(Operation.PAUSE, 1, 3, None), Asked(Operation.PAUSE, 2, 4, None)]
    assert not explained([RUNNING], both)
    for refused in (0, 1):
        one = list(both)
        one[refused] = Asked(Operation.PAUSE, both[refused].began, both[refused].ended, ILLEGAL)
        assert explained([RUNNING], one) == {OURS: (VmStatus.PAUSED,)}


def test_overlapping_calls_may_come_in_either_order() -> None:
    """A resume that was asked for first may be done after the pause."""
    asked = [Asked(Operation.RESUME, 1, 4, None), Asked(Operation.PAUSE, 2, 3, None)]
    found = explained([RUNNING], asked)
    assert found == {RESUMED: (VmStatus.PAUSED, VmStatus.RUNNING)}


def test_calls_that_did_not_overlap_keep_their_order() -> None:
    """A resume that was over before the pause began cannot have come after it."""
    asked = [Asked(Operation.RESUME, 1, 2, None), Asked(Operation.PAUSE, 3, 4, None)]
    assert not explained([RUNNING], asked)
