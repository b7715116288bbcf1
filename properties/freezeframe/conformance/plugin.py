"""The pytest plugin: `pytest --pyargs freezeframe.conformance --adapter URI` judges an adapter.

Owns the options and what pytest is told. It is loaded in every run of pytest, so it imports nothing
else of freezeframe before it is asked for.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PACKAGE = "freezeframe.conformance"
ADAPTER = "FREEZEFRAME_ADAPTER"
MARKER = "freezeframe_conformance"

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


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, as `--strict-markers` asks for."""
    config.addinivalue_line(
        "markers", f"{MARKER}: what a test of the conformance suite needs; set by the suite itself"
    )


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
