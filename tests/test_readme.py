"""What the README prints is what the commands print."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from freezeframe.properties import PROMISES

_ROOT = Path(__file__).parents[1]
_README = (_ROOT / "README.md").read_text()
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
# Seconds, rates, memory and ids differ from run to run; everything else must be equal.
_VOLATILE = re.compile(
    r"[\d.,]+ (s, )?[\d.,]+ states/s|[\d.]+ s\b(?=,)|[0-9A-F]{8}(-[0-9A-F]{4,12}){4}"
)


def _blocks() -> list[tuple[str, str]]:
    found = []
    for block in _BLOCK.findall(_README):
        command, _, output = block.partition("\n")
        if command.startswith("$ uv run freezeframe"):
            found.append((command.removeprefix("$ uv run freezeframe "), output))
    return found


def _steady(text: str) -> str:
    joined = re.sub(r"\s+", " ", text)
    return _VOLATILE.sub("…", joined).strip()


@pytest.mark.parametrize(("command", "printed"), _blocks(), ids=lambda value: value[:40])
def test_prints_what_the_command_prints(command: str, printed: str, tmp_path: Path) -> None:
    """Run from an empty folder, at 80 columns and without colour."""
    done = subprocess.run(
        [sys.executable, "-m", "freezeframe.cli", *shlex.split(command)],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert _steady(done.stdout + done.stderr) == _steady(printed)


def test_shows_commands_with_their_output() -> None:
    """Otherwise the test above would have nothing to compare."""
    assert len(_blocks()) >= 3


def test_lists_every_promise_in_its_own_words() -> None:
    """The table is written by hand; the catalogue is what counts."""
    for promise in PROMISES:
        assert f"| `{promise.name}` | {promise.promise} |" in _README
