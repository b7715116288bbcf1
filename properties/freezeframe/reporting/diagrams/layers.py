"""The layers of the code drawn: its packages, and which of them import which.

Reads the source files that are installed. It must not know any package by name.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from .drawing import FAINT, INK, Drawing, mermaid_text, new_graph, titled

_ROOT: Final = "freezeframe"
_NAME: Final = "layers"
_SENTENCE_WIDTH: Final = 44
_NOTE: Final = "an arrow says: imports; a dotted one is implied by others"


def draw_layers() -> Drawing:
    """The packages from the highest to the lowest."""
    imports = imports_between_packages()
    return Drawing(_NAME, _dot(imports), _mermaid(imports))


def imports_between_packages() -> Mapping[str, frozenset[str]]:
    """For each package of freezeframe, the others that any of its modules imports, however late.

    Higher packages come before those they import, and otherwise in the order of their names.
    """
    found = {
        package.name: frozenset(_imported_by(package)) - {package.name} for package in _packages()
    }
    return {name: found[name] & set(found) for name in _from_the_top(found)}


def _packages() -> list[Path]:
    roots = [Path(root) for root in importlib.import_module(_ROOT).__path__]
    return sorted(
        (each for root in roots for each in root.iterdir() if any(each.glob("*.py"))),
        key=lambda package: package.name,
    )


def _imported_by(package: Path) -> Iterator[str]:
    """The packages of freezeframe that the modules of `package` import."""
    for path in sorted(package.rglob("*.py")):
        module = [_ROOT, package.name, *path.relative_to(package).with_suffix("").parts]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name.split(".") for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = module[: -node.level] if node.level else []
                start = [*base, *(node.module.split(".") if node.module else [])]
                names = [[*start, alias.name] for alias in node.names]
            else:
                continue
            yield from (name[1] for name in names if name[0] == _ROOT and len(name) > 1)


def _from_the_top(imports: Mapping[str, frozenset[str]]) -> list[str]:
    depth = {name: _depth(imports, name, ()) for name in imports}
    return sorted(imports, key=lambda name: (-depth[name], name))


def _depth(imports: Mapping[str, frozenset[str]], name: str, above: tuple[str, ...]) -> int:
    """How many packages lie below `name`; a circle of imports counts once."""
    below = imports.get(name, frozenset()) - {*above, name}
    return max((1 + _depth(imports, each, (*above, name)) for each in below), default=0)


def _is_implied(imports: Mapping[str, frozenset[str]], upper: str, lower: str) -> bool:
    """Whether `upper` reaches `lower` through another package as well."""
    seen: set[str] = {upper}
    waiting = [each for each in imports[upper] if each != lower]
    while waiting:
        name = waiting.pop()
        if name == lower:
            return True
        if name not in seen:
            seen.add(name)
            waiting += imports[name]
    return False


def _sentence(package: Path) -> str:
    """What the package says of itself first."""
    init = package / "__init__.py"
    text = ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))) if init.exists() else ""
    return " ".join((text or "").partition("\n\n")[0].split()).rstrip(".")


def _dot(imports: Mapping[str, frozenset[str]]) -> str:
    graph = new_graph(_NAME, "Layers of the code", note=_NOTE, ranksep="0.4", nodesep="0.5")
    sentences = {package.name: _sentence(package) for package in _packages()}
    for name in imports:
        graph.node(name, titled(name, sentences[name], _SENTENCE_WIDTH))
    for upper in imports:
        for lower in (each for each in imports if each in imports[upper]):
            if _is_implied(imports, upper, lower):
                graph.edge(upper, lower, style="dotted", color=FAINT, weight="0")
            else:
                graph.edge(upper, lower, color=INK, penwidth="1.6", weight="10")
    return str(graph.source)


def _mermaid(imports: Mapping[str, frozenset[str]]) -> str:
    lines = [*(f"{name}[{name}]" for name in imports)]
    for upper in imports:
        for lower in (each for each in imports if each in imports[upper]):
            arrow = "-.->" if _is_implied(imports, upper, lower) else "-->"
            lines.append(f"{upper} {arrow} {lower}")
    return mermaid_text("flowchart TD", lines)
