"""`freezeframe draw`, as its users call it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from freezeframe.cli.__main__ import run

NEEDS_DOT = pytest.mark.skipif(
    shutil.which("dot") is None, reason="needs dot, of the package graphviz"
)


@NEEDS_DOT
def test_draw_writes_three_files_for_each_diagram(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["draw", "--output", str(tmp_path)]) == 0
    stems = {path.stem for path in tmp_path.iterdir()}
    assert {"lifecycle-vm", "composition", "layers"} <= stems
    expected = {f"{stem}{suffix}" for stem in stems for suffix in (".dot", ".mmd", ".svg")}
    assert {path.name for path in tmp_path.iterdir()} == expected
    assert f"{len(stems)} diagrams" in capsys.readouterr().out


@NEEDS_DOT
def test_check_passes_after_drawing_and_names_what_changed_since(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["draw", "--output", str(tmp_path)])
    assert run(["draw", "--check", "--output", str(tmp_path)]) == 0
    changed = tmp_path / "layers.mmd"
    changed.write_text("flowchart TD\n", encoding="utf-8")
    capsys.readouterr()
    assert run(["draw", "--check", "--output", str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert f"{changed}: differs" in told.err
    assert f"freezeframe draw --output {tmp_path}" in told.err
    assert not told.out
    assert changed.read_text(encoding="utf-8") == "flowchart TD\n"


def test_check_of_an_empty_folder_fails_and_writes_nothing(tmp_path: Path) -> None:
    assert run(["draw", "--check", "--output", str(tmp_path)]) == 1
    assert not list(tmp_path.iterdir())


def test_without_dot_one_line_says_which_package_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(["draw", "--output", str(tmp_path / "out")]) == 3
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "install the package graphviz" in message
    assert (tmp_path / "out" / "lifecycle-vm.dot").is_file()
    assert (tmp_path / "out" / "lifecycle-vm.mmd").is_file()


def test_an_output_that_is_a_file_is_bad_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert run(["draw", "--output", str(tmp_path / "file")]) == 2
    assert "file" in capsys.readouterr().err
