"""Where words go, and in which colours."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest

from freezeframe.cli import console
from freezeframe.fleet import FreezeframeError
from freezeframe.reporting.layout import Line, Span, Style

LINES: list[Line] = [(Span("a "), Span("broken", Style.BAD), Span("  ")), (), (Span("end"),)]


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def capable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the environment refuse nothing."""
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


def shown(lines: list[Line]) -> str:
    """What a terminal is sent."""
    terminal = Terminal()
    with contextlib.redirect_stdout(terminal):
        console.show(lines)
    return terminal.getvalue()


def test_a_terminal_gets_colours() -> None:
    assert "\x1b[1;31mbroken\x1b[0m" in shown(LINES)


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_can_be_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert shown(LINES) == "a broken\n\nend\n"


def test_what_is_no_terminal_gets_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    console.show(LINES)
    assert capsys.readouterr().out == "a broken\n\nend\n"


def test_brackets_in_a_name_are_no_markup() -> None:
    assert shown([(Span("[bold]x[/bold] :smile:"),)]) == "[bold]x[/bold] :smile:\n"


@pytest.mark.parametrize(("columns", "width"), [("20", 40), ("80", 80), ("120", 120), ("999", 140)])
def test_a_page_is_neither_too_narrow_nor_too_wide(
    monkeypatch: pytest.MonkeyPatch, columns: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert console.page_width() == width


def test_a_file_in_a_directory_that_is_not_there_is_refused_beforehand(tmp_path: Path) -> None:
    with pytest.raises(FreezeframeError, match=r"--json: cannot write .*: there is no directory"):
        console.refuse_unwritable("--json", tmp_path / "no" / "file")


def test_a_file_that_can_be_written_is_not_touched_beforehand(tmp_path: Path) -> None:
    console.refuse_unwritable("--json", tmp_path / "file")
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("other", ["kept", "./kept", "sub/../kept"])
def test_what_is_read_is_never_written_to(
    other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    with pytest.raises(FreezeframeError, match=r"--json: .* found .*kept, which is that of TRACE"):
        console.refuse_outputs([("--json", Path(other))], {"TRACE": Path("kept"), "--fleet": None})
    console.refuse_outputs([("--json", Path("new")), ("--itf", None)], {"TRACE": Path("kept")})
