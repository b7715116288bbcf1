"""Calls into an adapter that may never come back.

Owns the thread in which each is made, so that an adapter that hangs fails its test instead of
stopping the run. It must not know what is called.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")


def watched(work: Callable[[], T], *, seconds: float, what: str) -> T:
    """Return what `work` returns, or fail the test if that takes longer than `seconds`."""
    values: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            values.append(work())
        except BaseException as error:  # noqa: BLE001 (raised again below)
            errors.append(error)

    thread = threading.Thread(target=run, name=f"conformance {what}", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not values:
        pytest.fail(f"{what} hangs: it neither returned nor raised within {seconds:g} s")
    return values[0]
