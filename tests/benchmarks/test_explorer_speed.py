"""The explorer beside SPIN's verifier: the same model, the same counts, the same core, in turn."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from freezeframe.checking.search.explorer import explore
from freezeframe.checking.search.space import Space
from freezeframe.fleet import Fleet
from freezeframe.protocol.policies import OneUpdateDomain
from freezeframe.protocol.system import System

from .conftest import Report
from .fleets import FLEETS
from .processes import Run, one_core, run
from .spin import OPTIMIZED, OPTIONS, Figures, Verifier, missing_tools

RATIO_LEAST = 1.5
"""States per second of the explorer for each of SPIN's."""

ROUNDS = 5
ROOT = Path(__file__).parents[2]

WHOLE_PROCESS = """
from freezeframe.checking.search.explorer import explore
from freezeframe.protocol.policies import OneUpdateDomain
from freezeframe.protocol.system import System
from tests.benchmarks.fleets import FLEETS
explore(System(FLEETS[{number}], OneUpdateDomain()))
with open("/proc/self/status") as status:
    print(*(line.split()[1] for line in status if line.startswith("VmHWM:")))
"""
"""Prints the most memory that was resident at once, in KiB."""

pytestmark = pytest.mark.skipif(
    bool(missing_tools()), reason=f"found no {' and no '.join(missing_tools())}; install it"
)


@dataclass
class Rounds:
    """What each round took: SPIN, then a whole process of ours, then the exploration alone."""

    spin: list[Figures]
    process: list[Run]
    cpu_seconds: list[float]
    wall_seconds: list[float]


@pytest.fixture(autouse=True)
def _pinned() -> Iterator[None]:
    with one_core():
        yield


@pytest.mark.benchmark(group="explorer", timer=time.process_time, warmup=False)
@pytest.mark.parametrize("number", range(len(FLEETS)), ids=[fleet.name for fleet in FLEETS])
def test_states_per_second_are_at_least_half_as_many_again_as_spins(
    number: int, tmp_path: Path, benchmark: BenchmarkFixture, report: Report
) -> None:
    fleet = FLEETS[number]
    space = _explored(fleet)
    verifier = Verifier(fleet, tmp_path)
    first = verifier.run(space.n_states.bit_length(), 2 * space.n_states)
    assert (first.states, first.transitions) == (space.n_states, space.n_transitions)
    n_states, n_transitions, bits = (
        space.n_states,
        space.n_transitions,
        space.tables.packing.n_words * 64,
    )
    del space
    rounds = Rounds([], [], [], [])

    def before() -> None:
        rounds.spin.append(verifier.run(n_states.bit_length(), first.depth + 1000))
        command = [sys.executable, "-c", WHOLE_PROCESS.format(number=number)]
        rounds.process.append(run(command, ROOT))

    def ours() -> None:
        began_cpu, began_wall = time.process_time(), time.perf_counter()
        _explored(fleet)
        rounds.cpu_seconds.append(time.process_time() - began_cpu)
        rounds.wall_seconds.append(time.perf_counter() - began_wall)

    benchmark.pedantic(ours, setup=before, rounds=ROUNDS)  # type: ignore[no-untyped-call]
    ratio = median(rounds.spin[i].cpu_seconds / rounds.cpu_seconds[i] for i in range(ROUNDS))
    benchmark.extra_info.update(states=n_states, transitions=n_transitions, ratio=ratio)
    report(f"{fleet.name}: {n_states:,} states, {n_transitions:,} transitions in both")
    report(f"  pan: spin -o2 -a; gcc {OPTIMIZED} {' '.join(OPTIONS)}; -w{n_states.bit_length()} -E")
    for line in _table(rounds, n_states, first.vector_bytes, bits // 8):
        report(line)
    report(f"  ratio of states per second of processor time, median of pairs: {ratio:.2f}")
    assert ratio >= RATIO_LEAST


def _explored(fleet: Fleet) -> Space:
    return explore(System(fleet, OneUpdateDomain()))


def _table(rounds: Rounds, n_states: int, spin_vector: int, our_vector: int) -> Iterator[str]:
    """Rates in millions of states per second, by processor and by wall time; bytes a state."""
    spin, process = rounds.spin, rounds.process
    yield f"  {'':32}{'M/s cpu':>9}{'M/s wall':>9}{'vector':>8}{'memory/state':>14}"
    for name, cpu, wall, vector, peak in (
        (
            f"pan {OPTIMIZED}, whole process",
            [each.cpu_seconds for each in spin],
            [each.wall_seconds for each in spin],
            f"{spin_vector} B",
            f"{median(each.memory_bytes for each in spin) / n_states:.0f} B",
        ),
        ("pan, as it says itself", None, [each.own_seconds for each in spin], "", ""),
        ("explorer", rounds.cpu_seconds, rounds.wall_seconds, f"{our_vector} B", ""),
        (
            "explorer, whole process",
            [each.cpu_seconds for each in process],
            [each.wall_seconds for each in process],
            "",
            f"{median(int(each.printed) * 1024 for each in process) / n_states:.0f} B",
        ),
    ):
        by_cpu = f"{n_states / median(cpu) / 1e6:.2f}" if cpu else ""
        by_wall = f"{n_states / median(wall) / 1e6:.2f}"
        yield f"  {name:32}{by_cpu:>9}{by_wall:>9}{vector:>8}{peak:>14}"
