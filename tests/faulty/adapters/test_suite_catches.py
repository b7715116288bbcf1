"""Each wrong adapter is caught by the test meant for it; the right one beside them passes all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from freezeframe.adapters.simulated import SimulatedAdapter

from .catalogue import WRONG_ADAPTERS, WrongAdapter, suite_name

ROOT = Path(__file__).parents[3]
JUDGED = Path(__file__).with_name("judged.py")

_WRONG = ("failure", "error", "skipped")
"""How JUnit's report names what keeps a test from passing; one test may have several."""


Outcomes = Mapping[str, Mapping[str, Sequence[str]]]
"""What went wrong in each test, by the name of the suite and of the test; nothing if it passed."""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """What came of the suite for the right adapter, and of one test for each wrong one."""
    report = tmp_path_factory.mktemp("judged") / "report.xml"
    right = f"{JUDGED}::{suite_name(SimulatedAdapter)}"
    meant = [f"{JUDGED}::{suite_name(each.adapter)}::{each.caught_by}" for each in WRONG_ADAPTERS]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=line"]
    done = subprocess.run(
        [*command, f"--junitxml={report}", right, *meant],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.exists(), done.stdout + done.stderr
    found: dict[str, dict[str, list[str]]] = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 (pytest has written it)
        suite, test = str(case.get("classname")).rpartition(".")[2], str(case.get("name"))
        wrong = found.setdefault(suite, {}).setdefault(test, [])
        wrong += [f"{each.tag}: {each.get('message')}" for each in case if each.tag in _WRONG]
    return found


def test_the_right_adapter_passes_every_test(outcomes: Outcomes) -> None:
    """On the same kind of host, in the same run; nothing is skipped either."""
    passed = outcomes[suite_name(SimulatedAdapter)]
    assert {name: wrong for name, wrong in passed.items() if wrong} == {}
    assert {wrong.caught_by for wrong in WRONG_ADAPTERS} <= set(passed)


@pytest.mark.parametrize("wrong", WRONG_ADAPTERS, ids=lambda wrong: wrong.name)
def test_is_caught_by_the_test_meant_for_it(wrong: WrongAdapter, outcomes: Outcomes) -> None:
    """By what that test asserts, which the right adapter passes."""
    found = outcomes[suite_name(wrong.adapter)][wrong.caught_by]
    assert [each for each in found if each.startswith("failure")], found or "it passed"


def test_at_least_twenty_five_are_planted() -> None:
    """Names are unique, so that each is a fault of its own."""
    assert len({wrong.name for wrong in WRONG_ADAPTERS}) == len(WRONG_ADAPTERS) >= 25
