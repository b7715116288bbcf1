"""Without libvirt's Python binding, the error says in one line what to install."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
sys.modules["libvirt"] = None
import freezeframe.adapters
from freezeframe.fleet import FreezeframeError
try:
    freezeframe.adapters.open_adapter("qemu:///system")
except FreezeframeError as error:
    print(error)
"""


def test_a_missing_binding_is_told_with_the_extra_and_the_packages() -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    (line,) = run.stdout.splitlines()
    for name in ("freezeframe[libvirt]", "libvirt-dev", "libvirt-devel", "python3-libvirt"):
        assert name in line


def test_nothing_imports_libvirt_before_it_is_needed() -> None:
    program = (
        "import sys, freezeframe.adapters, freezeframe.adapters.simulated;"
        "print([name for name in ('libvirt', 'hypothesis') if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
