"""A whole maintenance of a lab by `freezeframe run`, a process that can be killed, and its judges.

Owns the fleet file of such a run, its processes one after the other, and the two judgements: by
what the guests themselves report, and by `freezeframe replay`. It must not know what goes wrong in
a test.
"""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from freezeframe.fleet import (
    Faults,
    Fleet,
    Host,
    Limits,
    Span,
    Timing,
    Tolerance,
    read_fleet,
    write_fleet,
)
from freezeframe.maintenance.journal_file import read_journal
from freezeframe.maintenance.session import folder_of
from freezeframe.maintenance.watchdog.succession import Trail, trails
from freezeframe.observation import Record

from .host import Guest
from .laboratory import Lab
from .witness import Beat, Observation, observe

RUN_SECONDS_MAX = 120.0
"""Longer than a maintenance of a lab takes from any step on, on a busy machine."""

HALTED = 1
"""The exit code of a controller that a failure has stopped."""

TIMING = Timing(
    update=Span(0, 6_000),
    rollback=Span(0, 3_000),
    restart=Span(0, 10_000),
    clock_sync=Span(0, 2_000),
)
"""What a lab on a busy machine keeps to, and a controller that is started again at once."""


def maintained_fleet(
    lab: Lab, update: str, rollback: str, faults: Faults, *, names: Sequence[str] = ()
) -> Fleet:
    """The fleet of a lab, or of its hosts of those names, with shell texts as its commands."""

    def maintained(host: Host) -> Host:
        commands = [("sh", "-c", text) for text in (update, rollback)]
        return replace(host, update_command=commands[0], rollback_command=commands[1])

    fleet = read_fleet(lab.fleet_file)
    hosts = [host for host in fleet.hosts if not names or host.name in names]
    return replace(
        fleet,
        hosts=tuple(map(maintained, hosts)),
        vms=tuple(vm for vm in fleet.vms if vm.host in {host.name for host in hosts}),
        timing=TIMING,
        limits=Limits(notice_ms=0),
        faults=faults,
        tolerance=Tolerance(controller_crash=1),
    )


@dataclass
class Maintenance:
    """A maintenance of `lab` with its files in `folder`; controllers come and go."""

    lab: Lab
    fleet: Fleet
    folder: Path
    said: list[str] = field(default_factory=list)
    _beats_before: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Write the fleet file, and note which heartbeats came before."""
        self.file.write_text(write_fleet(self.fleet), encoding="utf-8")
        self._beats_before = {guest.name: len(guest.beats()) for guest in self.lab.guests}

    @property
    def file(self) -> Path:
        """The fleet file."""
        return self.folder / "fleet.toml"

    @property
    def trace(self) -> Path:
        """What the last controller that ended by itself wrote of the whole maintenance."""
        return self.folder / "trace.jsonl"

    @property
    def journal(self) -> Path:
        """Where the controllers keep every step."""
        return self.file.with_suffix(".journal")

    def watchdogs(self) -> list[Trail]:
        """Those that no later controller has found to have ended."""
        return trails(folder_of(self.journal))

    def records(self) -> tuple[Record, ...]:
        """What the journal holds."""
        return read_journal(self.journal).records

    @contextmanager
    def controller(self) -> Iterator[subprocess.Popen[str]]:
        """Have a controller run, which begins or resumes; it is killed if it does not end."""
        resume = ["--resume"] if self.journal.exists() else []
        command = [sys.executable, "-m", "freezeframe.cli", "run", str(self.file), *resume]
        with subprocess.Popen(
            [*command, "--trace", str(self.trace)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            overdue = threading.Timer(RUN_SECONDS_MAX, process.kill)
            overdue.start()
            try:
                yield process
            finally:
                overdue.cancel()
                process.kill()

    def lines(self, process: subprocess.Popen[str]) -> Iterator[str]:
        """What a controller prints until it ends; it prints nothing that its journal lacks."""
        assert process.stdout is not None
        for line in process.stdout:
            self.said.append(line)
            yield line

    def run(self) -> int:
        """Let a controller run to its end; return its exit code."""
        with self.controller() as process:
            for _ in self.lines(process):
                pass
            return process.wait()

    def kill_at(self, moment: str, *, halts_max: int = 2) -> None:
        """Have a controller run until it prints a line in which `moment` is found; kill it then.

        One that halts before, because it came too late after the one before, is resumed.
        """
        for _ in range(halts_max + 1):
            with self.controller() as process:
                if any(re.search(moment, line) for line in self.lines(process)):
                    process.kill()
                    return
                assert process.wait() == HALTED, self.told()
        raise AssertionError(f"expected {moment}, found that it halts:\n{self.told()}")

    def complete(self, *, halts_max: int = 2) -> None:
        """Resume until every host runs the new software, at most so often after it halted."""
        codes = [self.run()]
        while codes[-1] == HALTED and len(codes) <= halts_max:
            codes.append(self.run())
        assert codes[-1] == 0, f"{codes}\n{self.told()}"

    def told(self) -> str:
        """What the controllers printed, the end of it."""
        return "".join(self.said[-60:])

    def replayed(self) -> str:
        """Have `freezeframe replay` judge and follow the trace; return what it says.

        Every promise must have been kept, and the model must allow each step.
        """
        command = [sys.executable, "-m", "freezeframe.cli", "replay", str(self.trace)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "The model allows every step" in done.stdout, done.stdout
        return done.stdout

    def beats(self, guest: Guest) -> list[Beat]:
        """The heartbeats of a guest since the maintenance was begun."""
        return guest.beats()[self._beats_before[guest.name] :]

    def paused(self) -> list[str]:
        """The guests that are not running, by what their hosts say."""
        found = []
        for host in self.lab.hosts:
            with host.connection() as connection:
                found += [each.name() for each in connection.listAllDomains() if _stands(each)]
        return sorted(found)

    def judged_by_guests(self) -> int:
        """Have the guests' own heartbeats judged; return the longest pause, in milliseconds.

        Every pause is within the limit, no two domains of a set were paused together, nothing of
        their memory or of their heartbeats is lost, none started anew, and every clock is right.
        """
        assert self.paused() == []
        seen: dict[str, Observation] = {}
        for guest in self.lab.guests:
            last = guest.wait_for_beats(3)[-1]
            assert abs(last.clock_offset_ms) <= self.fleet.limits.clock_tolerance_ms, guest.name
            found = observe(self.beats(guest))
            assert (found.starts, found.missing, found.returned) == (1, (), ()), guest.name
            assert found.memory_faults == (), guest.name
            seen[guest.name] = found
        for one, other in combinations(self.lab.guests, 2):
            if one.availability_set == other.availability_set:
                assert not _overlap(seen[one.name], seen[other.name]), (one.name, other.name)
        longest_ms = max(
            (pause.length_ms for found in seen.values() for pause in found.pauses), default=0
        )
        assert longest_ms <= self.fleet.limits.pause_ms
        return longest_ms


def _stands(domain: Any) -> bool:
    return bool(domain.state()[0] != importlib.import_module("libvirt").VIR_DOMAIN_RUNNING)


def _overlap(one: Observation, other: Observation) -> bool:
    """Whether two guests stood still together for certain.

    Of a pause, the heartbeats around it tell between which times it lay, and their clock its
    length; so from its end less its length, to its beginning and its length, it was under way.
    """
    return any(
        max(each.ended_ms - each.length_ms for each in pair)
        < min(each.began_ms + each.length_ms for each in pair)
        for pair in ((mine, others) for mine in one.pauses for others in other.pauses)
    )
