"""Policies are found by name, and what cannot be one is refused with what was expected."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import count, repeat
from pathlib import Path

import pytest

from freezeframe.fleet import FreezeframeError, Host, VirtualMachine
from freezeframe.protocol import controller
from freezeframe.protocol.components import AvailabilitySet
from freezeframe.protocol.components import Host as ProtocolHost
from freezeframe.protocol.instances import ModelError
from freezeframe.protocol.language import RuleFunction, require
from freezeframe.protocol.policies import (
    DEFAULT_POLICY,
    POLICIES,
    STANDARD_RULES,
    OneFaultDomain,
    OneUpdateDomain,
    Policy,
    PolicyError,
    load_policy,
    one_domain_at_a_time,
)
from freezeframe.protocol.system import System
from tests.fleets import one_set

MODULE = """
    from freezeframe.protocol.policies import OneUpdateDomain

    class Mine(OneUpdateDomain):
        name = "mine"

    class Demanding(OneUpdateDomain):
        def __init__(self, wish):
            self.wish = wish

    class Unready(OneUpdateDomain):
        def begins(self):
            return [each for each in self.guards]

    class Ruleless(OneUpdateDomain):
        def rules(self):
            return "guards"

    mine = Mine()
    number = 7
"""


@pytest.fixture
def users_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of a user's, and one beside it that cannot be imported."""
    (tmp_path / "users_policies.py").write_text(textwrap.dedent(MODULE))
    (tmp_path / "users_mistake.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    return "users_policies"


@pytest.mark.parametrize("name", POLICIES)
def test_policies_are_found_by_name(name: str) -> None:
    assert load_policy(name).name == name


def test_the_default_is_the_rule_that_the_project_exists_for() -> None:
    assert DEFAULT_POLICY == "one-update-domain"


def test_a_users_policy_is_found_by_module_and_name(users_module: str) -> None:
    assert load_policy(f"{users_module}:Mine").name == "mine"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("two-at-once", "found 'two-at-once'"),
        ("", "found ''"),
        (":", "found ':'"),
        ("users_policies:", "found 'users_policies:'"),
        (":Mine", "found ':Mine'"),
        ("no.such.module:Mine", "cannot be loaded: ModuleNotFoundError: No module named 'no'"),
        (
            "users_mistake:Mine",
            "cannot be loaded: ZeroDivisionError: division by zero (users_mistake.py, line 1)",
        ),
        (
            "users_policies:Theirs",
            "but users_policies has no Theirs; its policies: Mine, Demanding, ",
        ),
        ("pathlib:Mine", "but pathlib has no Mine; its policies: none"),
        ("users_policies.py:Mine", "did you mean users_policies:Mine?"),
        ("users_policies:number", "to be a subclass of Policy, found 7"),
        ("users_policies:mine", "to be a subclass of Policy, found <users_policies.Mine object"),
        ("pathlib:Path", "to be a subclass of Policy, found <class 'pathlib"),
        ("freezeframe.protocol.policies:Policy", "to be a subclass of Policy, found <class"),
        ("users_policies:Demanding", "to need no arguments, found that users_policies:Demanding()"),
        ("..:Mine", "cannot be loaded: TypeError"),
        (
            "users_policies:Unready",
            "'Unready' object has no attribute 'guards' (users_policies.py, line 13)",
        ),
        (
            "users_policies:Ruleless",
            "expected rules of users_policies:Ruleless to give rules, found 'g'",
        ),
    ],
)
@pytest.mark.usefixtures("users_module")
def test_what_is_no_policy_is_refused(name: str, found: str) -> None:
    with pytest.raises(PolicyError) as refused:
        load_policy(name)
    assert isinstance(refused.value, FreezeframeError)
    assert str(refused.value).startswith("policy: expected ")
    assert found in str(refused.value)


@pytest.mark.parametrize(
    ("lanes", "found"), [(count(), "found 0 and then 1 for web-0 on a"), (repeat("1"), "found '1'")]
)
def test_a_lane_that_is_no_function_of_vm_and_host_is_refused(
    lanes: Iterator[int], found: str
) -> None:
    class Wavering(OneUpdateDomain):
        def lane(self, vm: VirtualMachine, host: Host) -> int:  # noqa: ARG002 (on purpose)
            return next(lanes)

    with pytest.raises(PolicyError, match=f"expected lane to give the same whole number.*{found}"):
        System(one_set(), Wavering())


def test_a_guard_that_cannot_be_asked_is_told_with_its_line() -> None:
    def strange(host: ProtocolHost, availability_set: AvailabilitySet) -> None:
        require(availability_set.lane > host.number, "it is its turn")  # type: ignore[attr-defined]

    class Strange(OneUpdateDomain):
        def begins(self) -> tuple[RuleFunction, ...]:
            return (strange,)

    system = System(one_set(), Strange())
    with pytest.raises(ModelError, match=r"rule schedule: strange raises .*test_policies.py, line"):
        list(system.steps(system.initial))


def test_what_counts_as_a_domain() -> None:
    vm = VirtualMachine("v", "a", "web", update_domain=3)
    assert OneUpdateDomain().lane(vm, Host("a", fault_domain=1)) == 3
    assert OneFaultDomain().lane(vm, Host("a", fault_domain=1)) == 1
    with pytest.raises(NotImplementedError):
        Policy().lane(vm, Host("a"))


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_adds_its_guards_to_the_beginning_and_to_nothing_else(name: str) -> None:
    for mine, standard in zip(load_policy(name).rules(), STANDARD_RULES, strict=True):
        if standard is controller.schedule:
            assert mine == standard.also(one_domain_at_a_time)
        else:
            assert mine is standard
