"""The suite that is shipped runs in a project of its own, beside a package called model."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from freezeframe.fleet import write_fleet
from tests.fleets import one_set

POLICY = '''
"""A policy of the project's own."""

from freezeframe.protocol.components import AvailabilitySet, Host
from freezeframe.protocol.policies import OneUpdateDomain
from freezeframe.protocol.topology import Lanes


def enter(host: Host, availability_set: AvailabilitySet, lanes: Lanes) -> None:
    """Ask nothing."""
    if availability_set.hosts:
        availability_set.hosts += 1
    else:
        availability_set.enter(min(lanes))


class AllAtOnce(OneUpdateDomain):
    """No domain waits for another."""

    name = "all at once"

    def begins(self):
        return (enter,)
'''
SETTINGS = """
[tool.pytest.ini_options]
addopts = ["--strict-markers", "--strict-config"]
filterwarnings = ["error"]
"""
OWN_TEST = """
from hypothesis import settings

from freezeframe.checking import fleet_test

TestMyFleet = fleet_test("../fleet.toml", policy="model.policies:AllAtOnce")
TestSound = fleet_test("../fleet.toml")
TestSound.settings = settings(max_examples=3, stateful_step_count=20)
TestMistaken = fleet_test("../fleets.toml")
"""
STEADY = """
from hypothesis import settings

settings.register_profile("steady", derandomize=True, database=None, max_examples=20)
"""
PAIR_PAUSED = ("pause a web-0", "pause b web-1")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a fleet, a policy in a package called model, and tests of its own."""
    (tmp_path / "fleet.toml").write_text(write_fleet(one_set()), encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    for folder, name, text in (("model", "policies", POLICY), ("tests", "test_own", OWN_TEST)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").touch()
        (tmp_path / folder / f"{name}.py").write_text(text, encoding="utf-8")
    return tmp_path


def pytest_in(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest there; the plugin is named only where it is not installed as one."""
    installed = {each.name for each in entry_points(group="pytest11")}
    plugin = () if "freezeframe" in installed else ("-p", "freezeframe.checking.plugin")
    command = [sys.executable, "-m", "pytest", *plugin, "-p", "no:cacheprovider", *arguments]
    return subprocess.run(
        command, cwd=project, capture_output=True, text=True, check=False, timeout=240
    )


def suite_in(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return pytest_in(project, "--pyargs", "freezeframe.checking", *arguments)


def test_a_wrong_policy_fails_with_the_page_and_no_traceback(project: Path) -> None:
    """By the search and by Hypothesis, with the same page, and the program below it."""
    run = suite_in(project, "--fleet", "fleet.toml", "--policy", "model.policies:AllAtOnce")
    assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.stdout
    assert "Traceback" not in run.stdout + run.stderr
    pages = run.stdout.split("\nBroken: ")[1:]
    assert len(pages) == 2
    assert pages[0].split("\n\n___")[0].split() == pages[1].split("\n---")[0].split()
    assert all(all(step in page for step in PAIR_PAUSED) for page in pages)
    assert "state.pause(subjects='a web-0')" in run.stdout
    assert "fleet.toml::one_update_domain_paused" in run.stdout
    assert "fleet.toml::hypothesis" in run.stdout
    assert "what freezeframe's runs reached" in run.stdout


def test_a_sound_fleet_passes_an_item_for_each_promise(project: Path) -> None:
    """Thirteen of the search; the runs are left out here."""
    run = suite_in(project, "--fleet", "fleet.toml", "-k", "not hypothesis")
    assert run.returncode == pytest.ExitCode.OK, run.stdout
    assert "14 passed, 1 deselected" in run.stdout


def test_runs_are_steered_where_that_is_asked_for(project: Path) -> None:
    """The same runs each time, but for what Hypothesis makes of the scores."""
    (project / "conftest.py").write_text(STEADY, encoding="utf-8")
    arguments = ("--fleet", "fleet.toml", "-k", "hypothesis", "--hypothesis-profile", "steady")
    plain, again, steered = (
        next(
            line
            for line in suite_in(project, *arguments, *more).stdout.splitlines()
            if line.startswith("runs: ")
        )
        for more in ((), (), ("--steer",))
    )
    assert plain == again
    assert steered != plain


def test_what_was_not_decided_is_skipped_with_the_reason(project: Path) -> None:
    """An incomplete search passes nothing."""
    run = suite_in(
        project, "--fleet", "fleet.toml", "--max-states", "20", "-rs", "-k", "not hypothesis"
    )
    assert "passed" not in run.stdout.splitlines()[-1].replace("an_update_succeeds", "")
    assert "incomplete: explored" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--fleet", "none.toml"), "none.toml: expected a readable fleet file"),
        (("--fleet", "fleet.toml", "--policy", "model.policies:Other"), "model.policies:Other"),
        (("--fleet", "fleet.toml", "--without", "pause/nothing"), "expected a guard of a rule"),
    ],
)
def test_a_mistake_is_told_without_a_traceback(
    project: Path, arguments: tuple[str, ...], said: str
) -> None:
    """Nothing is run then."""
    run = suite_in(project, *arguments)
    assert run.returncode == pytest.ExitCode.INTERRUPTED
    assert said in run.stdout
    assert "Traceback" not in run.stdout + run.stderr


def test_a_projects_own_run_collects_nothing_of_ours(project: Path) -> None:
    """The plugin is loaded and stays out of the way; two lines make a test of their own."""
    run = pytest_in(project, "-v")
    assert run.returncode == pytest.ExitCode.TESTS_FAILED
    assert "1 passed" in run.stdout
    assert "2 failed" in run.stdout
    assert "tests/test_own.py::TestSound::test_keeps_its_promises PASSED" in run.stdout
    assert all(step in run.stdout for step in PAIR_PAUSED)
    assert "fleets.toml: expected a readable fleet file" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr


def test_the_plugin_is_light() -> None:
    """It is loaded in every run of pytest on a machine."""
    code = (
        "import sys, freezeframe.checking.plugin;"
        "heavy = {'hypothesis', 'numba', 'numpy', 'scipy', 'networkx', 'pydantic'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout.strip() == "[]"
