"""Drawings as files: writing them, and telling which no longer show what is to be drawn.

DOT and Mermaid are compared byte for byte. An SVG is laid out by the `dot` program, whose versions
differ, so it carries the digest of the DOT that it was drawn from, and one of itself: it is up to
date while both are right. It must not know what is drawn.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from freezeframe.fleet import FreezeframeError

from .drawing import MARK

if TYPE_CHECKING:
    from pathlib import Path

    from .drawing import Drawing

_SUFFIXES: Final = (".dot", ".mmd", ".svg")
_COMMENT: Final = re.compile(
    r"<!-- [^\n]* dot sha256: (?P<dot>[0-9a-f]{64}), svg sha256: (?P<svg>[0-9a-f]{64}) -->\n"
)


class NoDotError(FreezeframeError):
    """The `dot` program is not there, so no SVG can be drawn."""

    def __init__(self) -> None:
        """Say which package has it."""
        super().__init__(
            "no SVG drawn: expected the program dot, found none; install the package graphviz"
        )


@dataclass(frozen=True)
class Drift:
    """A file that is not as it would be drawn now, and how it differs."""

    path: Path
    found: str

    def __str__(self) -> str:
        """One line: the file and what was found."""
        return f"{self.path}: {self.found}"


def write_drawings(drawings: Sequence[Drawing], folder: Path) -> tuple[Path, ...]:
    """Write each drawing as `.dot`, `.mmd` and `.svg` into `folder`, which is made if need be.

    An SVG that is up to date is left alone, so that another version of `dot` does not change it.
    Returns the files. Raises `NoDotError`, after all DOT and Mermaid is written, if an SVG needs
    drawing and `dot` is not there; `FreezeframeError` if a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for drawing in drawings:
            for suffix, text in _texts(drawing):
                _path(folder, drawing, suffix).write_text(text, encoding="utf-8", newline="\n")
        for drawing in drawings:
            path = _path(folder, drawing, ".svg")
            if _svg_drift(path, drawing.dot) is not None:
                path.write_text(_svg(drawing.dot), encoding="utf-8", newline="\n")
    except OSError as error:
        raise FreezeframeError(
            f"{error.filename or folder}: expected a folder to write into, "
            f"found: {error.strerror}; choose another with --output"
        ) from error
    return tuple(_path(folder, each, suffix) for each in drawings for suffix in _SUFFIXES)


def drift_in(drawings: Sequence[Drawing], folder: Path) -> tuple[Drift, ...]:
    """Every file of `drawings` in `folder` that is missing or differs, and each that is left over.

    Needs no `dot`. Left over are files that freezeframe wrote and no longer would.
    """
    return tuple(_drift_in(drawings, folder))


def _drift_in(drawings: Sequence[Drawing], folder: Path) -> Iterator[Drift]:
    for drawing in drawings:
        for suffix, text in _texts(drawing):
            path = _path(folder, drawing, suffix)
            if not path.is_file():
                yield Drift(path, "missing")
            elif path.read_bytes() != text.encode():
                yield Drift(path, "differs from what the code says now")
        path = _path(folder, drawing, ".svg")
        found = _svg_drift(path, drawing.dot)
        if found is not None:
            yield Drift(path, found)
    expected = {_path(folder, each, suffix) for each in drawings for suffix in _SUFFIXES}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        is_ours = path.suffix in _SUFFIXES and MARK in _head(path)
        if is_ours and path not in expected:
            yield Drift(path, "no longer drawn; remove it")


def _head(path: Path) -> str:
    return path.read_bytes()[:1000].decode(errors="replace") if path.is_file() else ""


def _path(folder: Path, drawing: Drawing, suffix: str) -> Path:
    return folder / f"{drawing.name}{suffix}"


def _texts(drawing: Drawing) -> tuple[tuple[str, str], ...]:
    return ((".dot", drawing.dot), (".mmd", drawing.mermaid))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _svg(dot: str) -> str:
    from graphviz import ExecutableNotFound, pipe  # noqa: PLC0415 (only drawing pays for it)

    try:
        drawn = pipe("dot", "svg", dot.encode()).decode()
    except ExecutableNotFound:
        raise NoDotError from None
    head, separator, body = drawn.replace("\r\n", "\n").partition("<svg")
    plain = f"{head}{separator}{body}"
    comment = f"<!-- {MARK} dot sha256: {_digest(dot)}, svg sha256: {_digest(plain)} -->\n"
    return f"{head}{comment}{separator}{body}"


def _svg_drift(path: Path, dot: str) -> str | None:
    """How the SVG at `path` differs from what `dot` would be drawn as; None if it does not."""
    if not path.is_file():
        return "missing"
    text = path.read_bytes().decode(errors="replace")
    found = _COMMENT.search(text)
    if found is None:
        return "was not written by freezeframe draw"
    if found["dot"] != _digest(dot):
        return "was drawn from another DOT"
    if found["svg"] != _digest(text[: found.start()] + text[found.end() :]):
        return "was changed after it was drawn"
    return None
