"""A mount namespace for what a test must not do to the machine's own file systems."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def run_apart(program: str, *arguments: str) -> str:
    """Run Python text where it may mount what it likes; return what it printed."""
    wrapper = ["unshare", "--mount" if os.geteuid() == 0 else "-rm"]
    try:
        subprocess.run([*wrapper, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"needs a mount namespace: {error}")
    command = [*wrapper, sys.executable, "-c", program, *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
