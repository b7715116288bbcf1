"""A counterexample as a timeline."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freezeframe.reporting import Change, CheckResult, Counterexample, TraceStep
from freezeframe.reporting.layout import measured
from freezeframe.reporting.timeline import render_counterexample, summary_text

STORY = """\
Broken: Never are VMs of two update domains of one availability set paused
        together.
        one_update_domain_paused, for web-0 and web-1

  time  who         step                   what changed
   0 s  controller  schedule host-a        host-a in service → scheduled
                                           set web maintaining, domain 0
                                           event host-a/web scheduled
        guest       approve host-a/web     event host-a/web approved
   5 s  controller  pause host-a web-0     web-0 running → pausing
   6 s  hypervisor  pause_completed web-0  web-0 pausing → paused
        controller  pause host-b web-1     web-1 running → pausing

  At 7 s, web-0 is paused and web-1 is pausing.
"""


def _vm(name: str, before: str, after: str) -> Change:
    return Change(name, "status", before, after, "VM")


_STEPS = (
    TraceStep(
        0.0,
        "controller",
        "schedule",
        "",
        ("host-a",),
        (
            Change("host-a", "status", "in service", "scheduled", "host"),
            Change("web", "status", "steady", "maintaining", "set"),
            Change("web", "domain", "none", "0", "set"),
            Change("host-a/web", "status", "unannounced", "scheduled", "event"),
        ),
    ),
    TraceStep(
        0.0,
        "guest",
        "approve",
        "",
        ("host-a/web",),
        (Change("host-a/web", "status", "scheduled", "approved", "event"),),
    ),
    TraceStep(
        5.0, "controller", "pause", "", ("host-a", "web-0"), (_vm("web-0", "running", "pausing"),)
    ),
    TraceStep(
        6.0, "hypervisor", "pause_completed", "", ("web-0",), (_vm("web-0", "pausing", "paused"),)
    ),
    TraceStep(
        6.0, "controller", "pause", "", ("host-b", "web-1"), (_vm("web-1", "running", "pausing"),)
    ),
)

TOLD = Counterexample(
    "one_update_domain_paused",
    ("web-0", "web-1"),
    _STEPS,
    ends_at_seconds=7.0,
    states=({"web-0": {"status": "paused"}, "web-1": {"status": "pausing"}},),
)


def run_of(result: CheckResult) -> Counterexample:
    assert result.shortest is not None
    assert result.shortest.counterexample is not None
    return result.shortest.counterexample


def test_the_whole_story_is_told_in_aligned_columns_with_each_time_once() -> None:
    assert render_counterexample(TOLD) == STORY


def test_a_counterexample_alone_reads_the_same_as_its_check(broken: CheckResult) -> None:
    text = render_counterexample(broken)
    assert render_counterexample(run_of(broken)) == text
    assert "controller  pause host-a web-0  web-0 running → pausing\n" in text


def test_a_check_that_broke_nothing_gives_an_empty_text(held: CheckResult) -> None:
    assert not render_counterexample(held)


def test_the_part_that_repeats_is_set_apart(looping: CheckResult) -> None:
    run = run_of(looping)
    lines = render_counterexample(run, width=120).splitlines()
    begins = lines.index("  and from here on, over and over:")
    ends = lines.index("  and so on for ever.")
    heading = next(number for number, line in enumerate(lines) if line.startswith("  time"))

    def steps(part: list[str]) -> list[str]:
        actors = {"controller", "hypervisor", "operator", "guest", "time"}
        return [line for line in part if actors & set(line[8:20].split())]

    assert run.loop_steps is not None
    assert len(steps(lines[begins:ends])) == run.loop_steps
    assert len(steps(lines[heading:begins])) == len(run.steps) - run.loop_steps


def test_a_run_that_repeats_from_its_beginning_says_so_before_its_first_step(
    looping: CheckResult,
) -> None:
    run = run_of(looping)
    lines = render_counterexample(replace(run, loop_steps=len(run.steps))).splitlines()
    heading = next(number for number, line in enumerate(lines) if line.startswith("  time"))
    assert lines[heading + 1] == "  and from here on, over and over:"


def test_a_standstill_for_ever_says_that_nothing_happens(broken: CheckResult) -> None:
    text = render_counterexample(replace(run_of(broken), loop_steps=0, loop_moves=0))
    assert "nothing that can be relied upon happens any more" in text
    assert "over and over" not in text


def test_a_step_that_changes_nothing_visible_is_told_by_its_sentence() -> None:
    step = TraceStep(1.5, "fault", "silence_agent", "An agent is silent.", ("web-0",), ())
    text = render_counterexample(Counterexample("p", (), (step,), 1.5), promise="P.")
    assert "1.5 s  fault  silence_agent web-0  An agent is silent." in text


@pytest.mark.parametrize("kind", ["broken", "looping", "stuck"])
@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_wider_than_asked(kind: str, width: int, request: pytest.FixtureRequest) -> None:
    text = render_counterexample(request.getfixturevalue(kind), width=width)
    assert text
    assert max(map(measured, text.splitlines())) <= max(width, 50)


@given(st.text(st.characters(categories=("L", "N", "S")), min_size=1, max_size=255))
def test_no_name_makes_a_line_wider_than_a_terminal(name: str) -> None:
    change = Change(name, "status", "running", "pausing", "VM")
    step = TraceStep(0.0, "controller", "pause", "Pause.", (name, name), (change,))
    run = Counterexample("p", (name,), (step,), 0.0, states=({name: {"status": "paused"}},))
    assert max(map(measured, render_counterexample(run).splitlines())) <= 80


def test_a_summary_tells_the_length_and_whose_promise_it_is(
    broken: CheckResult, looping: CheckResult
) -> None:
    assert summary_text(run_of(broken)) == "after 6 steps, at 5 s, for web-0 and web-1"
    assert summary_text(run_of(looping)) == (
        "by a run that repeats the last 10 of 11 steps for ever, for host-a"
    )


def test_a_standstill_says_that_nothing_goes_on_and_what_is_left(stuck: CheckResult) -> None:
    told = render_counterexample(stuck)
    assert "  and nothing that can be relied upon happens any more.\n" in told
    assert "  At 0 s, host-a and host-b are in service, with the old software.\n" in told
