"""The command answers at once where there is nothing to compute."""

from __future__ import annotations

import subprocess
import sys

import pytest

from freezeframe.cli.__main__ import run

HEAVY = {"numba", "numpy", "scipy", "networkx", "pydantic", "hypothesis", "rich", "graphviz"}


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["check", "--help"], ["explain", "--help"]]
)
def test_nothing_heavy_is_loaded_to_say_what_there_is(arguments: list[str]) -> None:
    program = (
        "import sys\n"
        "from freezeframe.cli.__main__ import run\n"
        f"run({arguments!r})\n"
        "print('loaded', *sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert not HEAVY & set(done.stderr.split())


def test_a_check_loads_neither_the_compiler_nor_what_it_does_not_print_with() -> None:
    """Importing the compiler takes longer than the check; an earlier run kept what it made."""
    run(["check", "one-vm"])
    program = (
        "import sys\n"
        "from freezeframe.cli.__main__ import run\n"
        "run(['check', 'one-vm'])\n"
        "print('loaded', *sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert not {"numba", "rich", "networkx", "hypothesis", "graphviz"} & set(done.stderr.split())
