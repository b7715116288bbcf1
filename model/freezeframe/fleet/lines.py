"""Where each key and value of a TOML text stands.

Owns line numbers only: `tomllib` has no positions, and a mistake without its line is hard to find.
The text must be valid TOML, as judged by `tomllib` before; it knows neither values nor fleets.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indices that lead to a value, from the top: `("vms", 3, "host")`."""

# Every character that is not a blank belongs to exactly one token of valid TOML.
_TOKENS = re.compile(
    r"""
      (?P<comment> \# [^\n]* )
    | (?P<newline> \n )
    | (?P<quoted>  \"{3} (?: \\. | [^\\] )*? \"{3,5}
                |  '{3} .*? '{3,5}
                |  \" (?: \\. | [^"\\\n] )* \"
                |  ' [^'\n]* ' )
    | (?P<mark>    [\[\]{},=.] )
    | (?P<bare>    [^\[\]{},=.\s"'\#]+ )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    line: int


class Lines:
    """The lines of everything in one valid TOML text."""

    def __init__(self, text: str) -> None:
        """Scan `text` once."""
        self.paths = _Scan(text).lines

    def line(self, path: Path) -> int:
        r"""Return the line, from 1, of `path`, or of what most nearly encloses it.

        >>> Lines("a.b = 1\n[[c]]\n[[c]]\nd = {e = 2}").line(("c", 1, "d", "e"))
        4
        """
        while path and path not in self.paths:
            path = path[:-1]
        return self.paths.get(path, 1)


class _Scan:
    """One pass over the tokens; each method starts at its construct's first token."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self._tables: dict[Path, int] = {}
        """How many `[[tables]]` each array has so far."""
        self._tokens = _tokens(text)
        self._next = 0
        base: Path = ()
        while self._peek().kind != "end":
            if self._peek().kind == "newline":
                self._take()
            elif self._peek().text == "[":
                base = self._header()
            else:
                self._pair(base)

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._peek()
        if token.kind != "end":
            self._next += 1
        return token

    def _accept(self, text: str) -> bool:
        return self._peek().text == text and self._take().kind == "mark"

    def _key(self) -> list[_Token]:
        """Read a dotted key; its tokens carry the names without quotes."""
        parts = [_unquoted(self._take())]
        while self._accept("."):
            parts.append(_unquoted(self._take()))
        return parts

    def _header(self) -> Path:
        """Read `[a.b]` or `[[a.b]]`, and return where the keys below it belong."""
        self._take()
        many = self._accept("[")
        path: Path = ()
        parts = self._key()
        for number, part in enumerate(parts, start=1):
            path = (*path, part.text)
            is_last = number == len(parts)
            if many and is_last:
                self._tables[path] = self._tables.get(path, 0) + 1
            self.lines.setdefault(path, part.line)
            if path in self._tables:
                path = (*path, self._tables[path] - 1)
            if is_last:
                self.lines[path] = part.line
        while self._accept("]"):
            pass
        return path

    def _pair(self, base: Path) -> None:
        """Read `key = value`."""
        path = base
        for part in self._key():
            path = (*path, part.text)
            self.lines.setdefault(path, part.line)
        self._accept("=")
        self._value(path)

    def _value(self, path: Path) -> None:
        opening = self._take()
        if opening.kind == "mark" and opening.text in ("[", "{"):
            self._members(path, closing={"[": "]", "{": "}"}[opening.text])
        elif opening.kind != "quoted":
            # A number or a time may hold dots and one blank, hence several tokens.
            while self._peek().kind == "bare" or self._peek().text == ".":
                self._take()

    def _members(self, path: Path, closing: str) -> None:
        index = 0
        while self._peek().kind != "end" and not self._accept(closing):
            if self._peek().kind == "newline" or self._peek().text == ",":
                self._take()
            elif closing == "}":
                self._pair(path)
            else:
                self.lines[*path, index] = self._peek().line
                self._value((*path, index))
                index += 1


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    line, seen = 1, 0
    for match in _TOKENS.finditer(text):
        line += text.count("\n", seen, match.start())
        seen = match.start()
        if match.lastgroup and match.lastgroup != "comment":
            tokens.append(_Token(match.lastgroup, match.group(), line))
    return [*tokens, _Token("end", "", line)]


def _unquoted(token: _Token) -> _Token:
    if token.kind != "quoted":
        return token
    return _Token("key", tomllib.loads(f"key = {token.text}")["key"], token.line)
