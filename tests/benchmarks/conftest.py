"""A table of all figures at the end, for a terminal and for whoever reads the log."""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

Report = Callable[[str], None]

_LINES = pytest.StashKey[list[str]]()


@pytest.fixture
def report(pytestconfig: pytest.Config) -> Report:
    """Take a line for the table."""
    return pytestconfig.stash.setdefault(_LINES, []).append


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print what was reported."""
    lines = terminalreporter.config.stash.get(_LINES, [])
    if lines:
        terminalreporter.section(
            f"figures ({platform.machine()}, Python {platform.python_version()})"
        )
    for line in lines:
        terminalreporter.write_line(line)
