"""What users name on the command line: fleets, policies, properties, guards.

Owns how a name is found, and what is said when there is none. It must not explore anything.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from freezeframe.fleet import (
    DEFAULT_EXAMPLE,
    Fleet,
    FreezeframeError,
    example,
    example_names,
    read_fleet,
)

if TYPE_CHECKING:
    from freezeframe.properties import Property
    from freezeframe.protocol.policies import Policy

_PART_MIN = 3
"""A shorter part of a name points at too many."""

_LISTED_MAX = 15
"""Names that a message lists when none is close."""


def find_fleet(name: str | None) -> Fleet:
    """The fleet that FLEET means: an example's name, or else a file; none is the default example.

    Raises `FreezeframeError` if there is neither, or if the file is not valid.
    """
    if name is None:
        return example(DEFAULT_EXAMPLE)
    if name in example_names():
        return example(name)
    small = _small_fleets()
    if name in small:
        return small[name]
    path = Path(name)
    if "/" in name or path.suffix or path.exists():
        return read_fleet(path)
    listed = (*example_names(), "a file")
    text = expected("fleet", name, (*example_names(), *small), listed=listed)
    raise FreezeframeError(f"{text} (there is no such file)")


def find_policy(name: str) -> Policy:
    """The policy called `name`; a user's own module is looked for in the working directory too.

    Raises `FreezeframeError` if there is none, or if it cannot be made.
    """
    from freezeframe.protocol.policies import POLICIES, load_policy  # noqa: PLC0415 (help does without)

    if name not in POLICIES and ":" not in name:
        known = (*POLICIES, "package.module:Name")
        raise FreezeframeError(expected("--policy", name, known))
    here = str(Path.cwd())
    if ":" in name and here not in sys.path:
        sys.path.append(here)
    try:
        return load_policy(name)
    except FreezeframeError:
        raise
    except Exception as error:
        raise FreezeframeError(
            f"--policy: {name} cannot be made: {type(error).__name__}: {error}"
        ) from error


@contextmanager
def blamed_on(policy: str) -> Iterator[None]:
    """Tell users what their own policy does that no rule may do; of ours it would be a defect."""
    from freezeframe.protocol.instances import ModelError  # noqa: PLC0415 (help does without)

    try:
        yield
    except ModelError as error:
        if ":" not in policy:
            raise
        raise FreezeframeError(f"--policy: {policy}: {error}") from error


def find_properties(names: Sequence[str]) -> tuple[Property, ...]:
    """The properties of those names, in the catalogue's order; all of them where none is named.

    Raises `FreezeframeError` for a name that there is not.
    """
    from freezeframe.properties import ALL  # noqa: PLC0415 (help does without)

    known = [each.name for each in ALL]
    for name in names:
        if name not in known:
            raise FreezeframeError(expected("--property", name, known))
    return tuple(each for each in ALL if not names or each.name in names)


def find_guards(names: Sequence[str], policy: Policy) -> tuple[str, ...]:
    """The full names of guards; the part after the slash is enough where only one guard has it.

    Raises `FreezeframeError` for a name that no guard has, or several have.
    """
    known = list(dict.fromkeys(guard for rule in policy.rules() for guard in rule.guards))
    found = []
    for name in names:
        meant = [guard for guard in known if name in (guard, guard.partition("/")[2])]
        if not meant:
            short = [guard.partition("/")[2] for guard in known]
            of_rule = [guard for guard in known if guard.partition("/")[0] == name]
            if of_rule:
                raise FreezeframeError(
                    f"--without: expected a guard, found the rule {name!r}, which has:\n  "
                    + "\n  ".join(of_rule)
                )
            raise FreezeframeError(expected("--without", name, dict.fromkeys((*known, *short))))
        if len(meant) > 1:
            raise FreezeframeError(
                f"--without: expected one guard, found {len(meant)} called {name!r}:\n  "
                + "\n  ".join(meant)
            )
        found.append(meant[0])
    return tuple(dict.fromkeys(found))


def expected(what: str, found: str, known: Iterable[str], *, listed: Iterable[str] = ()) -> str:
    """Say that `found` is no `what`, and which of `known` is meant.

    If none is close, all that there are to choose from are told if they are few: `listed`, or else
    `known`.

    >>> expected("command", "chekc", ["check", "draw"])
    "command: found 'chekc'; did you mean check?"
    >>> expected("command", "x", ["check", "draw"])
    "command: expected check or draw, found 'x'"
    """
    names = list(known)
    close = difflib.get_close_matches(found, names, n=3, cutoff=0.6)
    close = close or [name for name in names if len(found) > _PART_MIN and found in name][:3]
    if close:
        return f"{what}: found {found!r}; did you mean {' or '.join(close)}?"
    choice = list(listed) or names
    if len(choice) <= _LISTED_MAX:
        told = " or ".join(part for part in (", ".join(choice[:-1]), choice[-1]) if part)
        return f"{what}: expected {told}, found {found!r}"
    near = ", ".join(difflib.get_close_matches(found, names, n=3, cutoff=0.0))
    return f"{what}: found {found!r}, which there is not; the nearest are {near}"


def _small_fleets() -> dict[str, Fleet]:
    from freezeframe.checking.small_fleets import SMALL_FLEETS  # noqa: PLC0415 (help does without)

    return dict(SMALL_FLEETS)
