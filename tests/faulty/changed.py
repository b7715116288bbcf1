"""A policy that differs from the protocol by rules: changed by name, dropped, or added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from freezeframe.protocol.language import (
    Rule,
)
from freezeframe.protocol.policies import OneUpdateDomain


def changed(rules: tuple[Rule, ...], name: str, **changes: Any) -> tuple[Rule, ...]:
    """The rules with one of them changed."""
    assert name in {each.name for each in rules}
    return tuple(replace(each, **changes) if each.name == name else each for each in rules)


def without_rules(rules: tuple[Rule, ...], *names: str) -> tuple[Rule, ...]:
    """The rules without some of them."""
    assert set(names) <= {each.name for each in rules}
    return tuple(each for each in rules if each.name not in names)


class Changed(OneUpdateDomain):
    """A policy that changes rules by name, drops some, and adds some."""

    changes: Mapping[str, Mapping[str, Any]] = {}
    dropped: tuple[str, ...] = ()
    added: tuple[Rule, ...] = ()

    def rules(self) -> tuple[Rule, ...]:
        found = without_rules(super().rules(), *self.dropped)
        for name, change in self.changes.items():
            found = changed(found, name, **change)
        return found + self.added
