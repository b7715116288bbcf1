"""How one fact reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from freezeframe.reporting import Change, Counterexample, TraceStep
from freezeframe.reporting.words import changes_text, ending_text, state_text, subjects_text


def vm(field: str, before: str, after: str) -> Change:
    return Change("web-0", field, before, after, "VM")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ([vm("status", "running", "pausing")], ["web-0 running → pausing"]),
        (
            [vm("status", "running", "pausing"), vm("held by", "nobody", "maintenance")],
            ["web-0 running → pausing"],
        ),
        (
            [vm("status", "running", "paused"), vm("held by", "nobody", "other")],
            ["web-0 running → paused, held by other"],
        ),
        (
            [vm("status", "resuming", "resumed"), vm("clock", "right", "behind")],
            ["web-0 resuming → resumed, clock behind"],
        ),
        ([vm("memory", "intact", "lost")], ["web-0 memory lost"]),
        ([vm("host", "host-a", "host-b")], ["web-0 moves to host-b"]),
        ([vm("seen as", "-", "paused")], ["web-0 seen as paused"]),
        ([vm("seen as", "paused", "-")], ["web-0 seen as it is"]),
        ([vm("next event", "-", "will be lost")], ["web-0 next event will be lost"]),
        ([vm("next event", "will be lost", "-")], []),
        (
            [
                Change("web", "status", "steady", "maintaining", "set"),
                Change("web", "domain", "none", "0", "set"),
                Change("host-a/web", "status", "unannounced", "scheduled", "event"),
            ],
            ["set web maintaining, domain 0", "event host-a/web scheduled"],
        ),
    ],
)
def test_changes_are_told_in_plain_words(changes: list[Change], told: list[str]) -> None:
    assert changes_text(changes) == told


def test_a_set_and_a_vm_of_one_name_are_told_apart() -> None:
    changes = [
        Change("web", "status", "running", "pausing", "VM"),
        Change("web", "status", "steady", "maintaining", "set"),
    ]
    assert changes_text(changes) == ["web running → pausing", "set web maintaining"]


def test_only_what_is_out_of_the_ordinary_is_told_of_a_state() -> None:
    ordinary = {"status": "running", "memory": "intact", "clock": "right", "held by": "nobody"}
    assert state_text(ordinary) == "running"
    assert state_text({**ordinary, "memory": "lost"}) == "running, with its memory lost"
    both = {**ordinary, "memory": "lost", "clock": "behind"}
    assert state_text(both) == "running, with its memory lost and its clock behind"


PAUSE = TraceStep(5.0, "controller", "pause", "", ("web-0",), (vm("status", "running", "pausing"),))
LATE = Counterexample(
    "pause_within_limit",
    ("web-0",),
    (PAUSE,),
    ends_at_seconds=36.0,
    states=({"web-0": {"status": "paused"}},),
)


def test_a_pause_that_is_too_long_is_told_with_its_length_and_the_limit() -> None:
    assert ending_text(LATE, 30.0) == (
        "At 36 s, web-0 is paused, and has not run for 31 s, more than its limit of 30 s."
    )


def test_subjects_in_the_same_state_are_told_together() -> None:
    states = ({"a": {"status": "paused"}, "b": {"status": "paused"}},)
    run = replace(LATE, property_name="other", subjects=("a", "b"), states=states)
    assert ending_text(run) == "At 36 s, a and b are paused."


def test_states_of_several_parts_are_kept_apart() -> None:
    host, vm = {"status": "in service", "software": "new"}, {"status": "resumed", "clock": "behind"}
    run = replace(LATE, property_name="other", subjects=("a", "v"), states=({"a": host, "v": vm},))
    assert ending_text(run) == (
        "At 36 s, a is in service, with the new software, and v is resumed, with its clock behind."
    )


def test_of_a_standstill_is_told_what_was_left_undone() -> None:
    states = {
        "a": {"status": "in service", "software": "new"},
        "b": {"status": "in service", "software": "old"},
        "c": {"status": "restoring", "software": "new"},
        "ran": {"status": "running", "clock": "right", "held by": "nobody"},
        "held": {"status": "paused", "clock": "right", "held by": "maintenance"},
        "late": {"status": "resumed", "clock": "behind", "held by": "nobody"},
        "web": {"status": "halted"},
    }
    run = replace(LATE, property_name="no_deadlock", subjects=(), states=(states,))
    assert ending_text(run) == (
        "At 36 s, b is in service, with the old software, and c is restoring, with the new "
        "software, and held is paused, and late is resumed, with its clock behind."
    )


def test_nothing_is_told_of_subjects_without_a_state() -> None:
    assert not ending_text(replace(LATE, subjects=()))


def test_the_alarm_is_nobody_in_particular() -> None:
    alarm = Change("alarm", "status", "clear", "raised", "alarm")
    run = replace(LATE, steps=(replace(PAUSE, changes=(alarm,)),), subjects=("alarm", "web-0"))
    assert subjects_text(run) == "web-0"
