"""The pytest plugin: `pytest --pyargs freezeframe.conformance --adapter URI` judges an adapter.

Owns the options and what pytest is told. It is loaded in every run of pytest, so it imports nothing
else of freezeframe before it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

PACKAGE = "freezeframe.conformance"
ADAPTER = "FREEZEFRAME_ADAPTER"
MARKER = "freezeframe_conformance"

NOTED = "freezeframe_conformance"
"""The attribute of a report that says what its test showed."""

_HERE = Path(__file__).parent

pytest.register_assert_rewrite(f"{PACKAGE}.suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what the suite needs to know."""
    group = parser.getgroup(
        "freezeframe-conformance", f"conformance of adapters (with --pyargs {PACKAGE})"
    )
    group.addoption(
        "--adapter",
        metavar="URI",
        default=os.environ.get(ADAPTER),
        help=f"the host whose adapter is judged; default: the environment's {ADAPTER}",
    )
    group.addoption(
        "--vm",
        metavar="NAME",
        action="append",
        default=[],
        help="touch this VM instead of those that are marked for freezeframe; may be repeated",
    )
    group.addoption(
        "--interleavings", metavar="N", type=int, help="how many interleavings Hypothesis draws"
    )
    group.addoption(
        "--interleaving-steps", metavar="N", type=int, help="how many steps each of them has"
    )
    group.addoption(
        "--expected-failures",
        metavar="FILE",
        help="tests that must fail: a name and the reason a line; lines with # are comments",
    )
    for kind, what in (("json", "one object"), ("html", "one page that needs nothing else")):
        group.addoption(
            f"--conformance-{kind}", metavar="FILE", help=f"write what was shown: {what}"
        )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, as `--strict-markers` asks for, and begin to take notes."""
    config.pluginmanager.register(_Noted(config), "freezeframe-conformance-notes")
    config.addinivalue_line(
        "markers", f"{MARKER}: what a test of the conformance suite needs; set by the suite itself"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note what a test of the suite shows, on its report, so that it gets wherever that gets."""
    marker = item.get_closest_marker(MARKER)
    if marker is None:
        return (yield)
    from .noting import entry, note_properties  # noqa: PLC0415 (only for the suite's own tests)

    report = yield
    if report.when == "call" or (report.when == "setup" and not report.passed):
        note_properties(item, marker.args[0])
    setattr(report, NOTED, entry(item, marker.args[0], report))
    return report


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Put the suite in the place of the package, if the package was asked for by its name."""
    config = parent.config
    if path != _HERE or not config.option.pyargs or PACKAGE not in config.args:
        return None
    from .collecting import SuiteDirectory  # noqa: PLC0415 (heavy, and only needed here)

    return SuiteDirectory.from_parent(parent, path=path)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Expect the failures that were announced."""
    judged = [item for item in items if item.get_closest_marker(MARKER)]
    if judged and config.option.expected_failures:
        from .expectations import expect_failures  # noqa: PLC0415 (only needed here)

        path = config.invocation_params.dir / config.option.expected_failures
        expect_failures(path, judged)


class _Noted:
    """What was noted in this run, and the reports of it at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._entries: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        entry = getattr(report, NOTED, None)
        if entry is not None:
            self._entries.append(entry)

    def pytest_sessionfinish(self) -> None:
        if self._entries:
            from .writing import write_reports  # noqa: PLC0415 (only after the suite's own tests)

            write_reports(self._config, self._entries)

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        if not self._entries:
            return
        from .report import suites, summary_lines  # noqa: PLC0415 (likewise)

        for suite in suites(self._entries):
            terminalreporter.section("conformance")
            for line in summary_lines(suite):
                terminalreporter.write_line(line)
