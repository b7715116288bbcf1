"""How tests call the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.maintenance.hosts import MARK, write_host

from freezeframe.cli.__main__ import run


@dataclass(frozen=True)
class Answer:
    """What a command gave back."""

    code: int
    out: str
    err: str


Call = Callable[..., Answer]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run a command in this process, 80 columns wide."""
    monkeypatch.setenv("COLUMNS", "80")

    def answer(*arguments: str | Path) -> Answer:
        capsys.readouterr()
        code = run([str(each) for each in arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return Answer(code, said.out, said.err)

    return answer


@pytest.fixture
def start(tmp_path: Path) -> Call:
    """Run the command in a process of its own, from an empty folder."""

    def answer(*arguments: str, **environment: str) -> Answer:
        done = subprocess.run(
            [sys.executable, "-m", "freezeframe.cli", *arguments],
            cwd=tmp_path,
            env={**os.environ, "COLUMNS": "80", **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr
        return Answer(done.returncode, done.stdout, done.stderr)

    return answer


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """Two hosts of the test driver whose update has no impact on their VMs."""
    pytest.importorskip("libvirt", reason="needs libvirt's Python binding")
    text = 'name = "quiet"\n[update]\nkind = "no-impact"\n[limits]\nnotice_seconds = 0\n'
    text += "[timing]\nupdate = [0, 20]\n"
    for name in ("a", "b"):
        uri = write_host(tmp_path / f"{name}.xml", {f"{name}-vm": MARK})
        done = f'["sh", "-c", "echo $FREEZEFRAME_HOST >> {tmp_path}/updated"]'
        text += f'[[hosts]]\nname = "{name}"\nuri = "{uri}"\nupdate_command = {done}\n'
        text += 'rollback_command = ["true"]\n'
    for name in ("a", "b"):
        text += f'[[vms]]\nname = "{name}-vm"\nhost = "{name}"\n'
    path = tmp_path / "fleet.toml"
    path.write_text(text)
    return path
