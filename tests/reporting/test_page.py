"""The page of a check: what is told, in which order, and how wide it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from freezeframe.checking.small_fleets import SMALL_FLEETS
from freezeframe.fleet import Span, Timing
from freezeframe.reporting import CheckResult, Coverage, Ending, PropertyResult, Verdict
from freezeframe.reporting.advice import Command
from freezeframe.reporting.layout import measured, plain
from freezeframe.reporting.page import WIDE, check_page, code_lines


def page(result: CheckResult, *, width: int = 80, coverage: bool = False) -> str:
    fleet = SMALL_FLEETS.get(result.fleet, SMALL_FLEETS["single"])
    command = Command("fleet.toml", (), 1_000)
    return plain(check_page(result, fleet, command, width=width, coverage=coverage))


def incomplete(result: CheckResult) -> CheckResult:
    properties = [replace(each, verdict=Verdict.INCOMPLETE) for each in result.properties]
    return replace(
        result, properties=tuple(properties), states=1_000, frontier=40, ending=Ending.MAX_STATES
    )


def test_updates_that_are_not_always_in_time_are_remarked_where_all_holds(
    held: CheckResult, broken: CheckResult
) -> None:
    timing = replace(SMALL_FLEETS["single"].timing, update=Span(5_000, 40_000))
    fleet = replace(SMALL_FLEETS["single"], timing=timing)
    told = plain(check_page(held, fleet, Command("f.toml", (), 1_000), width=200))
    assert "Updates may take 40 s, and of the pause limit of 30 s only 15 s are left" in told
    other = plain(check_page(broken, fleet, Command("f.toml", (), 1_000), width=200))
    assert "Updates may take" not in other


def test_a_check_that_holds_tells_every_promise_and_how_near_the_limit_it_came(
    held: CheckResult,
) -> None:
    text = page(held)
    lines = text.splitlines()
    assert lines[0] == "single, under one-update-domain: holds"
    for each in held.properties:
        (line,) = [line for line in lines if f" {each.name} " in f"{line} "]
        assert line.startswith("  holds" if each.subjects else "  nothing to ask")
    assert "1 case; worst 30 s, margin 0 s" in text
    assert f"{held.states:,} states, {held.transitions:,} transitions, depth {held.depth}" in text
    assert "Never fired" in text
    assert "boot" in text
    assert "What to try next" not in text


def test_defaults_that_make_the_time_unit_finer_are_named(held: CheckResult) -> None:
    single = SMALL_FLEETS["single"]
    spoilt = replace(single, timing=replace(single.timing, poll=Timing().poll))
    lines = check_page(held, spoilt, Command("fleet.toml", (), 1_000), width=80)
    text = " ".join(plain(lines).split())
    told = "The time unit would be 5 s, and the fleet smaller, but for defaults: set timing.poll"
    assert told in text
    assert "but for defaults" not in page(held)


def test_verdicts_stand_in_one_column_and_names_in_the_next(held: CheckResult) -> None:
    lines = [line for line in page(held).splitlines() if line.startswith(("  holds", "  nothing"))]
    assert len(lines) == len(held.properties)
    assert {len(line) - len(line[18:]) for line in lines} == {18}
    assert all(line[16:18] == "  " and line[18] != " " for line in lines)


def test_a_violated_check_tells_the_run_and_then_what_to_try(broken: CheckResult) -> None:
    text = page(broken)
    parts = (
        ": violated",
        "  without schedule/no-other-domain",
        "Broken: Never are VMs",
        "one_update_domain_paused, for web-0 and web-1",
        "what changed",
        "web-0 running → pausing",
        "At 5 s, web-0 and web-1 are",
        "not decided",
        "states,",
        "What to try next",
        "freezeframe check fleet.toml",
    )
    places = [text.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


def test_the_shortest_run_is_shown_and_the_others_are_named(
    broken: CheckResult, looping: CheckResult
) -> None:
    assert broken.shortest is not None
    assert looping.shortest is not None
    both = replace(broken, properties=(looping.shortest, broken.shortest))
    text = page(both)
    assert "Broken: Never are VMs" in text
    assert "also broken" in text
    assert "--property maintenance_completes shows it" in " ".join(text.split())


def test_something_that_never_happens_is_told_without_a_run(held: CheckResult) -> None:
    never = PropertyResult(
        "an_update_succeeds", "sometimes", "Some host is updated.", Verdict.VIOLATED, 1
    )
    text = page(replace(held, properties=(never,)))
    assert "Broken: Some host is updated." in text
    assert f"true in none of {held.states:,} states" in text


def test_an_incomplete_check_tells_how_far_it_got_and_what_to_do(held: CheckResult) -> None:
    text = page(incomplete(held))
    assert text.startswith("single, under one-update-domain: incomplete\n")
    assert "Not the whole: 960 states were explored, and 40 more were seen" in text
    assert "The search stopped at its bound, --max-states." in " ".join(text.split())
    assert "worst 30 s so far" in " ".join(text.split())
    assert "freezeframe check fleet.toml --max-states 10000" in text
    assert "Hypothesis" in text


def test_a_pause_beyond_its_limit_is_told_as_more_than_the_limit(held: CheckResult) -> None:
    late = [
        replace(each, worst_seconds=35.0) if each.worst_seconds else each
        for each in held.properties
    ]
    assert "worst over 30 s" in page(replace(held, properties=tuple(late)))


def test_a_wide_page_tells_the_promises_in_their_own_words(held: CheckResult) -> None:
    sentence = "No VM is paused longer than its limit."
    assert sentence in page(held, width=WIDE)
    assert sentence not in page(held, width=WIDE - 1)


def test_coverage_tells_rules_guards_and_rows(held: CheckResult) -> None:
    coverage = Coverage(
        {"pause": True, "boot": False},
        {"pause/a": frozenset({True, False}), "pause/b": frozenset({True}), "c/d": frozenset()},
        {"VM: running -begin_pause-> pausing": True, "VM: stopped -boot-> running": False},
    )
    text = page(replace(held, coverage=coverage), coverage=True)
    assert "Rules: 1 of 2 fired\n  fired  pause\n  never  boot\n" in text
    assert "Guards: 1 of 3 seen both true and false\n" in text
    assert "  true and false  pause/a\n  true            pause/b\n  never asked     c/d\n" in text
    assert "Lifecycle rows: 1 of 2 taken\n" in text
    assert "  taken  VM: running -begin_pause-> pausing\n" in text


@pytest.mark.parametrize("kind", ["held", "broken", "looping", "stuck"])
@pytest.mark.parametrize("width", [80, 100, 120, 140])
def test_no_line_is_wider_than_the_terminal(
    kind: str, width: int, request: pytest.FixtureRequest
) -> None:
    result = request.getfixturevalue(kind)
    for each in (result, incomplete(result)):
        text = page(each, width=width, coverage=True)
        assert max(map(measured, text.splitlines())) <= width


def test_a_line_to_type_is_continued_so_that_it_can_be_copied() -> None:
    code = "freezeframe check --without one/guard-with-a-name --without another/guard"
    text = plain(code_lines(code, width=48, indent=4))
    assert max(map(len, text.splitlines())) <= 48
    assert " ".join(text.replace("\\\n", " ").split()) == code
    assert "--without one/guard-with-a-name \\\n" in text
