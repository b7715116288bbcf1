"""SPIN's verifier for a fleet: built, run, and its figures read.

Knows what SPIN prints and which options make its verifier fast while it stays exhaustive and exact;
must not know what the figures are compared with.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from freezeframe.fleet import Fleet

from .processes import run
from .promela import promela

OPTIONS = ("-DNOREDUCE", "-DSAFETY", "-DNOFAIR", "-DNOBOUNDCHECK", "-DNOCOMP", "-DMEMLIM=16000")
"""Every state, each compared in full, and none of the work that a search for broken assertions does
not need: no reduction, no cycles, no fairness, no checks of array bounds, no squeezing of states.
"""

OPTIMIZED = "-O2"
HASH_BITS_DEFAULT = 20
DEPTH_DEFAULT = 1_000_000


class SpinError(RuntimeError):
    """The verifier did not do what was expected; the text says what."""


@dataclass(frozen=True)
class Figures:
    """One run of a verifier; time is the whole process's, memory as the verifier accounts it."""

    states: int
    transitions: int
    """Edges: SPIN's transitions without the one by which the initial state is entered."""
    depth: int
    vector_bytes: int
    cpu_seconds: float
    wall_seconds: float
    own_seconds: float
    """Wall time as the verifier itself reports it."""
    memory_bytes: int


def missing_tools() -> list[str]:
    """What has to be installed before a verifier can be built."""
    return [tool for tool in ("spin", "gcc") if shutil.which(tool) is None]


class Verifier:
    """The compiled verifier of a fleet in a folder of its own."""

    def __init__(self, fleet: Fleet, folder: Path, optimized: str = OPTIMIZED) -> None:
        """Write the model into `folder`, have SPIN translate it, and compile what comes out."""
        self.folder = folder
        (folder / "fleet.pml").write_text(promela(fleet))
        # Without -o2, SPIN leaves variables that are only written out of the state.
        run(["spin", "-o2", "-a", "fleet.pml"], folder)
        run(["gcc", optimized, "-w", *OPTIONS, "-o", "pan", "pan.c"], folder)

    def run(self, hash_bits: int = HASH_BITS_DEFAULT, depth_max: int = DEPTH_DEFAULT) -> Figures:
        """Explore everything; raises `SpinError` if the verifier left anything out."""
        done = run(["./pan", f"-w{hash_bits}", f"-m{depth_max}", "-E"], self.folder)
        if "Search not completed" in done.printed or "errors: 0" not in done.printed:
            raise SpinError(f"expected a complete search, found: {done.printed}")
        return Figures(
            states=_number(r"(\d+) states, stored", done.printed),
            transitions=_number(r"(\d+) transitions", done.printed) - 1,
            depth=_number(r"depth reached (\d+)", done.printed),
            vector_bytes=_number(r"State-vector (\d+) byte", done.printed),
            cpu_seconds=done.cpu_seconds,
            wall_seconds=done.wall_seconds,
            own_seconds=_decimal(r"elapsed time ([\d.]+)", done.printed),
            memory_bytes=int(_decimal(r"([\d.]+)\s+memory usage", done.printed) * 2**20),
        )


def _decimal(pattern: str, printed: str) -> float:
    found = re.search(pattern, printed)
    if found is None:
        raise SpinError(f"expected {pattern!r} in what the verifier prints, found: {printed}")
    return float(found[1])


def _number(pattern: str, printed: str) -> int:
    return int(_decimal(pattern, printed))
