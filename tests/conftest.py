"""What all tests share: how Hypothesis runs, and that CI skips nothing, as it installs all that the
tests need.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from freezeframe.conformance.plugin import NOTED

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

NO_SKIPS = "FREEZEFRAME_NO_SKIPS"

REPEATABLE = ("CI", "FREEZEFRAME_REPEATABLE")
"""Where one of these is set, Hypothesis tries the same examples each time; elsewhere new ones."""

# How long an example takes says how busy the machine is, and whether the kernels were compiled.
settings.register_profile(
    "freezeframe", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile(
    "freezeframe-repeatable",
    settings.get_profile("freezeframe"),
    derandomize=True,
    database=None,
)
settings.load_profile(
    "freezeframe-repeatable" if any(map(os.environ.get, REPEATABLE)) else "freezeframe"
)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run that skipped anything where nothing may be skipped."""
    reporter: TerminalReporter | None = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not os.environ.get(NO_SKIPS) or exitstatus:
        return
    if _skipped(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Say why a run without failures failed."""
    skipped = _skipped(terminalreporter)
    if os.environ.get(NO_SKIPS) and skipped:
        terminalreporter.write_line(
            f"{NO_SKIPS} is set: expected every test to run, found {len(skipped)} skipped", red=True
        )


def _skipped(reporter: TerminalReporter) -> list[pytest.TestReport]:
    """What was skipped, but for tests of an adapter, on a host that was there, for what it does not
    claim.
    """
    skipped = reporter.stats.get("skipped", [])
    return [each for each in skipped if not (getattr(each, NOTED, None) or {}).get("bench")]
