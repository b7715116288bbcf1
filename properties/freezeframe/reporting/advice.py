"""What to try next after a check, with the numbers of the fleet.

Owns which advice fits which finding. It must not know how a page is laid out, nor search anything.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from freezeframe.fleet import Fleet, UpdateKind
from freezeframe.protocol.policies import DEFAULT_POLICY
from freezeframe.protocol.settings import resume_reserve_ms

from .verdicts import CheckResult, Ending, PropertyResult, Verdict
from .words import count_text, list_text, seconds_text


@dataclass(frozen=True)
class Command:
    """How the check was asked for: the fleet's name or file, and options that change its meaning.

    `fleet` is empty where none was given.
    """

    fleet: str = ""
    options: tuple[str, ...] = ()
    max_states: int | None = None

    def spelled(self, name: str, *options: str) -> str:
        """The line to type for a command about the same fleet with the same options, and more."""
        words = ["freezeframe", name, *([self.fleet] if self.fleet else [])]
        return shlex.join([*words, *self.options, *options])

    def having(self, *names: str) -> Command:
        """The same without the options of other names."""
        pairs = zip(self.options[::2], self.options[1::2], strict=True)
        kept = tuple(word for pair in pairs if pair[0] in names for word in pair)
        return replace(self, options=kept)


@dataclass(frozen=True)
class Advice:
    """One thing to try: why, and the lines to type or to put into the fleet file, if any."""

    text: str
    code: tuple[str, ...] = field(default=())


def advice_on(result: CheckResult, fleet: Fleet, command: Command) -> list[Advice]:
    """What to try next, the likeliest first; nothing where every promise holds."""
    if result.verdict is Verdict.VIOLATED:
        return list(_on_violation(result, fleet, command))
    if result.verdict is Verdict.INCOMPLETE:
        return list(_on_incomplete(result, command))
    return []


def _on_violation(result: CheckResult, fleet: Fleet, command: Command) -> Iterator[Advice]:
    broken = result.shortest
    if broken is None:
        return
    without = len(result.without)
    if without:
        yield Advice(
            f"{'A guard was' if without == 1 else 'Guards were'} switched off. "
            f"Check with {'it' if without == 1 else 'all of them'} in place:",
            (command.having("--policy", "--property").spelled("check"),),
        )
    else:
        yield from _on_fleet(broken, fleet)
    if result.policy != DEFAULT_POLICY:
        yield Advice(
            f"The policy is {result.policy}. See whether the default one keeps the promise:",
            (command.having().spelled("check", "--policy", DEFAULT_POLICY),),
        )
    if broken.counterexample is not None:
        yield Advice(
            "Keep this run, to be looked at in a viewer of ITF traces or replayed:",
            (command.spelled("check", "--itf", "run.itf.json", "--trace", "run.jsonl"),),
        )
    if result.ending is not Ending.COMPLETE:
        yield _on_undecided(result, command)
    if not without:
        yield Advice(
            "See what each rule's guards are for:",
            (command.having("--policy").spelled("explain"),),
        )


def _on_undecided(result: CheckResult, command: Command) -> Advice:
    """How to decide the promises that the search left."""
    if result.ending is Ending.MAX_STATES:
        return Advice(
            "The search stopped at its bound. Let it go on and decide the other promises; a state "
            "takes some tens of bytes:",
            (command.spelled("check", "--keep-going", *_bound(result, command)),),
        )
    ended = "ended with the first broken promise"
    if result.ending is Ending.INTERRUPT:
        ended = "was interrupted"
    return Advice(
        f"The search {ended}. Let it go on and decide the others, which can take far longer:",
        (command.spelled("check", "--keep-going"),),
    )


def _bound(result: CheckResult, command: Command) -> tuple[str, str]:
    """Ten times the bound that was met."""
    return "--max-states", str(10 * (command.max_states or result.states))


def _on_fleet(broken: PropertyResult, fleet: Fleet) -> Iterator[Advice]:
    """What of the fleet file explains that the promise cannot be kept."""
    if broken.name == "pause_within_limit":
        yield from _on_pause(broken, fleet)
    if broken.name in {"maintenance_completes", "an_update_succeeds", "no_deadlock"}:
        yield from _on_mixed_hosts(fleet)
    if broken.name in {"maintenance_completes", "an_update_succeeds"}:
        yield from _on_slow_update(fleet)


def _on_pause(broken: PropertyResult, fleet: Fleet) -> Iterator[Advice]:
    for name in ("resume_failure", "controller_crash", "event_lost"):
        possible, tolerated = getattr(fleet.faults, name), getattr(fleet.tolerance, name)
        if possible > tolerated:
            yield Advice(
                f"Up to {possible} of the fault {name} may happen, and the deadlines leave time "
                f"for {tolerated}. Let them leave time for all:",
                ("[tolerance]", f"{name} = {possible}"),
            )
    needed, limit = _needed_ms(fleet), fleet.limits.pause_ms
    if needed > limit:
        yield Advice(
            f"Pausing, rolling back and resuming take up to {seconds_text(needed / 1000)} "
            f"({_sum_text(fleet)}), more than the limit of {seconds_text(limit / 1000)}, even "
            "if the update itself takes no time. Tolerate fewer faults, or promise more: "
            "[timing], [limits] pause_seconds."
        )
    elif broken.worst_seconds is not None:
        yield Advice(
            f"Begun in time, it would do: pausing, rolling back and resuming take up to "
            f"{seconds_text(needed / 1000)} ({_sum_text(fleet)}) of the "
            f"{seconds_text(limit / 1000)}. Look at the deadlines of the policy, and at what the "
            "run waits for."
        )


def _on_slow_update(fleet: Fleet) -> Iterator[Advice]:
    if _pauses_vms(fleet) and _room_ms(fleet) < fleet.timing.update.min_ms:
        yield Advice(
            f"Updates take at least {seconds_text(fleet.timing.update.min_ms / 1000)}, and "
            f"{_room_text(fleet)}. So each may have to be rolled back. Shorten what [timing] "
            "promises, or tolerate fewer faults."
        )


def remark_on_slow_updates(fleet: Fleet) -> str:
    """What to know of a fleet whose longest updates leave no time to roll back; empty if none do.

    Its promises can hold all the same, for an update that is tried again is in time at last.
    """
    update = fleet.timing.update
    if not _pauses_vms(fleet) or not update.min_ms <= _room_ms(fleet) < update.max_ms:
        return ""
    return (
        f"Updates may take {seconds_text(update.max_ms / 1000)}, and {_room_text(fleet)}. One that "
        "takes longer is rolled back; that all complete relies on one that does not."
    )


def _pauses_vms(fleet: Fleet) -> bool:
    hosts = {host.name: host for host in fleet.hosts}
    return any(
        fleet.kind_of_update(hosts[name], vm) is UpdateKind.VM_PRESERVING
        for vm in fleet.vms
        for name in (vm.host, *vm.may_move_to)
    )


def _room_ms(fleet: Fleet) -> int:
    """What is left of the pause limit for the update itself."""
    return max(0, fleet.limits.pause_ms - _needed_ms(fleet))


def _room_text(fleet: Fleet) -> str:
    return (
        f"of the pause limit of {seconds_text(fleet.limits.pause_ms / 1000)} only "
        f"{seconds_text(_room_ms(fleet) / 1000)} are left for that ({_sum_text(fleet)} are set "
        "aside)"
    )


def _on_mixed_hosts(fleet: Fleet) -> Iterator[Advice]:
    for host in fleet.hosts:
        for availability_set in fleet.availability_sets:
            by_domain = {
                vm.update_domain: vm.name
                for vm in fleet.vms
                if vm.availability_set == availability_set.name
                and host.name in (vm.host, *vm.may_move_to)
            }
            if len(by_domain) > 1:
                yield Advice(
                    f"{host.name} carries VMs of {count_text(len(by_domain), 'update domain')} of "
                    f"{availability_set.name} ({list_text(list(by_domain.values()))}), so no "
                    "policy that takes one at a time may begin it. Place them on different hosts."
                )


def _needed_ms(fleet: Fleet) -> int:
    timing = fleet.timing
    return timing.pause.max_ms + timing.rollback.max_ms + resume_reserve_ms(fleet)


def _sum_text(fleet: Fleet) -> str:
    timing, tolerance = fleet.timing, fleet.tolerance
    parts = [
        ("pause", 1, timing.pause.max_ms),
        ("rollback", 1, timing.rollback.max_ms),
        ("resume", 1 + tolerance.resume_failure, timing.resume.max_ms),
        ("restart", tolerance.controller_crash, timing.restart.max_ms),
        ("poll", tolerance.event_lost, timing.poll.max_ms),
    ]
    return " + ".join(
        f"{name} {f'{times} x ' if times > 1 else ''}{seconds_text(ms / 1000)}"
        for name, times, ms in parts
        if times
    )


def _on_incomplete(result: CheckResult, command: Command) -> Iterator[Advice]:
    if result.ending is Ending.MAX_STATES:
        yield Advice(
            "The search stopped at its bound. Let it go on; a state takes some tens of bytes:",
            (command.spelled("check", *_bound(result, command)),),
        )
    yield Advice(
        "Check a smaller fleet that has the same kinds of hosts and sets: fewer hosts and faults, "
        "or durations with a larger common divisor, since time is counted in it "
        f"(here {seconds_text(result.tick_seconds)})."
    )
    yield Advice(
        "Drive a fleet that is too large to be explored with Hypothesis; the README says how "
        "(“Large fleets”)."
    )


def options_of(policy: str, properties: Sequence[str], without: Sequence[str]) -> tuple[str, ...]:
    """The options that change what a check means, as they are spelled; defaults are left out."""
    pairs = [("--policy", policy)] if policy != DEFAULT_POLICY else []
    pairs += [("--property", name) for name in properties]
    pairs += [("--without", name) for name in without]
    return tuple(word for pair in pairs for word in pair)
