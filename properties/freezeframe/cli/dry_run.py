"""A maintenance rehearsed over simulated hosts, on a clock that jumps.

Owns the rehearsal. It must not know real hosts. What it decides is decided as in a real run; every
step takes the longest that the fleet's timing promises, guests do not approve, and nothing fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from freezeframe.adapters.simulated import simulate
from freezeframe.checking.judging import judge
from freezeframe.fleet import Faults, Fleet, write_fleet
from freezeframe.maintenance.driver import Runner
from freezeframe.maintenance.planning import plan
from freezeframe.maintenance.ports import SilentNotices
from freezeframe.maintenance.rulebook import Rulebook
from freezeframe.maintenance.sites import Site
from freezeframe.observation import Provenance, Record, write_records
from freezeframe.protocol.policies import Policy
from freezeframe.reporting.words import seconds_text

from .console import page_width, say, show, write_file
from .run_view import Lines
from .run_words import announcement, conclusion, exit_code


class _Longest:
    """Choices: the longest of what is promised, and no fault."""

    def integer(self, least: int, most: int, label: str) -> int:  # noqa: ARG002 (a protocol's)
        return most

    def happens(self, label: str) -> bool:  # noqa: ARG002 (likewise)
        return False


class _Kept:
    """A journal in memory that says what it keeps."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._records: list[Record] = []

    def append(self, records: Sequence[Record]) -> None:
        self._records += records
        self._lines.tell(records)

    def records(self) -> Sequence[Record]:
        return tuple(self._records)


def dry_run(fleet: Fleet, policy: Policy, trace: Path | None) -> int:
    """Show every step of a maintenance with its time; return the exit code.

    Raises:
        FreezeframeError: The fleet cannot be maintained, or the trace cannot be written.

    """
    planned = plan(fleet, policy)
    show(announcement(planned, fleet, width=page_width()))
    simulation = simulate(replace(fleet, faults=Faults()), _Longest(), pages=1)
    sites = {}
    for name in simulation.hosts:
        host = simulation.connect(name)
        sites[name] = Site(host, host, clock_tolerance_ms=fleet.limits.clock_tolerance_ms)
    journal = _Kept(Lines(say, lambda each: f"{seconds_text(each.monotonic_ms / 1000):>10}"))
    runner = Runner(
        Rulebook(fleet, policy),
        sites,
        journal,
        SilentNotices(),
        simulation.time,
        preference=[host for wave in planned.waves for host in wave.hosts],
    )
    runner.start()
    standing = runner.run()
    if trace is not None:
        provenance = Provenance(fleet=write_fleet(fleet), policy=policy.name)
        write_file("--trace", trace, write_records(journal.records(), provenance))
    judged = judge(journal.records(), fleet)
    told = conclusion(
        standing, judged, runner.divergences, journal.records(), fleet=fleet, width=page_width()
    )
    show(told)
    return exit_code(standing, judged)
