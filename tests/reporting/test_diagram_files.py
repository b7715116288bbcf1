"""Drawings as files: what is written, and what counts as drift."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from freezeframe.fleet import FreezeframeError
from freezeframe.reporting.diagrams import (
    Drawing,
    NoDotError,
    drawings,
    drift_in,
    write_drawings,
)
from freezeframe.reporting.diagrams.drawing import mermaid_text, new_graph

ROOT = Path(__file__).parents[2]

NEEDS_DOT = pytest.mark.skipif(
    shutil.which("dot") is None, reason="needs dot, of the package graphviz"
)


def sketch(name: str = "sketch", *nodes: str) -> Drawing:
    graph = new_graph(name, "A sketch")
    for node in nodes or ("a",):
        graph.node(node)
    return Drawing(name, str(graph.source), mermaid_text("flowchart LR", ["a"]))


def drift(drawing: Drawing, folder: Path) -> dict[str, str]:
    return {each.path.name: each.found for each in drift_in([drawing], folder)}


def test_the_committed_diagrams_are_up_to_date() -> None:
    found = drift_in(drawings("one-update-domain"), ROOT / "diagrams")
    assert not found, "run: freezeframe draw\n" + "\n".join(map(str, found))


def test_all_files_are_missing_from_a_folder_that_is_not_there(tmp_path: Path) -> None:
    found = drift(sketch(), tmp_path / "none")
    assert found == dict.fromkeys(("sketch.dot", "sketch.mmd", "sketch.svg"), "missing")


@NEEDS_DOT
def test_what_was_written_is_up_to_date(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    paths = write_drawings([sketch()], folder)
    assert sorted(paths) == sorted(folder.iterdir())
    assert (folder / "sketch.dot").read_text(encoding="utf-8") == sketch().dot
    assert drift(sketch(), folder) == {}


@NEEDS_DOT
@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("sketch.dot", "differs from what the code says now"),
        ("sketch.mmd", "differs from what the code says now"),
        ("sketch.svg", "was changed after it was drawn"),
    ],
)
def test_a_file_changed_by_hand_is_drift(tmp_path: Path, name: str, found: str) -> None:
    write_drawings([sketch()], tmp_path)
    path = tmp_path / name
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert drift(sketch(), tmp_path) == {name: found}


@NEEDS_DOT
def test_every_file_of_a_drawing_that_changed_is_drift_until_it_is_drawn_again(
    tmp_path: Path,
) -> None:
    write_drawings([sketch()], tmp_path)
    changed = sketch("sketch", "a", "b")
    assert drift(changed, tmp_path) == {
        "sketch.dot": "differs from what the code says now",
        "sketch.svg": "was drawn from another DOT",
    }
    write_drawings([changed], tmp_path)
    assert drift(changed, tmp_path) == {}


@NEEDS_DOT
def test_an_svg_that_another_version_of_dot_laid_out_is_no_drift_and_left_alone(
    tmp_path: Path,
) -> None:
    """Only the digests count: a layout that says itself what it is drawn from is taken as it is."""
    from freezeframe.reporting.diagrams.files import _digest  # noqa: PLC0415 (to forge one)

    write_drawings([sketch()], tmp_path)
    path = tmp_path / "sketch.svg"
    moved = path.read_text(encoding="utf-8").replace("</svg>", "<!-- elsewhere --></svg>")
    plain = re.sub(r"<!-- Written by .* -->\n", "", moved)
    forged = re.sub(r"svg sha256: \w+", f"svg sha256: {_digest(plain)}", moved)
    path.write_text(forged, encoding="utf-8")
    assert drift(sketch(), tmp_path) == {}
    write_drawings([sketch()], tmp_path)
    assert path.read_text(encoding="utf-8") == forged


def test_an_svg_of_another_origin_is_drift(tmp_path: Path) -> None:
    (tmp_path / "sketch.svg").write_text("<svg></svg>", encoding="utf-8")
    assert drift(sketch(), tmp_path)["sketch.svg"] == "was not written by freezeframe draw"


@NEEDS_DOT
def test_files_of_a_drawing_that_is_no_more_are_left_over(tmp_path: Path) -> None:
    write_drawings([sketch(), sketch("old")], tmp_path)
    (tmp_path / "mine.svg").write_text("<svg></svg>", encoding="utf-8")
    assert drift(sketch(), tmp_path) == dict.fromkeys(
        ("old.dot", "old.mmd", "old.svg"), "no longer drawn; remove it"
    )


def test_without_dot_all_but_the_svg_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoDotError, match="install the package graphviz"):
        write_drawings([sketch(), sketch("other")], tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"sketch.dot", "sketch.mmd", "other.dot", "other.mmd"}


@NEEDS_DOT
def test_without_dot_an_svg_that_is_up_to_date_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_drawings([sketch()], tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    write_drawings([sketch()], tmp_path)


def test_a_folder_that_is_a_file_is_a_users_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(FreezeframeError, match="expected a folder to write into"):
        write_drawings([sketch()], tmp_path / "file")
