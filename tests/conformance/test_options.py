"""The suite in a project of one's own: options, expected failures and reports."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from .running import run_pytest

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
OWN_ADAPTER = '''
"""An adapter of the project's own; it lies of the reason when LIES is set."""

import os
from dataclasses import replace

from freezeframe.adapters.simulated import SimulatedAdapter, open_uri
from freezeframe.observation import Reason

_HOST = open_uri("simulated:?vms=3").simulated


class MyAdapter(SimulatedAdapter):
    def __init__(self, name, marked=None):
        super().__init__(_HOST, "simulated:", marked=marked)

    def state(self, vm, *, deadline_ms):
        found = super().state(vm, deadline_ms=deadline_ms)
        return replace(found, reason=Reason.UNKNOWN) if os.environ.get("LIES") else found
'''
SETTINGS = '[tool.pytest.ini_options]\naddopts = ["--strict-markers", "--strict-config"]\n'
REASONS = "test_reason_of_a_pause_is_user or test_resumed_vm_is_shown_running"
LIE = "test_reason_of_a_pause_is_user"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose test file is what the README shows."""
    (shown,) = re.findall(r"```python\n(from freezeframe.conformance.*?)```", README, re.DOTALL)
    assert len([line for line in shown.splitlines() if line]) <= 8
    (tmp_path / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "my_adapter.py").write_text(OWN_ADAPTER, encoding="utf-8")
    (tmp_path / "test_mine.py").write_text(shown, encoding="utf-8")
    return tmp_path


def test_lines_of_the_readme_are_a_whole_test_file(project: Path) -> None:
    """Nothing else is needed, and nothing is skipped."""
    done = run_pytest(project, "-rs", "--interleavings", "3", "-W", "error")
    assert done.returncode == 0, done.stdout
    assert "SKIPPED" not in done.stdout
    assert "simulated: (TestMyAdapter): holds, 3 VMs, virtual time" in done.stdout


def test_readme_prints_what_the_suite_prints(tmp_path: Path) -> None:
    """The table in the README is of a real run."""
    command, printed = re.findall(
        r"\$ uv run pytest (--pyargs freezeframe.conformance [^\n]*)\n(.*?)```", README, re.DOTALL
    )[0]
    arguments = command.replace("'", "").split()
    done = run_pytest(tmp_path, *arguments)
    missing = [line for line in printed.splitlines() if line not in done.stdout.splitlines()]
    assert not missing


@pytest.fixture
def lying(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the project's adapter tell a wrong reason."""
    monkeypatch.setenv("LIES", "1")


def expecting(project: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run two tests, of which one fails where the adapter lies."""
    (project / "known.txt").write_text(text, encoding="utf-8")
    options = ("--expected-failures", "known.txt", "-k", REASONS, *arguments)
    return run_pytest(project, *options)


@pytest.mark.usefixtures("lying")
def test_expected_failure_does_not_fail_the_run(project: Path) -> None:
    """It is counted apart."""
    done = expecting(project, f"# known\n\n{LIE}  told as unknown\n")
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    assert "1 xfailed" in done.stdout


def test_expected_failure_that_passes_fails_the_run(project: Path) -> None:
    """Whoever mended it is told to take the line out."""
    done = expecting(project, f"{LIE} told as unknown\n")
    assert done.returncode == 1
    assert "told as unknown" in done.stdout
    assert "violated" in done.stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{LIE}\n", "known.txt: line 1: expected a reason after"),
        ("# none\ntest_nosuch why\n", "line 2: expected the name of a test, found 'test_nosuch'"),
        (f"{LIE}s why\n", f"near it are {LIE}"),
    ],
)
def test_mistake_in_the_file_is_told(project: Path, text: str, told: str) -> None:
    """With its line, and before any test is run."""
    done = expecting(project, text)
    assert done.returncode == 4
    assert told in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.usefixtures("lying")
def test_reports_tell_the_same(project: Path) -> None:
    """JSON, page and JUnit of one run agree."""
    files = ("--conformance-json", "out.json", "--conformance-html", "out.html")
    done = expecting(project, "", *files, "--junitxml", "out.xml")
    assert done.returncode == 1
    (suite,) = json.loads((project / "out.json").read_text(encoding="utf-8"))["suites"]
    outcomes = {test["name"]: test["outcome"] for test in suite["tests"]}
    assert outcomes == {LIE: "failed", "test_resumed_vm_is_shown_running": "shown"}
    assert {cost["operation"]: cost["n"] for cost in suite["costs"]} == {"pause": 2, "resume": 1}
    written = (project / "out.html").read_text(encoding="utf-8")
    assert "What does not hold" in written
    assert LIE in written
    cases = ET.parse(project / "out.xml").iter("testcase")  # noqa: S314 (we have had it written)
    properties = {
        case.attrib["name"]: [each.attrib["name"] for each in case.iter("property")]
        for case in cases
    }
    assert "capability" in properties[LIE]
    assert "pause ms" in properties["test_resumed_vm_is_shown_running"]


def test_unwritable_report_is_told(project: Path) -> None:
    """One line, no traceback."""
    done = expecting(project, "", "--conformance-json", "no/such/folder.json")
    assert done.returncode != 0
    assert "no/such/folder.json: No such file or directory" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
