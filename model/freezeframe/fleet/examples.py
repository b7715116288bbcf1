"""The fleets that come with freezeframe, each a file under `examples/` that says what it shows.

Owns their names. It must not know what is in them.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from freezeframe.fleet.document import parse_fleet
from freezeframe.fleet.errors import FreezeframeError

if TYPE_CHECKING:
    from freezeframe.fleet.model import Fleet

_NAMES = ("one-vm", "two-tiers", "shared-hosts", "provider-default", "eventful")

DEFAULT_EXAMPLE = "two-tiers"
"""The fleet that commands take when none is given."""


def example_names() -> tuple[str, ...]:
    """Return the names of the examples, the simplest first."""
    return _NAMES


def example_text(name: str) -> str:
    """Return the file of an example, to be copied and changed.

    Raises:
        FreezeframeError: There is no example of that name.

    """
    if name not in _NAMES:
        known = ", ".join(_NAMES)
        raise FreezeframeError(f"examples: expected one of {known}, found {name!r}")
    file = resources.files("freezeframe.fleet") / "examples" / f"{name}.toml"
    return file.read_text(encoding="utf-8")


def example(name: str) -> Fleet:
    """Return the fleet of an example.

    Raises:
        FreezeframeError: There is no example of that name.

    Example:
    >>> [vm.name for vm in example("one-vm").vms]
    ['web-0']

    """
    return parse_fleet(example_text(name), f"{name}.toml")
