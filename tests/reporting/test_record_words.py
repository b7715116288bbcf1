"""Every kind of record can be told in a few words."""

from __future__ import annotations

import pytest

from freezeframe.lifecycles import HostStatus, VmStatus
from freezeframe.observation import (
    KINDS,
    AlarmSeen,
    ClockMeasured,
    Ended,
    Fact,
    HostSeen,
    HostTold,
    MemoryFingerprinted,
    Operation,
    Outcome,
    Reason,
    Record,
    Repeats,
    SightChanged,
    Told,
    VmSeen,
)
from freezeframe.reporting.record_words import _WORDS, fact_text, subject_text


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (VmSeen(VmStatus.PAUSED, Reason.IO_ERROR), "seen paused (I/O error)"),
        (VmSeen(VmStatus.FAILED), "seen failed"),
        (Told(Operation.PAUSE, Outcome.REQUESTED), "asked to pause"),
        (Told(Operation.RESUME, Outcome.FAILED, "no answer"), "resume: failed (no answer)"),
        (HostTold(Operation.UPDATE, Outcome.COMPLETED), "update: completed"),
        (ClockMeasured(-9_787, 12), "clock 9.787 s behind, give or take 0.012 s"),
        (MemoryFingerprinted("0123456789ab", "all", 3), "memory is 01234567 (all)"),
        (HostSeen(HostStatus.UPDATING, has_new_software=False), "updating, old software"),
        (AlarmSeen(is_raised=True, why="a VM failed"), "alarm raised (a VM failed)"),
        (SightChanged(is_in_sight=False, why="gone"), "lost from sight (gone)"),
        (Repeats(1), "from here on, over and over: the last 1 record"),
    ],
)
def test_a_fact_is_told_in_a_few_words(fact: Fact, text: str) -> None:
    assert fact_text(fact) == text


def test_no_kind_is_left_without_words() -> None:
    assert set(_WORDS) == {fact for fact, _ in KINDS.values()}


def test_a_record_names_its_subject() -> None:
    seen = VmSeen(VmStatus.RUNNING)
    assert subject_text(Record("s", 1, 0, 0, seen, "a", "v")) == "v on a"
    told = HostTold(Operation.UPDATE, Outcome.REQUESTED)
    assert subject_text(Record("s", 1, 0, 0, told, "a")) == "a"
    assert subject_text(Record("s", 1, 0, 0, Ended())) == "fleet"
