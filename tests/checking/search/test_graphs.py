"""Explored spaces as graphs for other programs."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx
import pytest

from freezeframe.checking.check import check
from freezeframe.checking.search import graphs
from freezeframe.checking.search.explorer import explore
from freezeframe.checking.search.graphs import GraphError, to_networkx, write_graph
from freezeframe.fleet import FreezeframeError, example
from freezeframe.properties import ALL
from freezeframe.protocol.policies import load_policy
from freezeframe.protocol.system import System

if TYPE_CHECKING:
    from freezeframe.checking.search.space import Space

STILL = "begin_update/every-vm-on-the-host-was-seen-to-stand-still"


@cache
def space(*without: str, max_states: int = 10_000) -> Space:
    system = System(example("one-vm"), load_policy("one-update-domain"), frozenset(without))
    return explore(system, ALL, max_states=max_states)


def test_the_graph_has_every_state_and_every_step() -> None:
    system = space().tables.system
    graph = to_networkx(space())
    assert graph.number_of_nodes() == space().n_states
    assert graph.number_of_edges() == space().n_transitions
    for number in graph.nodes:
        here = space().state(number)
        expected = sorted(
            (
                step.instance.rule.name if step.instance else "wait",
                step.instance.rule.actor.value if step.instance else "time",
                " ".join(step.instance.subjects) if step.instance else "",
            )
            for step in system.steps(here)
        )
        found = sorted(
            (edge["rule"], edge["actor"], edge["subjects"])
            for _, _, edge in graph.out_edges(number, data=True)
        )
        assert found == expected


def test_levels_are_distances_from_the_initial_state() -> None:
    graph = to_networkx(space())
    distances = nx.single_source_shortest_path_length(graph, 0)
    assert dict(graph.nodes(data="level")) == dict(distances)


def test_no_two_nodes_tell_the_same() -> None:
    graph = to_networkx(space())
    told = {
        tuple(sorted((k, v) for k, v in node.items() if " " in k))
        for _, node in graph.nodes(data=True)
    }
    assert len(told) == graph.number_of_nodes()
    assert graph.nodes[0]["web-0 status"] == "running"
    assert {node["web-0 paused for"] for _, node in graph.nodes(data=True)} >= {"0 s", "5 s"}


def test_states_that_break_a_promise_name_it() -> None:
    assert not any(dict(to_networkx(space()).nodes(data="violated")).values())
    broken = to_networkx(space(STILL))
    violated = {n: v for n, v in broken.nodes(data="violated") if v}
    assert violated
    assert all("memory_preserved" in each.split(", ") for each in violated.values())


def test_states_that_were_not_expanded_say_so() -> None:
    part = space(max_states=20)
    expanded = to_networkx(part).nodes(data="is_expanded")
    assert {n for n, is_expanded in expanded if is_expanded} == set(range(part.n_expanded))
    assert 0 < part.n_expanded < part.n_states


def test_graphml_is_read_back_with_all_that_it_was_written_with(tmp_path: Path) -> None:
    write_graph(space(), tmp_path / "space.graphml")
    read = nx.read_graphml(tmp_path / "space.graphml", node_type=int, force_multigraph=True)
    graph = to_networkx(space())
    assert dict(read.nodes(data=True)) == dict(graph.nodes(data=True))
    ends = sorted((a, b, e["rule"], e["subjects"]) for a, b, e in graph.edges(data=True))
    assert sorted((a, b, e["rule"], e["subjects"]) for a, b, e in read.edges(data=True)) == ends


def test_dot_has_a_line_for_each_state_and_each_step(tmp_path: Path) -> None:
    path = tmp_path / "space.dot"
    write_graph(space(STILL), path)
    text = path.read_text(encoding="utf-8")
    nodes = re.findall(r"^\t(\d+) \[label=", text, re.MULTILINE)
    edges = re.findall(r"^\t(\d+) -> (\d+) \[label=", text, re.MULTILINE)
    graph = to_networkx(space(STILL))
    assert list(map(int, nodes)) == list(graph.nodes)
    assert sorted((int(a), int(b)) for a, b in edges) == sorted(graph.edges())
    reddened = sum(bool(violated) for _, violated in graph.nodes(data="violated"))
    assert text.count('fillcolor="#ffe3e3"') == reddened


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs dot, of the package graphviz")
def test_dot_is_understood_by_dot(tmp_path: Path) -> None:
    write_graph(space(), tmp_path / "space.dot")
    command = ["dot", "-Tcanon", str(tmp_path / "space.dot")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.count("->") == space().n_transitions


def test_a_space_too_large_to_look_at_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs, "STATES_MAX", 84)
    with pytest.raises(GraphError, match=r"at most 84 states, found 85; check a smaller fleet"):
        to_networkx(space())


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FreezeframeError, match=r"expected a file name in \.dot or \.graphml"):
        write_graph(space(), tmp_path / "space.png")
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_written_is_a_users_error(tmp_path: Path) -> None:
    with pytest.raises(FreezeframeError, match="cannot write"):
        write_graph(space(), tmp_path / "missing" / "space.dot")


def test_a_check_hands_out_what_it_explored() -> None:
    kept: list[Space] = []
    result = check(example("one-vm"), load_policy("one-update-domain"), on_space=kept.append)
    assert [each.n_states for each in kept] == [result.states]
