"""The package keeps to the rules that its two source roots need."""

from __future__ import annotations

import tomllib
from pathlib import Path

import freezeframe

_ROOT = Path(__file__).parents[1]
_LONGEST_FILE_LINES = 400


def test_is_a_namespace_package() -> None:
    """An `__init__.py` directly in either root would hide the other."""
    assert freezeframe.__file__ is None


def test_both_roots_hold_only_typed_subpackages() -> None:
    """A module directly in the namespace would be imported twice by some test runs."""
    for root in ("model", "properties"):
        for entry in (_ROOT / root / "freezeframe").iterdir():
            assert entry.is_dir(), f"{entry} is no subpackage"
            if entry.name != "__pycache__":
                assert (entry / "py.typed").exists(), f"{entry} has no py.typed"


def test_every_subpackage_is_in_the_layers() -> None:
    """A package that the contract does not name could import whatever it likes."""
    settings = tomllib.loads((_ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    there = {
        f"freezeframe.{entry.name}"
        for root in ("model", "properties")
        for entry in (_ROOT / root / "freezeframe").iterdir()
        if entry.name != "__pycache__"
    }
    assert set(settings["root_packages"]) == there
    layers = [name for layer in settings["contracts"][0]["layers"] for name in layer.split(" | ")]
    assert set(layers) == there


def test_no_file_is_longer_than_one_can_hold_in_mind() -> None:
    """Some 300 lines are meant; this is where it ends."""
    long = {
        str(path.relative_to(_ROOT)): count
        for root in ("model", "properties", "tests")
        for path in (_ROOT / root).rglob("*.py")
        if (count := len(path.read_text().splitlines())) > _LONGEST_FILE_LINES
    }
    assert not long
