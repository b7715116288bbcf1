"""What there is to tell of components."""

from __future__ import annotations

from freezeframe.fleet import AvailabilitySet, Fleet, Host, VirtualMachine
from freezeframe.protocol.policies import OneUpdateDomain
from freezeframe.protocol.system import System
from freezeframe.reporting.facts import all_facts, changes_between, unique_labels


def test_components_of_one_name_are_told_apart() -> None:
    fleet = Fleet(
        "twins",
        (Host("web"),),
        (VirtualMachine("web", "web", "web", 0), VirtualMachine("alarm", "web")),
        (AvailabilitySet("web"),),
    )
    system = System(fleet, OneUpdateDomain())
    labels = unique_labels(system)
    assert len(set(labels)) == len(labels)
    assert {"host web", "VM web", "set web", "VM alarm", "alarm alarm"} <= set(labels)
    assert set(all_facts(system, system.initial)) == set(labels)


def test_ordinary_names_stay_as_they_are() -> None:
    fleet = Fleet("plain", (Host("host-a"),), (VirtualMachine("web-0", "host-a"),))
    system = System(fleet, OneUpdateDomain())
    assert {"host-a", "web-0", "host-a/web-0", "alarm"} <= set(unique_labels(system))


def test_a_change_says_what_kind_of_component_it_is_about() -> None:
    fleet = Fleet("plain", (Host("host-a"),), (VirtualMachine("web-0", "host-a"),))
    system = System(fleet, OneUpdateDomain())
    step = next(iter(system.steps(system.initial)))
    changes = changes_between(system, system.initial, step.state)
    assert {(each.kind, each.component) for each in changes} == {
        ("host", "host-a"),
        ("event", "host-a/web-0"),
    }
