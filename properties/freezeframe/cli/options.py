"""Options that several commands have. It must not know the commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_POLICY: Final = "one-update-domain"
"""The protocol's own default, told without loading the protocol."""


def policy_option(cls: type[click.Option] = click.Option) -> Callable[[F], F]:
    """Give a command `--policy`, an option of the class `cls`."""
    return click.option(
        "--policy",
        cls=cls,
        metavar="NAME",
        default=DEFAULT_POLICY,
        show_default=True,
        help="one-update-domain, one-fault-domain, or your own as package.module:Name.",
    )
