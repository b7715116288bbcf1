"""`freezeframe check --graph`, as its users call it."""

from __future__ import annotations

import re
from pathlib import Path

import networkx as nx
import pytest

from freezeframe.cli.__main__ import run


def test_what_was_explored_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "space.graphml"
    assert run(["check", "one-vm", "--graph", str(path)]) == 0
    graph = nx.read_graphml(path, force_multigraph=True)
    summary = f"{graph.number_of_nodes()} states, {graph.number_of_edges()} transitions"
    assert summary in capsys.readouterr().out


def test_a_space_that_is_too_large_ends_the_search(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The search goes on no longer than until there are too many states."""
    path = tmp_path / "space.dot"
    assert run(["check", "two-tiers", "--graph", str(path)]) == 2
    told = capsys.readouterr()
    assert not told.out
    found = re.search(r"expected at most 5,000 states, found ([\d,]+);", told.err)
    assert found
    assert int(found[1].replace(",", "")) < 20_000
    assert not path.exists()


def test_another_suffix_is_refused_before_anything_is_explored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", "one-vm", "--graph", str(tmp_path / "space.png")]) == 2
    told = capsys.readouterr()
    assert not told.out
    assert "expected a file name in .dot or .graphml" in told.err
