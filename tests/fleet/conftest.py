"""What several tests of fleet files need."""

from collections.abc import Callable

import pytest

from freezeframe.fleet import FleetError, parse_fleet


@pytest.fixture
def told() -> Callable[[str], list[str]]:
    """Return what is wrong with a text, a line each; nothing if it is a fleet."""

    def ask(text: str) -> list[str]:
        try:
            parse_fleet(text, "f")
        except FleetError as error:
            return str(error).split("\n")
        return []

    return ask
