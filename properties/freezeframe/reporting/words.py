"""Steps, changes and numbers in words.

Owns how one fact reads. It must not know how a page is laid out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .verdicts import Change, Counterexample, TraceStep

ARROW = "→"

_NAMED_KINDS = {"set", "event"}
"""Components whose names need a word before them; hosts and VMs are what a fleet is about."""

_SINGLE_KINDS = {"alarm", "controller"}
"""Components of which there is one, so it is nobody's in particular."""

_ARROWED_KINDS = {"VM", "host", ""}
"""Components of which is told what they were; of others, only what they are now."""

_GONE: Mapping[str, str] = {
    "seen as": "seen as it is",
    "repeated event": "no repeated event",
    "next event": "",
    "update": "",
}
"""What to say of a fact that there is no longer anything to tell of."""


STANDSTILL = "no_deadlock"
"""The promise that is broken where nothing happens any more."""


def seconds_text(seconds: float) -> str:
    """A time in seconds, as short as it can be told.

    >>> seconds_text(30.0), seconds_text(0.25), seconds_text(900)
    ('30 s', '0.25 s', '900 s')
    """
    return f"{seconds:.3f}".rstrip("0").rstrip(".") + " s"


def count_text(count: int, noun: str, plural: str = "") -> str:
    """A number with what it counts.

    >>> count_text(1, "step"), count_text(12345, "step"), count_text(2, "entry", "entries")
    ('1 step', '12,345 steps', '2 entries')
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def list_text(names: Sequence[str]) -> str:
    """Names as a sentence lists them.

    >>> list_text(["a"]), list_text(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def step_text(step: TraceStep) -> str:
    """What was done, and to whom: the rule and its subjects."""
    return " ".join((step.rule, *step.subjects))


def changes_text(changes: Sequence[Change]) -> list[str]:
    """What changed, one text for each component.

    >>> changes_text([Change("web-0", "status", "running", "pausing", "VM")])
    ['web-0 running → pausing']
    """
    by_component: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        by_component.setdefault((change.kind, change.component), []).append(change)
    told = [
        (kind, component, _facts_text(of_one)) for (kind, component), of_one in by_component.items()
    ]
    return [
        f"{kind} {component} {facts}" if kind in _NAMED_KINDS else f"{component} {facts}"
        for kind, component, facts in told
        if facts
    ]


def state_text(facts: Mapping[str, str]) -> str:
    """What a component is, where it differs from the ordinary.

    >>> state_text({"status": "resumed", "memory": "intact", "clock": "behind"})
    'resumed, with its clock behind'
    """
    told = [facts.get("status", "")]
    belongings = [
        f"its {name} {facts[name]}"
        for name, ordinary in (("memory", "intact"), ("clock", "right"))
        if facts.get(name, ordinary) != ordinary
    ]
    if belongings:
        told.append(f"with {list_text(belongings)}")
    if facts.get("update"):
        told.append("whose update hangs")
    if "software" in facts:
        told.append(f"with the {facts['software']} software")
    if facts.get("held by") == "other":
        told.append("held by its customer or an I/O error")
    return ", ".join(part for part in told if part)


def subjects_text(counterexample: Counterexample) -> str:
    """Whose promise is broken; empty if it is nobody's in particular."""
    kinds = {
        change.component: change.kind for step in counterexample.steps for change in step.changes
    }
    told = [
        f"{kinds[name]} {name}" if kinds.get(name) in _NAMED_KINDS else name
        for name in counterexample.subjects
        if kinds.get(name) not in _SINGLE_KINDS
    ]
    return list_text(told)


def ending_text(counterexample: Counterexample, limit_seconds: float | None = None) -> str:
    """How a run leaves those whose promise is broken, in one sentence; empty if that says nothing.

    A pause is told with its length; `limit_seconds` is what it is compared with. Of a standstill,
    which is nobody's in particular, is told what was left undone.
    """
    if not counterexample.states:
        return ""
    last = counterexample.states[-1]
    events = {
        change.component
        for step in counterexample.steps
        for change in step.changes
        if change.kind == "event"
    }
    by_state: dict[str, list[str]] = {}
    subjects = counterexample.subjects
    if counterexample.property_name == STANDSTILL:
        subjects = tuple(name for name, facts in last.items() if _is_undone(facts))
    for subject in subjects:
        facts = last.get(subject, {})
        if facts.get("status"):
            state = _over_limit(counterexample, subject, limit_seconds) or state_text(facts)
            name = f"the event {subject}" if subject in events else subject
            by_state.setdefault(state, []).append(name)
    told = [
        f"{list_text(names)} {'is' if len(names) == 1 else 'are'} {state}"
        for state, names in by_state.items()
    ]
    at = seconds_text(counterexample.ends_at_seconds)
    if any("," in each for each in told[:-1]):
        told = [", and ".join(told)]  # lest the last part be taken for the end of the one before
    return f"At {at}, {list_text(told)}." if told else ""


def _is_undone(facts: Mapping[str, str]) -> bool:
    """Whether maintenance has something left to do with a host or a VM."""
    if "software" in facts:
        return (facts["status"], facts["software"]) != ("in service", "new")
    return facts.get("held by") == "maintenance" or facts.get("clock") == "behind"


def _over_limit(counterexample: Counterexample, vm: str, limit_seconds: float | None) -> str:
    """The length of a VM's last pause, where that is the point."""
    if limit_seconds is None or counterexample.property_name != "pause_within_limit":
        return ""
    begins = [
        step.at_seconds
        for step in counterexample.steps
        for change in step.changes
        if (change.kind, change.component, change.after) == ("VM", vm, "pausing")
    ]
    status = counterexample.states[-1].get(vm, {}).get("status", "")
    if not begins:
        return ""
    length = seconds_text(counterexample.ends_at_seconds - begins[-1])
    limit = seconds_text(limit_seconds)
    return f"{status}, and has not run for {length}, more than its limit of {limit}"


def _facts_text(changes: Sequence[Change]) -> str:
    has_status = any(change.field == "status" for change in changes)
    told = (_fact_text(change, has_status=has_status) for change in changes)
    return ", ".join(text for text in told if text)


def _fact_text(change: Change, *, has_status: bool) -> str:
    match change.field:
        case "status" if change.kind in _ARROWED_KINDS:
            return f"{change.before} {ARROW} {change.after}"
        case "status" | "host":
            return change.after if change.field == "status" else f"moves to {change.after}"
        case "held by" if has_status and change.after != "other":
            return ""  # the status says as much
    if change.after == "-":
        return _GONE.get(change.field, f"no {change.field}")
    return f"{change.field} {change.after}"
