"""`freezeframe explain`."""

from __future__ import annotations

from freezeframe.checking.explain import MAX_STATES_DEFAULT
from freezeframe.cli import explain as command

from .conftest import Call


def test_the_default_is_that_of_the_search() -> None:
    assert command.MAX_STATES_DEFAULT == MAX_STATES_DEFAULT


def test_a_fleet_is_explained_with_commands_that_show_each_harm_whole(call: Call) -> None:
    answer = call("explain", "one-vm")
    said = "Checking one-vm with every guard in place, then without each in turn.\n"
    assert (answer.code, answer.err) == (0, said)
    assert "  “each tenant approved, or had its notice”\n" in answer.out
    line = "freezeframe check one-vm \\\n      --without quiesce/each-tenant-approved"
    assert line in answer.out
    whole = call("check", "one-vm", "--without", "quiesce/each-tenant-approved-or-had-its-notice")
    assert whole.code == 1
    assert "guards met in fleet one-vm, under one-update-domain" in answer.out


def test_fleets_made_for_the_purpose_can_be_checked_by_name(call: Call) -> None:
    assert call("check", "single").code == 0


def test_a_search_cut_short_is_incomplete(call: Call) -> None:
    answer = call("explain", "one-vm", "--max-states", "10")
    assert answer.code == 3
    assert "undecided" in answer.out
