"""What a test of the suite needs, told beside the test and nowhere else.

Owns the marker and the reasons for which a test is skipped. It must not know any test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from freezeframe.adapters import Capability, Support

from .means import OpensApart
from .plugin import MARKER

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Needs:
    """What has to be there: capabilities, the first being what the test is about; abilities beside
    the adapter; so many VMs; and that the same host can be opened again.
    """

    capabilities: tuple[Capability, ...]
    means: tuple[type, ...] = ()
    vms: int = 1
    reopening: bool = False

    def lacks(
        self, offered: Mapping[Capability, Support], means: object, vms: Sequence[str]
    ) -> str | None:
        """Why the test cannot be done here; None if it can."""
        for capability in self.capabilities:
            support = offered[capability]
            if not support.is_offered:
                return f"no {capability}: {support.why}"
        for each in self.means:
            if not isinstance(means, each):
                return f"needs a {each.__name__} beside the adapter"
        if self.reopening and isinstance(means, OpensApart):
            return means.why_apart
        if len(vms) < self.vms:
            return f"needs {self.vms} running VMs that may be touched, found {len(vms)}"
        return None


def needs(
    *capabilities: Capability,
    means: Sequence[type] = (),
    vms: int = 1,
    reopening: bool = False,
) -> Callable[[F], F]:
    """Declare what a test needs; the first capability is the one that the test is about."""
    found = Needs(capabilities, tuple(means), vms, reopening)
    marker = getattr(pytest.mark, MARKER)(found)

    def marked(test: F) -> F:
        return marker(test)  # type: ignore[no-any-return]  # (pytest's markers return the function)

    return marked


def needs_of(item: pytest.Item) -> Needs | None:
    """What a test declared; None if it is none of the suite."""
    marker = item.get_closest_marker(MARKER)
    return None if marker is None else marker.args[0]
