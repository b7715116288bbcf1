"""What each guard is for, as values and as a page.

Owns what `freezeframe explain` tells and in which order. It must not know how harm is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from .advice import Command
from .layout import Line, Span, Style, paragraph
from .page import code_lines
from .timeline import step_lines, summary_text
from .verdicts import Counterexample, PropertyResult, Verdict
from .words import count_text, list_text

LAST_STEPS = 3
"""How many steps of a harm are shown; the whole is a command away."""


class Group(StrEnum):
    """Whose guard it is."""

    CONTROLLER = "What the controller's guards are for"
    ADMISSION = "What the platform's guards on customers' wishes are for"


@dataclass(frozen=True)
class GuardPurpose:
    """What happens without one guard.

    `harm` is the promise that breaks first, in the fleet called `fleet`; None if none does. Then
    `finding` says what was seen instead, and `stays` why the guard is there all the same.
    `is_decided` is False where a search ended before all was explored.
    """

    group: Group
    rule: str
    rule_sentence: str
    guard: str
    sentence: str
    fleet: str
    harm: PropertyResult | None
    finding: str
    stays: str
    is_decided: bool = True


@dataclass(frozen=True)
class Explanation:
    """What was found of every guard, and what was broken with all of them in place.

    `fleets` are the fleets that were looked at; `skipped` counts guards that were not reached.
    """

    policy: str
    fleets: tuple[str, ...]
    purposes: tuple[GuardPurpose, ...]
    broken: tuple[str, ...] = ()
    skipped: int = 0

    @property
    def verdict(self) -> Verdict:
        """Violated if promises are broken with every guard; incomplete if a guard is undecided."""
        if self.broken:
            return Verdict.VIOLATED
        is_complete = not self.skipped and all(each.is_decided for each in self.purposes)
        return Verdict.HOLDS if is_complete else Verdict.INCOMPLETE


def purpose_lines(
    purpose: GuardPurpose, before: GuardPurpose | None, command: Command, *, width: int
) -> list[Line]:
    """What one guard is for, below the headings that differ from those of the guard told `before`.

    `command` spells the check of one fleet, whose name is put in its place.
    """
    lines: list[Line] = []
    if before is None or before.group is not purpose.group:
        lines += [(Span(purpose.group.value, Style.TITLE),), ()]
    if before is None or before.rule != purpose.rule:
        head = f"{purpose.rule}: {purpose.rule_sentence}"
        lines += paragraph(head, width=width, style=Style.TITLE)
    return [*lines, *_purpose(purpose, command, width), ()]


def _purpose(purpose: GuardPurpose, command: Command, width: int) -> Iterator[Line]:
    yield from paragraph(f"“{purpose.sentence}”", width=width, indent=2)
    if purpose.harm is None:
        style = Style.FAINT if purpose.is_decided else Style.DOUBTFUL
        yield from paragraph(purpose.finding, width=width, indent=4, style=style)
        if purpose.stays:
            stays = f"It stays: {purpose.stays}."
            yield from paragraph(stays, width=width, indent=4, style=style)
        return
    harm, run = purpose.harm, purpose.harm.counterexample
    yield from paragraph(
        harm.promise, width=width, indent=4, hanging=9, first="Without: ", style=Style.BAD
    )
    if run is not None:
        yield from paragraph(f"Broken {summary_text(run)}.{_shown(run)}", width=width, indent=13)
        for line in step_lines(run, run.steps[-LAST_STEPS:], width=width - 2, heading=False):
            yield (Span("  "), *line)
    there = Command(purpose.fleet, command.options)
    code = there.spelled("check", "--without", purpose.guard)
    yield from code_lines(code, width=width, indent=4)


def summary_lines(explanation: Explanation, command: Command, *, width: int) -> Iterator[Line]:
    """How many guards there are of which sort, below what was told of each."""
    purposes = explanation.purposes
    harmful = sum(each.harm is not None for each in purposes)
    undecided = sum(not each.is_decided for each in purposes)
    parts = [
        f"{harmful} {'prevents' if harmful == 1 else 'prevent'} harm",
        _are(len(purposes) - harmful - undecided, "redundant"),
        _are(undecided, "undecided") if undecided else "",
    ]
    where = f"fleet {explanation.fleets[0]}"
    if len(explanation.fleets) > 1:
        where = f"{count_text(len(explanation.fleets), 'small fleet')}"
    text = (
        f"{count_text(len(purposes), 'guard')} met in {where}, under {explanation.policy}: "
        f"{list_text([part for part in parts if part])}."
    )
    yield from paragraph(text, width=width)
    if explanation.skipped:
        skipped = f"Interrupted: {count_text(explanation.skipped, 'guard')} not looked at."
        yield from paragraph(skipped, width=width, style=Style.DOUBTFUL)
    if explanation.broken:
        text = (
            f"With every guard in place the fleet breaks {list_text(explanation.broken)}; "
            "harm to that is not counted. See how:"
        )
        yield from paragraph(text, width=width, style=Style.BAD)
        yield from code_lines(command.spelled("check"), width=width, indent=4)


def _shown(run: Counterexample) -> str:
    """Which of the steps are shown, if not all."""
    return f" Its last {LAST_STEPS} steps:" if len(run.steps) > LAST_STEPS else ""


def _are(count: int, what: str) -> str:
    return f"{count} {'is' if count == 1 else 'are'} {what}"
