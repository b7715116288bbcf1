"""The page about guards."""

from __future__ import annotations

from itertools import pairwise

import pytest

from freezeframe.reporting import CheckResult, Verdict
from freezeframe.reporting.advice import Command
from freezeframe.reporting.layout import Line, measured, plain
from freezeframe.reporting.purposes import (
    Explanation,
    Group,
    GuardPurpose,
    purpose_lines,
    summary_lines,
)


def harmful(broken: CheckResult) -> GuardPurpose:
    return GuardPurpose(
        Group.CONTROLLER,
        "schedule",
        "Choose a host.",
        "schedule/no-other-domain",
        "no other domain",
        "two-domains",
        broken.shortest,
        "",
        "",
    )


def redundant(*, is_decided: bool = True) -> GuardPurpose:
    return GuardPurpose(
        Group.ADMISSION,
        "move",
        "A customer moves a VM.",
        "move/the-vm-runs",
        "the VM runs",
        "",
        None,
        "Redundant here: never false.",
        "QEMU refuses it",
        is_decided,
    )


def page(explanation: Explanation, width: int = 80) -> str:
    command = Command("", ("--policy", "a:B"))
    lines: list[Line] = []
    for before, purpose in pairwise((None, *explanation.purposes)):
        assert purpose is not None
        lines += purpose_lines(purpose, before, command, width=width)
    return plain([*lines, *summary_lines(explanation, command, width=width)])


def test_a_guard_with_a_purpose_is_told_with_its_harm_and_how_to_see_it_whole(
    broken: CheckResult,
) -> None:
    text = page(Explanation("one-update-domain", ("a", "b"), (harmful(broken),)))
    told = " ".join(text.split())
    assert "schedule: Choose a host. “no other domain”" in told
    assert "Without: Never are VMs of two update domains" in told
    assert "Broken after 6 steps, at 5 s, for web-0 and web-1. Its last 3 steps:" in told
    assert text.count("controller") == 3 + 1  # three steps and the heading
    code = "freezeframe check two-domains --policy a:B --without schedule/no-other-domain"
    assert code in text.replace(" \\\n     ", "")
    assert "1 guard met in 2 small fleets, under one-update-domain: 1 prevents harm" in text


def test_a_redundant_guard_is_told_with_why_it_stays() -> None:
    explanation = Explanation("p", ("one",), (redundant(),))
    text = page(explanation)
    assert (
        "  “the VM runs”\n    Redundant here: never false.\n    It stays: QEMU refuses it.\n"
        in text
    )
    assert explanation.verdict is Verdict.HOLDS


def test_the_controllers_guards_and_the_platforms_stand_apart(broken: CheckResult) -> None:
    text = page(Explanation("p", ("one",), (harmful(broken), redundant())))
    first, second = (text.index(group.value) for group in Group)
    assert first < text.index("schedule:") < second < text.index("move:")


def test_an_undecided_guard_makes_the_whole_incomplete() -> None:
    explanation = Explanation("p", ("one",), (redundant(is_decided=False),))
    assert explanation.verdict is Verdict.INCOMPLETE
    assert "1 is undecided" in " ".join(page(explanation).split())


def test_guards_not_reached_are_counted() -> None:
    explanation = Explanation("p", ("one",), (redundant(),), skipped=7)
    assert explanation.verdict is Verdict.INCOMPLETE
    assert "Interrupted: 7 guards not looked at." in page(explanation)


def test_promises_broken_with_every_guard_are_told() -> None:
    explanation = Explanation("p", ("one",), (redundant(),), broken=("pause_within_limit",))
    assert explanation.verdict is Verdict.VIOLATED
    assert "With every guard in place the fleet breaks pause_within_limit" in page(explanation)


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_terminal(width: int, broken: CheckResult) -> None:
    text = page(Explanation("p", ("one",), (harmful(broken), redundant()), ("x",), 3), width)
    assert max(map(measured, text.splitlines())) <= width
