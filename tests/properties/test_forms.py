"""A property is a named value made from a predicate; one that no check could decide is refused."""

from __future__ import annotations

from itertools import product

import pytest

from freezeframe.observation import VmView
from freezeframe.properties import Kind, Property, Scope
from freezeframe.properties.forms import always, eventually, sometimes


def runs(vm: VmView) -> bool:
    return vm.is_running


@pytest.mark.parametrize(
    ("declare", "kind"),
    [(always, Kind.ALWAYS), (sometimes, Kind.SOMETIMES), (eventually, Kind.EVENTUALLY)],
)
def test_a_predicate_becomes_a_property_of_its_name(declare: type, kind: Kind) -> None:
    declared = declare("Every VM runs.")(runs)
    assert declared == Property("runs", kind, "Every VM runs.", runs)
    assert declared.scope is Scope.STATE
    assert declared.where is None


@pytest.mark.parametrize(("kind", "scope"), list(product(Kind, Scope)))
def test_only_what_must_always_hold_can_look_at_steps(kind: Kind, scope: Scope) -> None:
    if scope is Scope.STATE or kind is Kind.ALWAYS:
        assert Property("runs", kind, "Every VM runs.", runs, scope).scope is scope
    else:
        with pytest.raises(
            TypeError, match=f"expected kind always for scope {scope}, found {kind}"
        ):
            Property("runs", kind, "Every VM runs.", runs, scope)
