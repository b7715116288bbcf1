"""The file of expected failures.

Owns its format: one test a line, its name and then the reason; a line that begins with `#` is a
comment. A name is that of the test without the path, with its parameters. It must not know any
test.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

import pytest


def expect_failures(path: Path, items: Sequence[pytest.Item]) -> None:
    """Have each test that the file names fail the run unless it fails itself.

    Raises:
        pytest.UsageError: The file cannot be read, a line has no reason, or names no test.

    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise pytest.UsageError(f"--expected-failures {path}: {error}") from error
    for number, name, reason in _entries(text):
        where = f"{path}: line {number}"
        if not reason:
            raise pytest.UsageError(f"{where}: expected a reason after {name}, found none")
        named = [item for item in items if item.name == name]
        if not named:
            near = ", ".join(get_close_matches(name, {item.name for item in items}))
            hint = f"; near it are {near}" if near else "; --collect-only -q lists the names"
            raise pytest.UsageError(f"{where}: expected the name of a test, found {name!r}{hint}")
        for item in named:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))


def _entries(text: str) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        name, _, reason = line.strip().partition(" ")
        if name and not name.startswith("#"):
            yield number, name, reason.strip()
