"""Whole processes on one core: what they print, and what the operating system says they took."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """A process that ended well."""

    printed: str
    cpu_seconds: float
    wall_seconds: float


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> Run:
    """Run `command` in `folder`; raises `RuntimeError` with what it printed if it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=None if environment is None else {**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        printed = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall_seconds = time.perf_counter() - began
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit code {process.returncode}: {printed}")
    return Run(printed, usage.ru_utime + usage.ru_stime, wall_seconds)


@contextmanager
def one_core() -> Iterator[int]:
    """Keep this process, and those that it starts, on one core."""
    cores = os.sched_getaffinity(0)
    core = max(cores)
    os.sched_setaffinity(0, {core})
    try:
        yield core
    finally:
        os.sched_setaffinity(0, cores)
