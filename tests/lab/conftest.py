"""Fixtures of the lab's own tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .errors import LabUnavailableError
from .fixtures import running_or_skip
from .requirements import require_a_lab

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .laboratory import Lab


@pytest.fixture
def possible_lab() -> None:
    """Skip the test where there can be no lab; none is brought up."""
    try:
        require_a_lab()
    except LabUnavailableError as error:
        pytest.skip(f"no lab: {error}")


@pytest.fixture(scope="module")
def small_lab() -> Iterator[Lab]:
    """Two hosts with one guest each, for the tests of a module."""
    with running_or_skip(hosts=2, guests=1) as held:
        yield held
