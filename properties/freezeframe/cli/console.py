"""Where words go: standard output and standard error, in colour where a terminal takes it.

Owns widths, colours, encodings and closed pipes. It must not know what is said.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from freezeframe.fleet.errors import FreezeframeError

if TYPE_CHECKING:
    from freezeframe.reporting.layout import Line

STDOUT: Final = "-"
"""What stands for standard output where a file may be named."""

WIDTH_MIN: Final = 40
"""Narrower terminals wrap lines themselves."""

WIDTH_MAX: Final = 140
"""Longer lines are hard to follow with the eye."""

_COLOURS: Final = {
    "": "",
    "title": "bold",
    "faint": "dim",
    "good": "green",
    "bad": "bold red",
    "doubtful": "yellow",
    "code": "cyan",
}

_ASCII: Final = str.maketrans({"→": "->", "“": '"', "”": '"', "…": "..."})
"""What stands for our own signs where the reader's encoding has them not."""


def prepare_streams() -> None:
    """Let neither a stream that is closed, nor a character that it cannot write, end in a
    traceback.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (until the end)
            setattr(sys, name, nowhere)
        stream = getattr(sys, name)
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def page_width() -> int:
    """How many columns a page may take; 80 where nobody says."""
    return max(WIDTH_MIN, min(WIDTH_MAX, shutil.get_terminal_size((80, 24)).columns))


def show(lines: Iterable[Line]) -> None:
    """Print lines on standard output, with colours if it is a terminal that takes them.

    A reader that has gone away is no error. Raises `FreezeframeError` if the words cannot be
    written for another reason, such as a full disk.
    """
    if takes_colour(sys.stdout):
        _show_in_colour(lines, sys.stdout)
    else:
        from freezeframe.reporting.layout import plain  # noqa: PLC0415 (errors do without)

        say(plain(lines))


def say(text: str) -> None:
    """Print text on standard output as it is; errors as for `show`."""
    try:
        sys.stdout.write(_writable(text, sys.stdout))
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)
    except OSError as error:
        silence(sys.stdout)
        raise FreezeframeError(f"standard output: cannot be written: {error.strerror}") from error


def complain(text: str) -> None:
    """Print a message on standard error, as well as that can be."""
    try:
        sys.stderr.write(_writable(text, sys.stderr) + "\n")
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr)


def takes_colour(stream: TextIO) -> bool:
    """Whether to colour what is written to `stream`. Source: https://no-color.org."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR")


def is_terminal(stream: TextIO) -> bool:
    """Whether `stream` is a terminal that can do more than print."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def silence(stream: TextIO) -> None:
    """Send what is still to be written to `stream` nowhere, lest the interpreter complain."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return  # a stream without a descriptor has nobody to complain to


def refuse_unwritable(option: str, path: Path) -> None:
    """Raise `FreezeframeError` if a file clearly cannot be written, before any work is done."""
    if path.is_dir():
        reason = "it is a directory"
    elif not path.parent.is_dir():
        reason = f"there is no directory {path.parent}"
    elif not os.access(path if path.exists() else path.parent, os.W_OK):
        reason = "permission denied"
    else:
        return
    raise FreezeframeError(f"{option}: cannot write {path}: {reason}")


def refuse_outputs(
    outputs: Iterable[tuple[str, Path | None]], inputs: Mapping[str, str | Path | None]
) -> None:
    """Raise `FreezeframeError`, before any work is done, if a file that an option names clearly
    cannot be written, is that of another, or is one of `inputs`, which would be lost.
    """
    taken = {Path(path).resolve(): name for name, path in inputs.items() if path is not None}
    for option, path in outputs:
        if path is None:
            continue
        if str(path) == STDOUT:
            raise FreezeframeError(
                f"{option}: expected a file, found {STDOUT}; only --json goes to stdout"
            )
        refuse_unwritable(option, path)
        before = taken.setdefault(path.resolve(), option)
        if before != option:
            raise FreezeframeError(
                f"{option}: expected a file of its own, found {path}, which is that of {before}"
            )


def write_file(option: str, path: Path, text: str) -> None:
    """Write a file that `option` asked for; raises `FreezeframeError` if that fails."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FreezeframeError(f"{option}: cannot write {path}: {error.strerror}") from error


def _show_in_colour(lines: Iterable[Line], stream: TextIO) -> None:
    from rich.console import Console  # noqa: PLC0415 (only a terminal pays for colours)
    from rich.text import Text  # noqa: PLC0415 (likewise)

    console = Console(file=stream, highlight=False, emoji=False, markup=False, soft_wrap=True)
    try:
        for line in lines:
            spans = [(_writable(span.text, stream), _COLOURS[span.style]) for span in line]
            while spans and not spans[-1][0].strip():
                spans.pop()
            console.print(Text.assemble(*spans), soft_wrap=True)
        stream.flush()
    except OSError as error:  # the terminal went away
        silence(stream)
        if not isinstance(error, BrokenPipeError):
            raise FreezeframeError(f"standard output: {error.strerror}") from error


def _writable(text: str, stream: TextIO) -> str:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        "→“”…".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return text.translate(_ASCII)
    return text
