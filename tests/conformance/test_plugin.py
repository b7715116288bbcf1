"""The plugin is loaded in every run of pytest on a machine, so it must weigh nothing."""

from __future__ import annotations

import subprocess
import sys


def test_loads_nothing_heavy() -> None:
    """Neither the rest of freezeframe nor what that needs."""
    code = (
        "import sys, pytest; before = set(sys.modules); import freezeframe.conformance.plugin; "
        "print(*sorted(set(sys.modules) - before))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {name for name in loaded if name.startswith("freezeframe")} <= {
        "freezeframe",
        "freezeframe.conformance",
        "freezeframe.conformance.plugin",
    }
    assert not loaded & {"hypothesis", "jinja2", "libvirt", "networkx", "numpy", "pydantic"}
