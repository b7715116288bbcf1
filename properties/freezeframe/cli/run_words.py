"""What is said of a maintenance before it begins and when it is over, and its exit code.

It must not know how a maintenance is run, nor where the words go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from freezeframe.checking.judging import Judgement
from freezeframe.fleet import Fleet, Host, UpdateKind
from freezeframe.maintenance.course import Divergence
from freezeframe.maintenance.planning import Plan
from freezeframe.maintenance.standing import Standing
from freezeframe.observation import (
    AlarmSeen,
    HostTold,
    Ledger,
    Outcome,
    Record,
    StepTaken,
    Told,
    in_order,
)
from freezeframe.reporting import Verdict
from freezeframe.reporting.layout import Line, Span, Style, paragraph
from freezeframe.reporting.record_words import fact_text, subject_text
from freezeframe.reporting.words import count_text, seconds_text

from .replay_page import violation_lines

_CODES: Final = {
    Standing.COMPLETED: 0,
    Standing.HALTED: 1,
    Standing.STUCK: 3,
    Standing.ENDED: 3,
}
_WORDS: Final = {
    Standing.COMPLETED: ("Every host runs the new software.", Style.GOOD),
    Standing.HALTED: (
        "Halted. Nothing is left paused. When what failed is mended, go on with --resume.",
        Style.BAD,
    ),
    Standing.STUCK: (
        "The rules allow nothing more, though nothing failed. Nothing is left paused.",
        Style.DOUBTFUL,
    ),
    Standing.ENDED: (
        "Ended before every host was done. Nothing is left paused. Go on with --resume.",
        Style.DOUBTFUL,
    ),
}
_IMPACTS: Final = {
    UpdateKind.NO_IMPACT: "leaves alone",
    UpdateKind.VM_PRESERVING: "pauses",
    UpdateKind.DISRUPTIVE: "shuts down",
}
_SHOWN_MAX: Final = 5
"""Failures, and divergences, that are shown."""


def exit_code(standing: Standing, judged: Judgement) -> int:
    """0 completed, 1 halted or a promise was broken, 3 ended before it was done."""
    return 1 if judged.verdict is Verdict.VIOLATED else _CODES[standing]


def announcement(planned: Plan, fleet: Fleet, *, width: int) -> list[Line]:
    """Which hosts will be maintained in which order, how, and what that does to which VMs."""
    hosts = {host.name: host for host in fleet.hosts}
    lines: list[Line] = [(Span(f"{fleet.name}, under {planned.policy}", Style.TITLE),), ()]
    for number, wave in enumerate(planned.waves, start=1):
        for name in wave.hosts:
            host = hosts[name]
            how = " ".join(host.update_command) or "no update_command"
            text = f"{name}: {_impact(fleet, host)}; updates by: {how}"
            lines += paragraph(text, width=width, hanging=4, first=f"  {number}  ")
            lines.append((Span(f"       {host.uri or 'no uri'}", Style.FAINT),))
    return [*lines, ()]


def _impact(fleet: Fleet, host: Host) -> str:
    """What an update of `host` does to which of its VMs."""
    found: dict[str, list[str]] = {}
    for vm in (each for each in fleet.vms if each.host == host.name):
        found.setdefault(_IMPACTS[fleet.kind_of_update(host, vm)], []).append(vm.name)
    impacts = [f"{impact} {', '.join(names)}" for impact, names in found.items()]
    return ", ".join(impacts) or "has no VM"


def _failed(records: Sequence[Record]) -> list[str]:
    """What failed since an operator last let the maintenance go on, a line each."""
    told: list[str] = []
    for record in records:
        fact = record.fact
        if isinstance(fact, AlarmSeen) and not fact.is_raised:
            told.clear()
        if isinstance(fact, StepTaken) and fact.step.startswith("abort "):
            told.append(f"{fact_text(fact)}: its update was not over in time")
        is_failure = isinstance(fact, Told | HostTold) and fact.outcome is Outcome.FAILED
        if is_failure or (isinstance(fact, AlarmSeen) and fact.why):
            told.append(f"{subject_text(record)}: {fact_text(fact)}")
    return told


def _clocks_owed(records: Sequence[Record], fleet: Fleet) -> list[str]:
    """VMs whose clock a pause put behind, and whom others held before it was set; by name.

    A run ends without them: only who lets them go can say when their clock may be set.
    """
    ledger = Ledger(fleet.limits)
    for record in in_order(records):
        ledger.fold(record)
    return sorted(name for name in ledger.vms if ledger.vm(name).was_held_meanwhile)


def conclusion(
    standing: Standing,
    judged: Judgement,
    divergences: Sequence[Divergence],
    records: Sequence[Record],
    *,
    fleet: Fleet,
    width: int,
) -> list[Line]:
    """How it ended and for what failures, what it leaves undone, what of the promises was broken,
    and what was not as the model has it.
    """
    text, style = _WORDS[standing]
    lines: list[Line] = [(), *paragraph(text, width=width, style=style)]
    if standing is Standing.HALTED:
        for failure in _failed(records)[-_SHOWN_MAX:]:
            lines += paragraph(failure, width=width, indent=2, style=Style.BAD)
    owed = _clocks_owed(records, fleet)
    if owed:
        left = (
            f"Held by others, their clocks left behind by a pause: {', '.join(owed)}. "
            "Set these clocks once the VMs run."
        )
        lines += paragraph(left, width=width, style=Style.DOUBTFUL)
    longest = [each.worst_seconds for each in judged.properties if each.worst_seconds is not None]
    broken = [each.property.name for each in judged.properties if each.violations]
    verdict = f"broken: {', '.join(broken)}" if broken else "every promise was kept"
    seconds = seconds_text(max(longest, default=0))
    lines += paragraph(f"Longest pause {seconds}; {verdict}.", width=width)
    if divergences:
        told = count_text(len(divergences), "thing")
        lines += paragraph(f"Not as the fleet file has it, {told}:", width=width)
        for each in divergences[:_SHOWN_MAX]:
            lines += paragraph(str(each), width=width, indent=2, style=Style.DOUBTFUL)
    if judged.violations:
        lines += [(), *violation_lines(judged, judged.violations[0], width)]
    return lines
