"""pytest, run in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

Run = Callable[..., subprocess.CompletedProcess[str]]


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest there; the plugin is named only where it is not installed as one."""
    installed = {each.name for each in entry_points(group="pytest11")}
    is_installed = "freezeframe-conformance" in installed
    plugin = () if is_installed else ("-p", "freezeframe.conformance.plugin")
    command = [sys.executable, "-m", "pytest", *plugin, "-p", "no:cacheprovider", *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=240
    )
