"""What a guard is called, and which guards the text of a rule's function declares.

Reads functions and runs none. It must not know what a guard asks, nor who evaluates it.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass


def guard_name(rule: str, sentence: str) -> str:
    """How a guard is called on the command line: its rule and its sentence, in kebab case.

    >>> guard_name("pause", "the VM's host is quiescing")
    'pause/the-vms-host-is-quiescing'
    """
    return f"{rule}/{re.sub(r'[^a-z0-9]+', '-', sentence.lower().replace(chr(39), '')).strip('-')}"


@dataclass(frozen=True)
class Guard:
    """A guard as it is declared: what must be true, and why it stays if it should be redundant."""

    sentence: str
    stays: str


def guards_in(function: Callable[..., None], word: str) -> list[Guard]:
    """The guards that `function` declares by calling `word`, in the order in which they stand."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == word
    ]
    found = []
    for call in sorted(calls, key=lambda call: call.lineno):
        stays = [_text(function, each.value) for each in call.keywords if each.arg == "stays"]
        found.append(Guard(str(ast.literal_eval(call.args[1])), "".join(stays)))
    return found


def _text(function: Callable[..., None], node: ast.expr) -> str:
    """A literal, or a constant of the function's module."""
    return str(
        function.__globals__[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)
    )
