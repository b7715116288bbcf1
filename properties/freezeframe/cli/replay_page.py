"""How a judged history is told: as a page, and as one JSON object.

It must not know how it was judged, nor where the words go.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from freezeframe.checking.judging import Judgement, PropertyJudgement, Violation
from freezeframe.checking.judging.replaying import Refinement, Replayed
from freezeframe.observation import Record, record_line
from freezeframe.reporting import Verdict
from freezeframe.reporting.layout import Cell, Line, Span, Style, paragraph, table
from freezeframe.reporting.record_words import fact_text, subject_text
from freezeframe.reporting.words import count_text, list_text, seconds_text

TIMELINE_MAX: Final = 40
"""Records of a violation that the page shows, the last ones; the JSON object has more."""

_REMARKS_MAX: Final = 5
_STYLES: Final = {
    Verdict.HOLDS: Style.GOOD,
    Verdict.VIOLATED: Style.BAD,
    Verdict.INCOMPLETE: Style.DOUBTFUL,
}


def replay_page(replayed: Replayed, *, width: int, fleet_origin: str) -> list[Line]:
    """The verdict, the first violation as a timeline, every property, and what is odd."""
    judged = replayed.judgement
    lines = judged_lines(judged, f"{judged.fleet}, as recorded", replayed.verdict, width)
    if fleet_origin:
        lines += paragraph(fleet_origin, width=width, style=Style.DOUBTFUL)
    lines += _refinement_lines(replayed.refinement, judged, width)
    for remark in _remarks(judged):
        lines += paragraph(remark, width=width, style=Style.DOUBTFUL, hanging=2)
    return lines


def judged_lines(judged: Judgement, title: str, verdict: Verdict, width: int) -> list[Line]:
    """The verdict, the first violation as a timeline, and every property."""
    lines: list[Line] = [
        (Span(f"{title}: ", Style.TITLE), Span(verdict.value, _STYLES[verdict])),
        (),
    ]
    if judged.violations:
        lines += [*violation_lines(judged, judged.violations[0], width), ()]
    rows = [_row(each) for each in judged.properties]
    lines += [line for row in table(rows, width=width, wraps=(1, 2)) for line in row]
    lines.append(())
    lines += paragraph(_figures(judged), width=width, style=Style.FAINT)
    return lines


def violation_lines(judged: Judgement, broken: Violation, width: int) -> Iterator[Line]:
    """A broken promise, whose it is, and the records that led there."""
    promise = broken.property.promise
    yield from paragraph(promise, width=width, style=Style.BAD, hanging=8, first="Broken: ")
    whose = f", for {list_text(broken.subjects)}" if broken.subjects else ""
    at = seconds_text(_since(judged, broken.at_ms))
    yield from paragraph(f"{broken.property.name}{whose}, at {at}", width=width, indent=8)
    yield ()
    shown = broken.timeline[-TIMELINE_MAX:]
    rows: list[list[Cell]] = [[[Span(each, Style.FAINT)] for each in ("time", "about", "record")]]
    earlier: Record | None = None
    for record in shown:
        is_new = earlier is None or record.monotonic_ms != earlier.monotonic_ms
        at = seconds_text(_since(judged, record.monotonic_ms)) if is_new else ""
        rows.append([at, subject_text(record), fact_text(record.fact)])
        earlier = record
    for row in table(rows, width=width, wraps=(2,), right=(0,)):
        yield from row
    if len(shown) < len(broken.timeline):
        yield (Span(f"  and {len(broken.timeline) - len(shown)} records before", Style.FAINT),)


def replay_object(replayed: Replayed) -> dict[str, Any]:
    """The same as one object; times are in seconds since the first record."""
    judged = replayed.judgement
    first = replayed.refinement.first
    return {
        "fleet": judged.fleet,
        "verdict": replayed.verdict.value,
        "records": judged.records,
        "seconds": _since(judged, judged.ended_ms or 0),
        "properties": [_property_object(judged, each) for each in judged.properties],
        "refinement": {
            "followed": not replayed.refinement.why_not,
            "why_not": replayed.refinement.why_not,
            "steps": replayed.refinement.steps,
            "first_not_allowed": None
            if first is None
            else {
                "at_seconds": _since(judged, first.at_ms),
                "deviation": first.deviation.value,
                "step": first.step,
                "expected": first.expected,
                "found": first.found,
            },
        },
        "remarks": [
            {
                "trouble": each.trouble.value,
                "source": each.record.source,
                "sequence": each.record.sequence,
                "text": each.text,
            }
            for each in judged.remarks
        ],
        "strangers": list(judged.strangers),
    }


def _property_object(judged: Judgement, each: PropertyJudgement) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": each.property.name,
        "kind": each.property.kind.value,
        "promise": each.property.promise,
        "verdict": each.verdict.value,
        "subjects": each.subjects,
        "pending": [list(subjects) for subjects in each.pending],
        "violations": [
            {
                "at_seconds": _since(judged, broken.at_ms),
                "subjects": list(broken.subjects),
                "timeline": [json.loads(record_line(record)) for record in broken.timeline],
            }
            for broken in each.violations
        ],
    }
    if each.worst_seconds is not None:
        told["worst_seconds"] = each.worst_seconds
    return told


def _row(each: PropertyJudgement) -> list[Cell]:
    if each.subjects == 0 and each.verdict is not Verdict.VIOLATED:
        return [[Span("nothing to ask", Style.FAINT)], [Span(each.property.name, Style.FAINT)], ""]
    word = "not decided" if each.verdict is Verdict.INCOMPLETE else each.verdict.value
    return [
        [Span(word, _STYLES[each.verdict])],
        each.property.name,
        [Span(_note(each), Style.FAINT)],
    ]


def _note(each: PropertyJudgement) -> str:
    parts = [count_text(each.subjects, "case")]
    if each.worst_seconds is not None:
        parts.append(f"longest pause {seconds_text(each.worst_seconds)}")
    if len(each.violations) > 1:
        parts.append(f"broken {len(each.violations)} times")
    if each.pending and each.pending != ((),):
        named = list_text([" and ".join(subjects) for subjects in each.pending[:3]])
        more = len(each.pending) - 3
        also = f", {named} and {more} more" if more > 0 else f", {named}"
        parts.append(f"the history ends too early{also}")
    elif each.pending:
        parts.append("the history ends too early")
    return "; ".join(parts)


def _figures(judged: Judgement) -> str:
    seconds = seconds_text(_since(judged, judged.ended_ms or 0))
    return f"{count_text(judged.records, 'record')} of {seconds}"


def _refinement_lines(found: Refinement, judged: Judgement, width: int) -> list[Line]:
    if found.why_not:
        text = f"Not followed by the rules of the model: {found.why_not}."
        return paragraph(text, width=width, style=Style.DOUBTFUL)
    if found.first is None:
        text = f"The model allows every step: {count_text(found.steps, 'step')} were followed."
        return paragraph(text, width=width, style=Style.GOOD)
    at = seconds_text(_since(judged, found.first.at_ms))
    text = (
        f"The model does not allow what was seen at {at}, after "
        f"{count_text(found.steps, 'step')}: {found.first}."
    )
    return paragraph(text, width=width, style=Style.BAD, hanging=2)


def _remarks(judged: Judgement) -> Iterator[str]:
    counts = Counter(each.trouble.value for each in judged.remarks)
    if counts:
        told = ", ".join(f"{count} {trouble}" for trouble, count in sorted(counts.items()))
        yield f"Odd records: {told}"
    for each in judged.remarks[:_REMARKS_MAX]:
        place = f"record {each.record.sequence} of {each.record.source}"
        yield f"  {place}: {each.trouble.value}: {each.text}"
    if judged.strangers:
        named = list_text(judged.strangers[:_REMARKS_MAX])
        more = len(judged.strangers) - _REMARKS_MAX
        also = f" and {more} more" if more > 0 else ""
        yield f"Not in the fleet, so nothing was asked of them: {named}{also}"


def _since(judged: Judgement, at_ms: int) -> float:
    return (at_ms - (judged.began_ms or 0)) / 1000
