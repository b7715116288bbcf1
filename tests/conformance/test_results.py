"""What a run came to is counted by capability, and its cost told with its spread."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from freezeframe.adapters import Capability, Support
from freezeframe.conformance.report import page, structured, summary_lines
from freezeframe.conformance.report.results import Cost, Outcome, Shown, SuiteResult, cost_of
from freezeframe.reporting import Verdict

ABSENT = Capability.UPDATE_HOST
CLAIMS = {each: Support(is_offered=True) for each in Capability} | {
    ABSENT: Support(is_offered=False, why="it <never> updates")
}
PAUSED = Shown("test_pause", "It pauses.", Capability.PAUSE, Outcome.SHOWN, costs=(("pause", 4.0),))
SKIPPED = Shown("test_update", "It updates.", ABSENT, Outcome.SKIPPED, why="it <never> updates")
FAILED = Shown("test_mark", "It is ours.", Capability.PAUSE, Outcome.FAILED, why="found & lost")
RESULT = SuiteResult(
    name="TestMine",
    uri="mine:",
    host="host",
    vms=("a", "b"),
    is_virtual=False,
    has_witness=False,
    claims=CLAIMS,
    tests=(PAUSED, SKIPPED, FAILED),
)


@pytest.mark.parametrize(
    ("tests", "verdict"),
    [
        ((PAUSED, SKIPPED), Verdict.HOLDS),
        ((PAUSED, FAILED), Verdict.VIOLATED),
        ((SKIPPED,), Verdict.INCOMPLETE),
    ],
)
def test_verdict_says_how_far_it_goes(tests: tuple[Shown, ...], verdict: Verdict) -> None:
    """Where nothing was shown, nothing holds."""
    assert replace(RESULT, tests=tests).verdict is verdict


def test_spread_of_a_cost() -> None:
    """Of a hundred and one values from 0 to 100 the 95th of a hundred is 95."""
    values = [float(each) for each in range(101)]
    assert cost_of("pause", values[::-1]) == Cost("pause", 101, 0.0, 50.0, 95.0, 100.0)
    assert cost_of("pause", [7.0]) == Cost("pause", 1, 7.0, 7.0, 7.0, 7.0)


def test_terminal_tells_by_capability() -> None:
    """What was claimed, shown, failed and skipped, in at most 80 columns."""
    lines = list(summary_lines(RESULT))
    assert "mine: (TestMine): violated, 2 VMs, real time" in lines
    assert "judged by the adapter alone: no witness in the guest" in lines
    table = {line[:20].strip(): line[20:].split() for line in lines}
    assert table["pause"][:5] in (["yes", "1", "1", "0", "0"], ["1", "4.0", "4.0", "4.0", "4.0"])
    assert table["update host"] == ["no", "0", "0", "0", "1"]
    assert "    1 skipped: it <never> updates" in lines
    assert max(map(len, lines)) <= 80


def test_structured_is_json_with_all_there_is() -> None:
    """One object for each suite."""
    (suite,) = json.loads(json.dumps(structured([RESULT])))["suites"]
    assert suite["verdict"] == "violated"
    found = {each["capability"]: each for each in suite["capabilities"]}
    assert found["update host"]["claimed"] is False
    assert found["update host"]["skipped"] == {"it <never> updates": 1}
    assert (found["pause"]["shown"], found["pause"]["failed"]) == (1, 1)
    assert suite["costs"][0]["median_ms"] == 4.0
    assert [each["outcome"] for each in suite["tests"]] == ["shown", "skipped", "failed"]


def test_page_needs_nothing_else_and_escapes() -> None:
    """What others wrote cannot become markup, and nothing is loaded from elsewhere."""
    written = page([RESULT])
    assert "it &lt;never&gt; updates" in written
    assert "found &amp; lost" in written
    assert "It pauses." in written
    for loading in ("http:", "https:", "<script", "<link", "src=", "url("):
        assert loading not in written
