"""The suite passes where the lab runs no daemon, on hosts that are there for one process only.

So the adapter is tried in the process of libvirt's embedded driver, and as a user who is not root.
Which tests are run is chosen for their time: all others differ from those through a daemon in
nothing but the URI. `FREEZEFRAME_LAB_WHOLE_SUITE=1` has all of them run.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

import pytest

from . import probed
from .image import CACHE_VARIABLE, default_cache, image
from .inside_suite import FOLDER_VARIABLE, WAY_VARIABLE
from .layout import HostFolder, checked
from .requirements import namespaces
from .ways import way

ROOT = Path(__file__).parents[2]
SECONDS_MAX = 900
WHOLE_VARIABLE = "FREEZEFRAME_LAB_WHOLE_SUITE"
LONG = ("tour", "limit", "off", "booting", "saved", "restored", "silent", "late", "second", "third")
"""Words in the names of tests that boot guests or wait for long."""

FEW = (
    "mark",
    "identity",
    "reason",
    "interleavings",
    "fingerprint_leaves",
    "right_stays",
    "sees_the",
)
"""Words in the names of tests that together ask each capability for something."""


@pytest.mark.usefixtures("possible_lab")
@pytest.mark.parametrize(
    ("name", "guests", "chosen", "passed_min"),
    [
        ("embed", ["g1", "g2", "unmarked"], " and ".join(f"not {word}" for word in LONG), 80),
        ("session", ["g1", "unmarked"], " or ".join(FEW), 10),
    ],
    ids=["embed", "session"],
)
def test_the_suite_passes_on_a_host_of_its_own(
    name: str, guests: list[str], chosen: str, passed_min: int
) -> None:
    image()  # it takes the network, which the host has not
    with tempfile.TemporaryDirectory(prefix="lab-", dir="/dev/shm") as directory:
        folder = HostFolder(checked(Path(directory)))
        folder.write(name, str(uuid.uuid4()), guests)
        done = run_suite(name, folder, "" if os.environ.get(WHOLE_VARIABLE) else chosen)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) >= passed_min, done.stdout


def run_suite(name: str, folder: HostFolder, chosen: str) -> subprocess.CompletedProcess[str]:
    used = way(name, folder)
    used.configuration.parent.mkdir(parents=True)
    configuration = folder.qemu_configuration(is_root=used.is_root)
    used.configuration.write_text(configuration, encoding="utf-8")
    probed.hand_over(default_cache(), used.probed)
    suite = ["-m", "pytest", "-p", "no:cacheprovider", "-rs", "tests/lab/inside_suite.py"]
    return subprocess.run(
        [
            *(*namespaces(), sys.executable, "-m", "tests.lab.inside", str(folder.path)),
            *(*used.command, sys.executable, *suite, "-k", chosen),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            **(used.environment or {}),
            FOLDER_VARIABLE: str(folder.path),
            WAY_VARIABLE: name,
            CACHE_VARIABLE: str(default_cache()),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS_MAX,
    )
