"""The page that a check prints: what holds, what is broken and how, and what to try next.

Owns what is told and in which order. It must not know a terminal; styles are names here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from freezeframe.fleet import Fleet, finer_by_default

from .advice import Advice, Command, advice_on, remark_on_slow_updates
from .layout import Cell, Line, Span, Style, paragraph, table
from .timeline import counterexample_lines, summary_text
from .verdicts import CheckResult, Coverage, Ending, PropertyResult, Verdict
from .words import count_text, list_text, seconds_text

WIDE = 116
"""From this width on, there is room for the promises' sentences beside their names."""

_RATED_STATES = 10_000
"""Fewer states tell nothing of the search's speed."""

_STYLES = {
    Verdict.HOLDS: Style.GOOD,
    Verdict.VIOLATED: Style.BAD,
    Verdict.INCOMPLETE: Style.DOUBTFUL,
}

_CUT_SHORT = {
    Ending.MAX_STATES: "The search stopped at its bound, --max-states.",
    Ending.INTERRUPT: "The search was interrupted.",
}


def check_page(
    result: CheckResult,
    fleet: Fleet,
    command: Command,
    *,
    width: int,
    coverage: bool = False,
) -> list[Line]:
    """The whole page of a check of `fleet`, which was asked for by `command`."""
    lines = [*_title(result, width), ()]
    broken = result.shortest
    if broken is not None:
        lines += [*_broken(result, broken, width), ()]
    else:
        lines += [*_promises(result.properties, width), ()]
    lines += _figures(result, width)
    lines += _grid(fleet, width)
    remark = remark_on_slow_updates(fleet)
    if remark and broken is None:
        lines += paragraph(remark, width=width, style=Style.DOUBTFUL)
    if coverage:
        lines += [(), *coverage_lines(result.coverage, width)]
    elif broken is None:
        lines += _never_fired(result.coverage, width)
    for number, advice in enumerate(advice_on(result, fleet, command)):
        if number == 0:
            lines += [(), (Span("What to try next", Style.TITLE),)]
        lines += advice_lines(advice, width)
    return lines


def advice_lines(advice: Advice, width: int) -> list[Line]:
    """One thing to try, with the lines to type below it."""
    lines = paragraph(advice.text, width=width, indent=2, hanging=2, first="- ")
    for code in advice.code:
        lines += code_lines(code, width=width, indent=6)
    return lines


def code_lines(code: str, *, width: int, indent: int) -> list[Line]:
    """A line to type, continued with backslashes where it is too long, so that it can be copied."""
    words: list[str] = []
    for word in code.split(" "):
        if words and words[-1].startswith("--") and " " not in words[-1]:
            words[-1] += f" {word}"  # an option and its value stay together
        else:
            words.append(word)
    lines: list[Line] = []
    line = words[0]
    for word in words[1:]:
        if indent + len(line) + 1 + len(word) + 2 > width:
            lines.append((Span(" " * indent), Span(f"{line} \\", Style.CODE)))
            line = f"  {word}"
        else:
            line = f"{line} {word}"
    return [*lines, (Span(" " * indent), Span(line, Style.CODE))]


def coverage_lines(coverage: Coverage, width: int) -> list[Line]:
    """What of the rules, their guards and the lifecycles was reached."""
    fired = sum(coverage.rules.values())
    both = sum(len(seen) > 1 for seen in coverage.guards.values())
    taken = sum(coverage.rows.values())
    lines = [
        _heading(f"Rules: {fired} of {len(coverage.rules)} fired"),
        *_ticks(coverage.rules, "fired", width),
        (),
        _heading(f"Guards: {both} of {len(coverage.guards)} seen both true and false"),
        *_guards(coverage, width),
    ]
    if coverage.rows:
        lines += [
            (),
            _heading(f"Lifecycle rows: {taken} of {len(coverage.rows)} taken"),
            *_ticks(coverage.rows, "taken", width),
        ]
    return lines


def _title(result: CheckResult, width: int) -> list[Line]:
    verdict = result.verdict
    text = f"{result.fleet}, under {result.policy}: "
    lines: list[Line] = [(Span(text, Style.TITLE), Span(verdict.value, _STYLES[verdict]))]
    if len(text) + len(verdict.value) > width:
        lines = [
            *paragraph(text.rstrip(), width=width, style=Style.TITLE),
            (Span(verdict.value, _STYLES[verdict]),),
        ]
    for guard in result.without:
        lines += paragraph(guard, width=width, indent=2, hanging=8, first="without ")
    return lines


def _broken(result: CheckResult, broken: PropertyResult, width: int) -> Iterator[Line]:
    if broken.counterexample is not None:
        yield from counterexample_lines(
            broken.counterexample,
            promise=broken.promise,
            limit_seconds=broken.limit_seconds,
            width=width,
        )
    else:
        yield from paragraph(
            broken.promise, width=width, style=Style.BAD, hanging=8, first="Broken: "
        )
        nowhere = f"{broken.name}: true in none of {count_text(result.states, 'state')}"
        yield from paragraph(nowhere, width=width, indent=8)
    yield ()
    yield from _others(result, broken, width)


def _others(result: CheckResult, broken: PropertyResult, width: int) -> Iterator[Line]:
    """The other promises in few lines: the broken ones too, and then the rest by verdict."""
    others = [each for each in result.properties if each is not broken]
    rows: list[list[Cell]] = []
    for each in others:
        if each.verdict is Verdict.VIOLATED:
            run = each.counterexample
            summary = summary_text(run) if run else "never true"
            told = f"{each.name} {summary}; --property {each.name} shows it"
            rows.append([[Span("also broken", Style.BAD)], told])
    by_word: dict[tuple[str, Style], list[str]] = {}
    for each in others:
        if each.verdict is not Verdict.VIOLATED:
            by_word.setdefault(_said(each), []).append(each.name)
    for (word, style), names in sorted(by_word.items()):
        rows.append([[Span(word, style)], ", ".join(names)])
    for row in table(rows, width=width, wraps=(1,)):
        yield from row


def _promises(properties: Sequence[PropertyResult], width: int) -> list[Line]:
    rows: list[list[Cell]] = []
    for each in properties:
        word, style = _said(each)
        row: list[Cell] = [
            [Span(word, style)],
            [Span(each.name, Style.FAINT if style is Style.FAINT else Style.PLAIN)],
            [Span(_note(each), Style.FAINT)],
        ]
        if width >= WIDE:
            row[2:2] = [each.promise]
        rows.append(row)
    wraps = (1, 2, 3) if width >= WIDE else (1, 2)
    return [line for row in table(rows, width=width, wraps=wraps) for line in row]


def _said(result: PropertyResult) -> tuple[str, Style]:
    """A verdict in words, and how it looks."""
    if result.is_vacuous:
        return "nothing to ask", Style.FAINT
    word = "not decided" if result.verdict is Verdict.INCOMPLETE else result.verdict.value
    return word, _STYLES[result.verdict]


def _note(result: PropertyResult) -> str:
    """How many were asked; for the pause limit, how near it was."""
    asked = "" if result.subjects == 0 else count_text(result.subjects, "case")
    worst, limit = result.worst_seconds, result.limit_seconds
    if worst is None or limit is None or not result.subjects:
        return asked
    if worst > limit:
        return f"{asked}; worst over {seconds_text(limit)}"
    margin = seconds_text(limit - worst)
    so_far = " so far" if result.verdict is Verdict.INCOMPLETE else ""
    return f"{asked}; worst {seconds_text(worst)}{so_far}, margin {margin}"


def _figures(result: CheckResult, width: int) -> list[Line]:
    rate = result.states / result.seconds if result.seconds > 0 else 0.0
    parts = [
        count_text(result.states, "state"),
        count_text(result.transitions, "transition"),
        f"depth {result.depth}",
        f"{result.seconds:.1f} s",
        f"{rate:,.0f} states/s" if result.states >= _RATED_STATES else "",
        f"time unit {seconds_text(result.tick_seconds)}",
    ]
    text = ", ".join(part for part in parts if part)
    lines = paragraph(text, width=width, style=Style.FAINT)
    if result.ending in _CUT_SHORT:
        explored = result.states - result.frontier
        lines += paragraph(
            f"Not the whole: {count_text(explored, 'state')} were explored, and "
            f"{result.frontier:,} more were seen and left. {_CUT_SHORT[result.ending]}",
            width=width,
            style=Style.DOUBTFUL,
        )
    return lines


def _grid(fleet: Fleet, width: int) -> list[Line]:
    """Which defaults make the unit of time finer than the fleet's own durations would."""
    finer = finer_by_default(fleet)
    if finer is None:
        return []
    unit = seconds_text(finer.coarser_ms / 1000)
    text = (
        f"The time unit would be {unit}, and the fleet smaller, but for defaults: set "
        f"{list_text(finer.keys)} to multiples of {unit}."
    )
    return paragraph(text, width=width, style=Style.FAINT)


def _never_fired(coverage: Coverage, width: int) -> list[Line]:
    names = [name for name, fired in coverage.rules.items() if not fired]
    if not names:
        return []
    text = f"Never fired ({len(names)} of {len(coverage.rules)} rules): {', '.join(names)}"
    return paragraph(text, width=width, style=Style.FAINT)


def _heading(text: str) -> Line:
    return (Span(text, Style.TITLE),)


def _ticks(reached: Mapping[str, bool], word: str, width: int) -> list[Line]:
    rows: list[list[Cell]] = [
        [[Span(word if each else "never", Style.PLAIN if each else Style.DOUBTFUL)], name]
        for name, each in reached.items()
    ]
    return [line for row in table(rows, width=width, wraps=(1,)) for line in row]


def _guards(coverage: Coverage, width: int) -> list[Line]:
    rows: list[list[Cell]] = []
    for guard, seen in coverage.guards.items():
        style = Style.PLAIN if len(seen) > 1 else Style.DOUBTFUL
        told = " and ".join(word for word in ("true", "false") if (word == "true") in seen)
        rows.append([[Span(told or "never asked", style)], guard])
    return [line for row in table(rows, width=width, wraps=(1,)) for line in row]
