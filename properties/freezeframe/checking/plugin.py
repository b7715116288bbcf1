"""The pytest plugin: `pytest --pyargs freezeframe.checking --fleet FILE` checks and tests a fleet.

Owns the options, and where the suite is collected. It is loaded in every run of pytest, so it
imports nothing else of freezeframe before it is asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

PACKAGE = "freezeframe.checking"

summary_key = pytest.StashKey[list[str]]()
"""What the suite has to say at the end of the run, a line each."""

_HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what the suite needs to know."""
    group = parser.getgroup("freezeframe", f"freezeframe (with --pyargs {PACKAGE})")
    group.addoption(
        "--fleet", metavar="FILE", help="check and test this fleet; an example if none is given"
    )
    group.addoption(
        "--policy",
        metavar="NAME",
        help="under this policy, or one of your own: package.module:Name",
    )
    group.addoption(
        "--without",
        metavar="GUARD",
        action="append",
        default=[],
        help="switch a guard off, e.g. quiesce/the-host-is-scheduled; may be repeated",
    )
    group.addoption(
        "--max-states",
        metavar="N",
        type=int,
        help="stop the exhaustive check at N states; what is not decided by then is skipped",
    )
    group.addoption(
        "--steer",
        action="store_true",
        help="let hypothesis.target steer the later half of Hypothesis's runs towards rules and "
        "guard outcomes that few runs met, and towards long pauses",
    )


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Put the suite in the place of the package, if the package was asked for by its name."""
    config = parent.config
    if path != _HERE or not config.option.pyargs or PACKAGE not in config.args:
        return None
    from .machines.suite import FleetDirectory  # noqa: PLC0415 (heavy, and only needed here)

    return FleetDirectory.from_parent(parent, path=path)


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Say what the runs reached."""
    lines = config.stash.get(summary_key, [])
    if lines:
        terminalreporter.section("what freezeframe's runs reached")
        for line in lines:
            terminalreporter.write_line(line)
