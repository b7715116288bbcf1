"""The command answers at once where there is nothing to compute."""

from __future__ import annotations

import subprocess
import sys

import pytest

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


def test_rich_is_not_loaded_for_plain_text() -> None:
    program = (
        "import sys\n"
        "from freezeframe.cli.__main__ import run\n"
        "run(['check', 'one-vm'])\n"
        "print('loaded', *sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert not {"rich", "networkx", "hypothesis", "graphviz"} & set(done.stderr.split())
