"""A lab for any test that needs real guests.

Owns how a test gets a lab, and that it is skipped with the reason where there can be none. It must
not know what tests do with a lab.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from .errors import LabUnavailableError
from .laboratory import Lab, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .domain import Ram


@contextmanager
def running_or_skip(
    *, hosts: int, guests: int, unmarked: int = 0, ram: Ram = "file"
) -> Iterator[Lab]:
    """Have a lab, or skip the test with the reason why there is none."""
    with ExitStack() as stack:
        try:
            lab = stack.enter_context(
                running(hosts=hosts, guests=guests, unmarked=unmarked, ram=ram)
            )
        except LabUnavailableError as error:
            pytest.skip(f"no lab: {error}")
        yield lab
