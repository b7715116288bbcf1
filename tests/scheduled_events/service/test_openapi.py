"""The OpenAPI description says what the service does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import settings

from freezeframe.scheduled_events import Announce, Fail
from freezeframe.scheduled_events.service import openapi

from .running import Service, running

EXAMPLES = 60
"""How many requests are drawn for each operation; a bound on the time that it takes."""


schema = schemathesis.openapi.from_dict(openapi())


@pytest.fixture(scope="module")
def eventful() -> Iterator[Service]:
    """A service that shows an event of each status."""
    with running() as service:
        service.happen(Announce("host-a", ("web-0",)), Fail("host-b", ("web-1",)))
        yield service


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None)
def test_schemathesis_finds_nothing_against_it(
    eventful: Service, case: schemathesis.Case[Any]
) -> None:
    """Statuses, types, headers and bodies are as described, also for what breaks it."""
    case.call_and_validate(base_url=f"http://127.0.0.1:{eventful.ports['web-0']}")
