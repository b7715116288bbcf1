"""Errors that an adapter must not raise, taken for what they leave known: nothing.

Owns the translation. It must not know what is asked of adapters, nor what is done about errors.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Generic, TypeVar

from freezeframe.adapters.errors import AdapterError, OutcomeUnknown

T = TypeVar("T")


class ForeignError(OutcomeUnknown):
    """An adapter raised what it must not; an operator is to look, for asking again may not help."""


@contextlib.contextmanager
def adapter_errors_only(host: str, operation: str, vm: str | None = None) -> Iterator[None]:
    """Have whatever an adapter raises within be an `AdapterError`.

    Raises:
        ForeignError: It raised something else, which is named; whatever was asked for may have
            been done.

    """
    try:
        yield
    except AdapterError:
        raise
    except Exception as error:
        text = f"expected an error that adapters raise, found {type(error).__name__}: {error}"
        raise ForeignError(text, host=host, operation=operation, vm=vm) from error


class Never(Generic[T]):
    """A call that has ended with an error."""

    def __init__(self, error: AdapterError) -> None:
        """End with `error`."""
        self._error = error

    @property
    def is_done(self) -> bool:
        """See `Call`."""
        return True

    def result(self) -> T:
        """See `Call`."""
        raise self._error
