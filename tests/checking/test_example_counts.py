"""The embedded examples: how much there is to explore in each, and that all is well there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from freezeframe.checking.check import check
from freezeframe.fleet import DEFAULT_EXAMPLE, example, example_names
from freezeframe.protocol.policies import OneFaultDomain, OneUpdateDomain
from freezeframe.reporting import Verdict

COUNTS: Mapping[str, tuple[int, int, int]] = {
    "one-vm": (85, 122, 17),
    "two-tiers": (168_525, 369_752, 82),
    "shared-hosts": (86_370, 187_717, 70),
    "provider-default": (168_897, 282_486, 97),
    "eventful": (457_748, 1_558_416, 68),
}
"""States, transitions and depth."""


def test_every_example_is_counted() -> None:
    assert set(COUNTS) == set(example_names())


@pytest.mark.parametrize("name", COUNTS)
def test_every_promise_is_kept_in_every_state(name: str) -> None:
    result = check(example(name), OneUpdateDomain())
    assert (result.states, result.transitions, result.depth) == COUNTS[name]
    assert result.verdict is Verdict.HOLDS
    assert result.frontier == 0


def test_how_a_run_reaches_and_updates_hosts_adds_nothing_to_explore() -> None:
    fleet = example("one-vm")
    reached = [
        replace(
            host,
            uri=f"test:///{host.name}",
            update_command=("update",),
            rollback_command=("undo",),
            update_timeout_ms=1_003,
            rollback_timeout_ms=7,
        )
        for host in fleet.hosts
    ]
    result = check(replace(fleet, hosts=tuple(reached)), OneUpdateDomain())
    assert (result.states, result.transitions, result.depth) == COUNTS["one-vm"]


def test_the_default_example_has_someone_to_keep_every_promise_to() -> None:
    """But an event for two domains, which takes a host that carries both."""
    assert DEFAULT_EXAMPLE == "two-tiers"
    subjects = {
        each.name: each.subjects
        for each in check(example(DEFAULT_EXAMPLE), OneUpdateDomain()).properties
    }
    assert [name for name, count in subjects.items() if not count] == ["one_impact_per_event"]


@pytest.mark.parametrize("name", ["shared-hosts", "provider-default"])
def test_fault_domains_are_no_update_domains(name: str) -> None:
    """One fault domain at a time pauses two update domains of a set together."""
    result = check(example(name), OneFaultDomain(), stop_at_violation=True)
    verdicts = {each.name: each.verdict for each in result.properties}
    assert verdicts["one_update_domain_paused"] is Verdict.VIOLATED
