"""A counterexample as a timeline: when, who, what was done, and what changed.

Owns its layout, which is the same however the counterexample was found. It must not know how it
was found, nor a terminal.
"""

from __future__ import annotations

from collections.abc import Sequence

from freezeframe.properties import ALL

from .layout import WIDTH_DEFAULT, Line, Span, Style, paragraph, plain, table
from .verdicts import CheckResult, Counterexample, TraceStep
from .words import (
    STANDSTILL,
    changes_text,
    count_text,
    ending_text,
    seconds_text,
    step_text,
    subjects_text,
)

_HEADINGS = ("time", "who", "step", "what changed")
_LOOP_BEGINS = "and from here on, over and over:"
_LOOP_ENDS = "and so on for ever."
_STILL = "and nothing that can be relied upon happens any more."


def render_counterexample(
    found: Counterexample | CheckResult,
    *,
    promise: str | None = None,
    limit_seconds: float | None = None,
    width: int = WIDTH_DEFAULT,
) -> str:
    """Return a counterexample as plain text of at most `width` columns, each line ended.

    Of a check, the shortest counterexample is told; a check that found none gives an empty text.
    `promise` is the broken promise's sentence, which is looked up in the catalogue if it is not
    given; `limit_seconds` the longest pause that was promised.
    """
    if isinstance(found, CheckResult):
        broken = found.shortest
        if broken is None or broken.counterexample is None:
            return ""
        promise, limit_seconds = broken.promise, broken.limit_seconds
        found = broken.counterexample
    return plain(
        counterexample_lines(found, promise=promise, limit_seconds=limit_seconds, width=width)
    )


def counterexample_lines(
    counterexample: Counterexample,
    *,
    promise: str | None,
    limit_seconds: float | None,
    width: int,
) -> list[Line]:
    """The promise, whose it is, and every step."""
    name = counterexample.property_name
    sentence = promise or next((each.promise for each in ALL if each.name == name), name)
    lines = paragraph(sentence, width=width, style=Style.BAD, hanging=8, first="Broken: ")
    whose = _for_whom(counterexample)
    lines += paragraph(f"{name}{whose}", width=width, indent=8)
    lines.append(())
    lines += step_lines(counterexample, counterexample.steps, width=width)
    lines += _after(counterexample, limit_seconds, width)
    return lines


def step_lines(
    counterexample: Counterexample,
    steps: Sequence[TraceStep],
    *,
    width: int,
    heading: bool = True,
) -> list[Line]:
    """The last `steps` of a counterexample as a table; those that repeat for ever stand apart."""
    rows = [[[Span(text, Style.FAINT)] for text in _HEADINGS]] if heading else []
    rows += [_row(step, earlier) for step, earlier in zip(steps, (None, *steps), strict=False)]
    laid_out = table(rows, width=width, wraps=(2, 3), right=(0,))
    repeated = counterexample.loop_steps or 0
    lines: list[Line] = []
    for number, row in enumerate(laid_out):
        if repeated and len(laid_out) - number == repeated:
            lines.append((Span(f"  {_LOOP_BEGINS}", Style.TITLE),))
        lines += row
    return lines


def summary_text(counterexample: Counterexample) -> str:
    """How long a counterexample is, and whom it is about.

    A run for ever is as long as it takes until it begins to repeat itself, and once around.
    """
    steps = count_text(len(counterexample.steps), "step")
    at = seconds_text(counterexample.ends_at_seconds)
    whose = _for_whom(counterexample)
    if counterexample.loop_steps is None:
        return f"after {steps}, at {at}{whose}"
    if counterexample.loop_steps == 0:
        return f"after {steps} nothing happens any more{whose}"
    return f"by a run that repeats the last {counterexample.loop_steps} of {steps} for ever{whose}"


def _for_whom(counterexample: Counterexample) -> str:
    whose = subjects_text(counterexample)
    return f", for {whose}" if whose else ""


def _row(step: TraceStep, earlier: TraceStep | None) -> list[list[Span]]:
    is_new = earlier is None or step.at_seconds != earlier.at_seconds
    return [
        [Span(seconds_text(step.at_seconds) if is_new else "")],
        [Span(step.actor, Style.FAINT)],
        [Span(step_text(step), Style.TITLE)],
        [Span(text) for text in changes_text(step.changes)] or [Span(step.sentence, Style.FAINT)],
    ]


def _after(counterexample: Counterexample, limit_seconds: float | None, width: int) -> list[Line]:
    lines: list[Line] = []
    if counterexample.loop_steps is not None or counterexample.property_name == STANDSTILL:
        last = _LOOP_ENDS if counterexample.loop_steps else _STILL
        lines += paragraph(last, width=width, indent=2, style=Style.TITLE)
    ending = ending_text(counterexample, limit_seconds)
    if ending:
        lines += [(), *paragraph(ending, width=width, indent=2, style=Style.BAD)]
    return lines
