"""From the command to the verdict for the default example: with warm caches, and the first time.

The bounds are for the best of several runs, for whatever else the machine does only adds to them.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from .conftest import Report
from .processes import Run, run

WARM_SECONDS_MOST = 2.0
FIRST_SECONDS_MOST = 15.0

COMMAND = (str(Path(sys.executable).parent / "freezeframe"), "check")


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Caches of their own, empty at first, for compiled functions and for Python's bytecode."""
    yield {
        "NUMBA_CACHE_DIR": str(tmp_path / "numba"),
        "PYTHONPYCACHEPREFIX": str(tmp_path / "bytecode"),
        "PYTHONDONTWRITEBYTECODE": "",
    }
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.mark.benchmark(group="startup")
def test_a_verdict_takes_less_than_two_seconds_once_caches_are_warm(
    tmp_path: Path, environment: dict[str, str], benchmark: BenchmarkFixture, report: Report
) -> None:
    runs: list[Run] = []

    def check() -> None:
        runs.append(run(COMMAND, tmp_path, environment))

    check()
    runs.clear()
    benchmark.pedantic(check, rounds=7)  # type: ignore[no-untyped-call]
    _report(report, "warm caches", runs)
    assert min(each.wall_seconds for each in runs) < WARM_SECONDS_MOST


@pytest.mark.benchmark(group="startup")
def test_the_very_first_verdict_takes_less_than_fifteen_seconds(
    tmp_path: Path, environment: dict[str, str], benchmark: BenchmarkFixture, report: Report
) -> None:
    runs: list[Run] = []

    def clear() -> None:
        for name in ("NUMBA_CACHE_DIR", "PYTHONPYCACHEPREFIX"):
            shutil.rmtree(environment[name], ignore_errors=True)

    def check() -> None:
        runs.append(run(COMMAND, tmp_path, environment))

    benchmark.pedantic(check, setup=clear, rounds=3)  # type: ignore[no-untyped-call]
    _report(report, "first start, nothing compiled, no bytecode", runs)
    assert min(each.wall_seconds for each in runs) < FIRST_SECONDS_MOST


def _report(report: Report, name: str, runs: list[Run]) -> None:
    wall, cpu = [each.wall_seconds for each in runs], [each.cpu_seconds for each in runs]
    report(f"freezeframe check, {name}, {len(runs)} runs:")
    for label, seconds in (("by the clock", wall), ("of processor time", cpu)):
        report(f"  {min(seconds):.2f} s least, {median(seconds):.2f} s median {label}")
