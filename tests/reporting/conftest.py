"""Findings of real checks, in small fleets, found once for all tests of what is reported."""

from __future__ import annotations

import pytest

from freezeframe.checking.check import check
from freezeframe.checking.small_fleets import SMALL_FLEETS
from freezeframe.fleet import Fleet
from freezeframe.protocol.policies import OneUpdateDomain
from freezeframe.reporting import CheckResult

PAUSED_TOGETHER = "schedule/no-other-domain-of-the-set-is-under-maintenance"
GIVES_UP_AT_ONCE = "abandon/the-time-left-is-just-enough-to-resume"
NEVER_OVER = "halt/a-failure-waits-for-an-operator"


def _found(fleet: str, *without: str) -> CheckResult:
    return check(SMALL_FLEETS[fleet], OneUpdateDomain(), without=without, stop_at_violation=True)


@pytest.fixture(scope="session")
def two_domains() -> Fleet:
    return SMALL_FLEETS["two-domains"]


@pytest.fixture(scope="session")
def held() -> CheckResult:
    """Every promise is kept."""
    return _found("single")


@pytest.fixture(scope="session")
def broken() -> CheckResult:
    """Two domains are paused together: a run that ends."""
    return _found("two-domains", PAUSED_TOGETHER)


@pytest.fixture(scope="session")
def looping() -> CheckResult:
    """Maintenance never completes: a run for ever."""
    return _found("single", GIVES_UP_AT_ONCE)


@pytest.fixture(scope="session")
def stuck() -> CheckResult:
    """Nothing goes on: a run that ends with its first step."""
    return _found("two-domains", NEVER_OVER)
