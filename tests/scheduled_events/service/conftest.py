"""Fixtures of the service's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .running import Service, running

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def service() -> Iterator[Service]:
    """A service in which nothing has happened, without a limit of requests."""
    with running() as held:
        yield held


@pytest.fixture(scope="module")
def idle() -> Iterator[Service]:
    """The same for all tests of a module, which change nothing of it."""
    with running() as held:
        yield held
